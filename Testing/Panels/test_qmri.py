"""The panel qMRI, clicked: the real job on the digital limb."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.scene.hierarchy import find_result
from Testing.Panels.host import pythonqt, start


@pytest.fixture
def panel(loaded: Any) -> Any:
    """Return the panel, opened on water and fat of the thighs."""
    loaded.stepBar.buttons["qmri"].click()
    start.process_events()
    return loaded.panels["qmri"]


@pytest.fixture(scope="module")
def results(thighs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of results that the command line leaves for the thighs."""
    folder = tmp_path_factory.mktemp("run")
    arguments = ["case", "--water", thighs / "thigh_water.nii.gz", "--fat", thighs / "thigh_fat.nii.gz"]
    arguments += ["--region", "thigh", "--case", "case-1", "--no-scene", "--output", folder / "results"]
    subprocess.run([sys.executable, "-m", "MuscleMyopathyLib", *map(str, arguments)], check=True, timeout=120)
    return folder / "results"


@pytest.fixture
def measured(panel: Any, results: Path, tmp_path: Path) -> Any:
    """Return the panel as it is after a job that left these results."""
    folder = tmp_path / "job"
    shutil.copytree(results, folder / "results")
    panel._on_finished(folder, folder / "results", panel._inputs(panel.way()))
    start.process_events()
    return panel


def test_inputs_are_chosen_by_their_roles(panel: Any) -> None:
    assert panel.ui.waterSelector.currentNode().GetName() == "thigh_water"
    assert panel.ui.fatSelector.currentNode().GetName() == "thigh_fat"
    assert panel.ui.runButton.enabled


def test_run_is_disabled_with_the_reason(panel: Any) -> None:
    panel.ui.fatSelector.setCurrentNode(None)
    start.process_events()
    assert not panel.ui.runButton.enabled
    assert panel.ui.runButton.toolTip == "Choose the fat image."
    panel.ui.fatSelector.setCurrentNode(panel.ui.waterSelector.currentNode())
    start.process_events()
    assert "same volume" in panel.ui.runButton.toolTip


def test_water_and_fat_of_different_grids_are_refused_at_once(panel: Any) -> None:
    import SimpleITK as sitk

    from MuscleMyopathyLib.scene.volumes import volume_node_from_image

    panel.ui.fatSelector.setCurrentNode(volume_node_from_image(sitk.Image(8, 8, 4, sitk.sitkInt16), "small"))
    start.process_events()
    assert "do not share one grid" in panel.ui.runButton.toolTip


def test_the_source_shows_its_own_selectors(panel: Any) -> None:
    assert panel.ui.waterSelector.visible
    assert not panel.ui.fatFractionMapSelector.visible
    box = panel.ui.sourceBox
    box.currentIndex = 1
    box.activated.emit(1)
    start.process_events()
    assert panel.ui.fatFractionMapSelector.visible
    assert not panel.ui.waterSelector.visible
    assert panel.ui.runButton.toolTip == "Choose the fat-fraction map."


