"""The headless scene: made once, complete, in its own process, gone without a trace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import slicer
import vtk

from MuscleMyopathyLib.scene.headless import current_scene, load_terminology, start_headless_scene
from MuscleMyopathyLib.terminology import CONTEXT_NAME


def test_starting_twice_gives_the_same_scene(scene: Any) -> None:
    assert start_headless_scene() is scene
    assert slicer.mrmlScene is scene
    assert current_scene() is scene


@pytest.mark.parametrize(
    "class_name",
    [
        "vtkMRMLScalarVolumeNode",
        "vtkMRMLLabelMapVolumeNode",
        "vtkMRMLSegmentationNode",
        "vtkMRMLTableNode",
        "vtkMRMLTextNode",
        "vtkMRMLPlotChartNode",
        "vtkMRMLPlotSeriesNode",
        "vtkMRMLLinearTransformNode",
    ],
)
def test_a_node_of_every_class_in_use_can_be_made(scene: Any, class_name: str) -> None:
    assert scene.AddNewNodeByClass(class_name, "node").GetClassName() == class_name


def test_the_functions_of_slicer_util_find_their_module_logics(scene: Any) -> None:
    import numpy as np
    import slicer.util

    volume = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.uint8))
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    segment = segmentation.GetSegmentation().AddEmptySegment("one")
    drawn = np.zeros((2, 3, 4), np.uint8)
    drawn[1, 2, 3] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, segmentation, segment, volume)
    read = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment, volume)
    np.testing.assert_array_equal(read, drawn)


def test_the_terminology_is_loaded_once(scene: Any) -> None:
    names = vtk.vtkStringArray()
    load_terminology()
    slicer.modules.terminologies.logic().GetLoadedTerminologyNames(names)
    loaded = [names.GetValue(index) for index in range(names.GetNumberOfValues())]
    assert loaded.count(CONTEXT_NAME) == 1


def test_a_scene_that_exists_already_is_left_as_it_is() -> None:
    lines = _run(
        "import slicer\n"
        "from types import SimpleNamespace\n"
        "slicer.mrmlScene = scene = slicer.vtkMRMLScene()\n"
        "class Terminologies:\n"
        "    loaded = []\n"
        "    def IsTerminologyContextLoaded(self, name): return name in self.loaded\n"
        "    def LoadTerminologyFromFile(self, path):\n"
        "        import json; name = json.load(open(path))['SegmentationCategoryTypeContextName']\n"
        "        self.loaded.append(name); return name\n"
        "logic = Terminologies()\n"
        "slicer.modules = SimpleNamespace(terminologies=SimpleNamespace(logic=lambda: logic))\n"
        "from MuscleMyopathyLib.scene.headless import start_headless_scene\n"
        "assert start_headless_scene() is scene and start_headless_scene() is scene\n"
        "print(scene.GetNumberOfNodes(), logic.loaded, sorted(vars(slicer.modules)))\n"
    )
    assert lines.strip() == f"0 ['{CONTEXT_NAME}'] ['terminologies']"


def test_a_process_with_a_full_scene_ends_cleanly_and_says_nothing() -> None:
    said = _run(
        "from MuscleMyopathyLib.scene.headless import start_headless_scene\n"
        "scene = start_headless_scene()\n"
        "for name in ('ScalarVolume', 'Segmentation', 'Table', 'Text', 'PlotChart'):\n"
        "    node = scene.AddNewNodeByClass(f'vtkMRML{name}Node', name)\n"
        "print(scene.GetCacheManager().GetRemoteCacheDirectory())\n"
    )
    folder, *rest = said.splitlines()
    assert rest == []
    assert not Path(folder).exists()


def _run(script: str) -> str:
    """Run a script in a process of its own and return all that it said."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
