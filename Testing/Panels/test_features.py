"""The panel Features, clicked: real jobs with PyRadiomics on the digital limb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from MuscleMyopathyLib.scene.case_nodes import find_case_node
from Testing.Panels.host import pythonqt, start

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")

FEW = """\
description: First order and co-occurrence of the unfiltered image.
imageType:
  Original:
    binCount: 32
featureClass:
  firstorder: [Mean, Entropy]
  glcm: [Contrast]
setting:
  force2D: true
"""


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Return a preset file with three features."""
    path = tmp_path / "few.yaml"
    path.write_text(FEW, encoding="utf-8")
    return path


@pytest.fixture
def panel(loaded: Any, thighs: Path, few: Path) -> Any:
    """Return the panel, opened on water, fat and muscles of the thighs, with the preset file taken."""
    loaded.panels["case"]._place_true_muscles(thighs.parent / "truth")
    loaded.stepBar.buttons["features"].click()
    start.process_events()
    pythonqt.FileDialog.answers.append([few])
    loaded.panels["features"].ui.presetFileButton.click()
    start.process_events()
    return loaded.panels["features"]


@pytest.fixture
def extracted(panel: Any, wait_until: Callable[..., None]) -> Any:
    """Return the panel after a run on the water image."""
    uncheck(panel, "fat")
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert find_case_node("case-1", "features") is not None, panel.messages.label.text
    return panel


def uncheck(panel: Any, role: str) -> None:
    """Uncheck the sequence of a role."""
    import qt

    sequences = panel.ui.sequencesList
    for row in range(sequences.count):
        if sequences.item(row).text().startswith(f"{role} ·"):
            sequences.item(row).setCheckState(qt.Qt.Unchecked)
    start.process_events()


def test_the_step_is_not_possible_without_a_segmentation_and_says_so(loaded: Any) -> None:
    assert not loaded.stepBar.buttons["features"].enabled
    assert "segmentation" in loaded.stepBar.buttons["features"].toolTip


def test_inputs_are_chosen_and_the_preset_is_described(panel: Any) -> None:
    assert panel.ui.segmentationSelector.currentNode().GetName() == "true muscles"
    assert panel.ui.presetBox.currentText == "few"
    assert "co-occurrence" in panel.ui.presetDescriptionLabel.text
    assert panel.ui.runButton.enabled, panel.ui.runButton.toolTip


def test_a_run_leaves_a_table_and_the_filter_narrows_it(extracted: Any) -> None:
    table = extracted.ui.resultTable
    assert {table.item(row, 0).text() for row in range(table.rowCount)} == {"Mean", "Entropy", "Contrast"}
    box = extracted.ui.featureClassBox
    box.currentIndex = box.findText("glcm")
    box.activated.emit(box.currentIndex)
    assert [table.item(row, 0).text() for row in range(table.rowCount)] == ["Contrast"]
    assert extracted.ui.greyLevelsTable.rowCount == table.columnCount - 1


def test_the_table_lies_in_the_case_and_says_that_it_is_simulated(extracted: Any) -> None:
    from MuscleMyopathyLib.scene import attributes
    from MuscleMyopathyLib.scene.hierarchy import find_case_item, hierarchy_node

    node = find_case_node("case-1", "features")
    hierarchy = hierarchy_node()
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == find_case_item("case-1")
    assert "imulated" in node.GetAttribute(attributes.NOTICE)


def test_grey_levels_are_told_before_anything_is_extracted(panel: Any, wait_until: Callable[..., None]) -> None:
    uncheck(panel, "fat")
    panel.ui.greyLevelsButton.click()
    wait_until(lambda: not panel.busy)
    assert panel.ui.greyLevelsTable.rowCount > 10
    assert find_case_node("case-1", "features") is None
    assert panel.messages.frame.visible


def test_cancel_leaves_the_scene_as_it_was(panel: Any, wait_until: Callable[..., None]) -> None:
    import slicer

    before = slicer.mrmlScene.GetNumberOfNodes()
    panel.ui.runButton.click()
    assert panel.ui.runButton.toolTip == "The computation is running."
    panel.ui.cancelButton.click()
    wait_until(lambda: not panel.busy, seconds=5.0)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert panel.messages.label.text == "Cancelled. The scene is as it was."


def test_the_cohort_table_grows_by_this_case_once(extracted: Any, tmp_path: Path) -> None:
    for _click in range(2):
        pythonqt.FileDialog.answers.append(tmp_path)
        extracted.ui.cohortButton.click()
    table = pd.read_csv(tmp_path / "features_few.csv")
    assert len(table) == extracted.ui.resultTable.columnCount - 1
    assert "0 rows added, 0 replaced" in extracted.messages.label.text


def test_a_cohort_table_that_is_none_is_refused_and_left_alone(extracted: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("name,value\na,1\n", encoding="utf-8")
    extracted.results.add_to_cohort(path)
    assert extracted.messages.label.text == "The cohort's table is as it was."
    assert path.read_text(encoding="utf-8") == "name,value\na,1\n"


def test_the_export_holds_the_features_and_where_they_come_from(extracted: Any, tmp_path: Path) -> None:
    pythonqt.FileDialog.answers.append(tmp_path / "out")
    extracted.ui.exportButton.click()
    assert "original_glcm_Contrast" in pd.read_csv(tmp_path / "out.csv").columns
    assert '"preset": "few"' in (tmp_path / "out.json").read_text(encoding="utf-8")


def test_run_is_disabled_with_the_reason(panel: Any) -> None:
    uncheck(panel, "water")
    uncheck(panel, "fat")
    assert panel.ui.runButton.toolTip == "Check at least one sequence."


def test_slices_by_number_are_checked_as_they_are_typed(panel: Any) -> None:
    box = panel.ui.slicesBox
    box.currentIndex = box.findData("numbers")
    box.activated.emit(box.currentIndex)
    panel.ui.slicesEdit.text = "1, two"
    panel.ui.slicesEdit.textEdited.emit("1, two")
    assert "commas" in panel.ui.runButton.toolTip
    panel.ui.slicesEdit.text = "1, 2"
    panel.ui.slicesEdit.textEdited.emit("1, 2")
    assert panel.ui.runButton.enabled
    assert panel.slices.chosen(panel.preset.preset()).preprocessing.slices.slices == (1, 2)


def test_slices_that_the_image_does_not_have_are_refused_in_words(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    panel._module.parameterNode.featureSlices = "numbers:40"
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert "There is no slice 40" in panel.messages.label.text


def test_a_preset_that_pyradiomics_refuses_is_not_taken(panel: Any) -> None:
    panel.ui.presetEdit.plainText = FEW.replace("force2D", "force3D")
    panel.ui.presetTakeButton.click()
    assert "force3D" in panel.messages.label.text
    assert panel.ui.runButton.enabled
    panel.ui.presetEdit.plainText = FEW.replace("32", "16")
    panel.ui.presetTakeButton.click()
    assert panel.preset.preset().pyradiomics["imageType"]["Original"]["binCount"] == 16