def test_a_run_leaves_table_map_chart_and_segmentations_in_the_scene(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    for kind in ("measures", "measures by slice", "fat fraction", "compartments", "whole muscle"):
        assert find_result("case-1", kind) is not None, kind
    table = panel.ui.resultTable
    names = {table.item(row, 0).text().removeprefix("▲ ") for row in range(table.rowCount)}
    assert {"whole muscle", "subcutaneous fat"} <= names
    assert "Whole muscle, mean fat fraction: left" in panel.ui.resultLabel.text
    assert not panel.ui.chartLabel.pixmap.isNull()


def test_the_map_lies_over_the_image_with_its_colour_bar(measured: Any) -> None:
    import slicer

    fraction = find_result("case-1", "fat fraction")
    composite = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode")
    assert composite.GetForegroundVolumeID() == fraction.GetID()
    assert composite.GetBackgroundVolumeID() == measured.ui.waterSelector.currentNode().GetID()
    legend = slicer.modules.colors.logic().GetColorLegendDisplayNode(fraction)
    assert legend.GetVisibility()
    assert legend.GetOrientation() == legend.Horizontal
    measured.ui.mapButton.click()
    assert composite.GetForegroundVolumeID() is None
    assert not slicer.modules.colors.logic().GetColorLegendDisplayNode(fraction).GetVisibility()


def test_the_report_opens_in_the_browser(measured: Any) -> None:
    measured.ui.reportButton.click()
    (opened,) = pythonqt.DesktopServices.opened
    page = Path(opened.removeprefix("file://")).read_text(encoding="utf-8")
    assert "Simulated data" in page


def test_the_report_is_made_anew_when_its_folder_is_gone(measured: Any) -> None:
    measured._module.parameterNode.resultFolder = ""
    measured.ui.reportButton.click()
    (opened,) = pythonqt.DesktopServices.opened
    assert "case-1" in Path(opened.removeprefix("file://")).read_text(encoding="utf-8")


def test_everything_is_exported_into_a_folder(measured: Any, tmp_path: Path) -> None:
    import pandas as pd

    pythonqt.FileDialog.answers.append(tmp_path)
    measured.ui.exportButton.click()
    folder = tmp_path / "case-1"
    for name in ("measures_by_slice.csv", "problems.csv", "chart.png", "chart.svg", "report.html"):
        assert (folder / name).stat().st_size > 0, name
    measures = pd.read_csv(folder / "measures.csv")
    assert set(measures["case"]) == {"case-1"}
    assert "Exported" in measured.messages.label.text


def test_an_export_that_cannot_be_written_says_so(measured: Any, tmp_path: Path) -> None:
    (tmp_path / "case-1").write_text("a file where the folder should be", encoding="utf-8")
    pythonqt.FileDialog.answers.append(tmp_path)
    measured.ui.exportButton.click()
    assert "could not be written" in measured.messages.label.text


def test_a_repeated_run_replaces_its_results(measured: Any, results: Path, tmp_path: Path) -> None:
    import slicer

    before = slicer.mrmlScene.GetNumberOfNodes()
    previous = Path(measured._module.parameterNode.resultFolder)
    again = tmp_path / "again"
    shutil.copytree(results, again / "results")
    measured._on_finished(again, again / "results", measured._inputs(measured.way()))
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert not previous.exists()


def test_muscles_are_measured_by_side_where_a_segmentation_is_chosen(
    panel: Any, thighs: Path, wait_until: Callable[..., None]
) -> None:
    panel._module.panels["case"]._place_true_muscles(thighs.parent / "truth")
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    table = panel.ui.resultTable
    shown = {(table.item(row, 0).text(), table.item(row, 1).text()) for row in range(table.rowCount)}
    assert {("rectus femoris", "left"), ("rectus femoris", "right")} <= shown


def test_cancel_in_the_middle_leaves_the_scene_as_it_was(panel: Any, wait_until: Callable[..., None]) -> None:
    import slicer

    before = slicer.mrmlScene.GetNumberOfNodes()
    panel.ui.runButton.click()
    assert not panel.ui.runButton.enabled
    wait_until(lambda: panel.ui.progressBar.value > 0)
    panel.ui.cancelButton.click()
    wait_until(lambda: not panel.busy, seconds=1.0)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert panel.messages.label.text == "Cancelled. The scene is as it was."
    assert panel.ui.runButton.enabled


def test_closing_the_scene_ends_the_job(panel: Any) -> None:
    import slicer

    panel.ui.runButton.click()
    process = panel._job._process
    slicer.mrmlScene.Clear(False)
    start.process_events()
    assert process.poll() is not None
    assert not panel.ui.progressBar.visible


def test_images_without_signal_are_refused_in_words(module: Any, wait_until: Callable[..., None]) -> None:
    import SimpleITK as sitk

    from MuscleMyopathyLib.imaging.roles import Role
    from MuscleMyopathyLib.scene.volumes import volume_node_from_image

    for role in (Role.WATER, Role.FAT):
        volume_node_from_image(sitk.Image(32, 32, 4, sitk.sitkInt16), role.value, role=role)
    panel = module.panels["qmri"]
    node = module.parameterNode
    node.water, node.fat = (
        next(n for n in _volumes() if n.GetName() == name) for name in (Role.WATER.value, Role.FAT.value)
    )
    module.showPanel("qmri")
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert panel.messages.frame.visible
    assert "zero" in panel.messages.label.text or "signal" in panel.messages.label.text
    assert find_result("case-1", "measures") is None


def test_a_parameter_that_the_method_refuses_is_not_taken(panel: Any) -> None:
    panel.ui.advancedButton.collapsed = False
    table = panel.ui.presetTable
    row = next(row for row in range(table.rowCount) if table.item(row, 0).text() == "fat cut off percent")
    table.item(row, 1).setText("120")
    assert "fat_cut_off_percent" in panel.messages.label.text
    assert table.item(row, 1).text() == "50.0"
    table.item(row, 1).setText("30")
    assert panel.parameters.case().measures.fat_cut_off_percent == 30.0


def _volumes() -> list[Any]:
    import slicer

    return list(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"))
