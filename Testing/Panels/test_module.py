"""The module as a whole: it opens light, survives scenes that close, and keeps its choices with the scene."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from Testing.Panels.conftest import MODULE
from Testing.Panels.host import start

PANELS = MODULE.parent / "MuscleMyopathyPanels"
OPEN_WITHOUT = """
import sys
for name in {packages!r}:
    sys.modules[name] = None
sys.path.insert(0, {root!r})
from pathlib import Path
from Testing.Panels.host.start import open_module, start
start()
open_module(Path({module!r})).cleanup()
print("opened")
"""


def test_the_module_opens_without_the_packages_that_slicer_does_not_bring() -> None:
    script = OPEN_WITHOUT.format(
        packages=["pandas", "nibabel", "matplotlib", "jinja2", "click", "yaml", "torch", "sklearn"],
        root=str(MODULE.parents[1]),
        module=str(MODULE),
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert "opened" in run.stdout, run.stderr


def test_the_self_test_of_the_module_passes(module: Any) -> None:
    sys.modules["MuscleMyopathy"].MuscleMyopathyTest().runTest()


def test_a_step_that_is_not_possible_is_grey_and_says_why(module: Any) -> None:
    button = module.stepBar.buttons["qmri"]
    assert not button.enabled
    assert "water" in button.toolTip


def test_the_next_step_opens_once_the_images_are_there(loaded: Any) -> None:
    assert loaded.stepBar.buttons["qmri"].enabled
    loaded.stepBar.buttons["qmri"].click()
    start.process_events()
    assert loaded.panels["qmri"].widget.visible
    assert not loaded.panels["case"].widget.visible


def test_a_closed_scene_leaves_an_empty_case(loaded: Any) -> None:
    import slicer

    slicer.mrmlScene.Clear(False)
    start.process_events()
    assert loaded.panels["case"].ui.volumesTable.rowCount == 0
    assert not loaded.stepBar.buttons["qmri"].enabled
    assert loaded.parameterNode.step == "case"


def test_a_scene_closed_while_another_module_is_shown_is_taken_up_on_return(loaded: Any) -> None:
    import slicer

    start.leave(loaded)
    slicer.mrmlScene.Clear(False)
    assert loaded.parameterNode is None
    start.enter(loaded)
    assert loaded.parameterNode is not None


def test_the_choices_are_kept_in_a_saved_scene(loaded: Any, tmp_path: Path) -> None:
    import slicer

    from MuscleMyopathyLib.scene.saving import load_scene, save_scene

    loaded.parameterNode.reader = "R7"
    loaded.parameterNode.erosionMm = 1.5
    loaded.stepBar.buttons["qmri"].click()
    water = loaded.parameterNode.water.GetName()
    save_scene(tmp_path / "case.mrb")
    slicer.mrmlScene.Clear(False)
    load_scene(tmp_path / "case.mrb")
    start.process_events()
    assert loaded.ui.readerEdit.text == "R7"
    assert loaded.panels["qmri"].ui.erosionBox.value == pytest.approx(1.5)
    assert loaded.panels["qmri"].ui.waterSelector.currentNode().GetName() == water
    assert loaded.panels["qmri"].widget.visible


def test_renaming_the_case_renames_its_folder_and_keeps_its_volumes(loaded: Any) -> None:
    from MuscleMyopathyLib.scene.hierarchy import find_case_item, hierarchy_node

    loaded.ui.caseEdit.text = "P-017"
    loaded.ui.caseEdit.editingFinished.emit()
    assert loaded.parameterNode.caseIdentifier == "P-017"
    assert hierarchy_node().GetItemName(find_case_item("P-017")) == "P-017"
    assert loaded.panels["case"].ui.volumesTable.rowCount == 4


def test_an_empty_case_identifier_is_put_back(module: Any) -> None:
    module.ui.caseEdit.text = "  "
    module.ui.caseEdit.editingFinished.emit()
    assert module.ui.caseEdit.text == "case-1"


@pytest.mark.parametrize("path", sorted(MODULE.parent.glob("Resources/UI/*.ui")), ids=lambda path: path.stem)
def test_every_control_has_a_tool_tip_or_a_text_set_by_its_panel(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    set_by_panel = {
        "openFolderButton",
        "openFilesButton",
        "fromSceneButton",
        "sampleButton",
        "nextButton",
        "runButton",
        "exportButton",
        "resultTable",
        "resultTabs",
        "advancedButton",
    }
    controls = ("Button", "Edit", "Box", "Selector", "Table", "Tabs")
    without = [
        widget.get("name")
        for widget in root.iter("widget")
        if str(widget.get("name")).endswith(controls)
        and widget.find("property[@name='toolTip']") is None
        and widget.get("name") not in set_by_panel
    ]
    assert without == []


def test_simulated_images_are_named_so_at_the_top(loaded: Any) -> None:
    assert loaded.ui.noticeLabel.visible
    assert "no patient" in loaded.ui.noticeLabel.text


def test_no_panel_sets_a_text_colour() -> None:
    panels, forms = list(PANELS.glob("*.py")), list(MODULE.parent.glob("Resources/UI/*.ui"))
    assert panels
    assert forms
    for path in panels + forms:
        text = path.read_text(encoding="utf-8")
        assert "styleSheet" not in text, path.name
        assert "setForeground" not in text, path.name
