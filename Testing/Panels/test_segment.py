"""The panel Segment, clicked: real jobs on the digital limb, the list, and what is done to a drawing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from Testing.Panels.host import pythonqt, start

VL_LEFT, VL_RIGHT = Structure("VL", Side.LEFT), Structure("VL", Side.RIGHT)


@pytest.fixture
def panel(loaded: Any) -> Any:
    """Return the panel, opened on water and fat of the thighs."""
    loaded.stepBar.buttons["segment"].click()
    start.process_events()
    return loaded.panels["segment"]


@pytest.fixture
def drawn(loaded: Any, thighs: Path, tmp_path: Path) -> Any:
    """Return the panel with the true muscles at hand, and its library of corrections in a folder of the test."""
    loaded.panels["case"]._place_true_muscles(thighs.parent / "truth")
    loaded.stepBar.buttons["segment"].click()
    start.process_events()
    panel = loaded.panels["segment"]
    pythonqt.FileDialog.answers.append(tmp_path / "library")
    panel.ui.libraryButton.click()
    start.process_events()
    return panel


def choose_method(panel: Any, method: str) -> None:
    """Choose a method as a user does."""
    box = panel.ui.methodBox
    box.currentIndex = box.findData(method)
    box.activated.emit(box.currentIndex)
    start.process_events()


def uncheck(panel: Any, text: str) -> None:
    """Uncheck the image whose line begins with a text."""
    import qt

    images = panel.ui.imagesList
    for row in range(images.count):
        if images.item(row).text().startswith(text):
            images.item(row).setCheckState(qt.Qt.Unchecked)
    start.process_events()


def rows(panel: Any) -> list[tuple[str, str]]:
    """Return name and side of each structure in the list."""
    table = panel.ui.structuresTable
    return [(table.item(row, 0).text(), table.item(row, 1).text()) for row in range(table.rowCount)]


def select(panel: Any, structure: Structure) -> None:
    """Select a structure's row."""
    panel.ui.structuresTable.selectRow(rows(panel).index((structure.type.name, str(structure.side))))
    start.process_events()


def voxels(panel: Any, structure: Structure) -> int:
    """Return how many voxels of a structure are drawn."""
    return int(segmentation_from_node(panel.node.segmentation).mask(structure).sum())


def test_without_images_the_step_is_not_possible_and_says_why(module: Any) -> None:
    assert not module.stepBar.buttons["segment"].enabled
    assert "Needs images" in module.stepBar.buttons["segment"].toolTip


def test_images_are_checked_by_their_roles_and_run_says_what_compartments_need(panel: Any) -> None:
    choose_method(panel, "compartments")
    assert [node.GetName() for node in panel.images.checked()] == ["thigh_water", "thigh_fat"]
    assert panel.ui.runButton.enabled
    uncheck(panel, "fat")
    assert not panel.ui.runButton.enabled
    assert "water and fat, or a T1w" in panel.ui.runButton.toolTip


def test_compartments_are_found_listed_and_ready_to_correct(panel: Any, wait_until: Callable[..., None]) -> None:
    choose_method(panel, "compartments")
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert panel.node.segmentation is not None, panel.messages.label.text
    assert ("bone", "left") in rows(panel)
    assert ("subcutaneous fat", "right") in rows(panel)
    assert float(panel.ui.structuresTable.item(0, 2).text()) > 0
    assert panel.editor.widget.currentSegmentID() == panel.structures.current()[1]
    assert panel.state().state.name == "DONE"
    assert "on this machine, by its last run" in panel.ui.estimateLabel.text


def test_unchecked_structures_are_left_out_of_the_result(panel: Any, wait_until: Callable[..., None]) -> None:
    import qt

    choose_method(panel, "compartments")
    tree = panel.ui.structuresTree
    assert [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount)] == [
        "Thigh, right",
        "Thigh, left",
    ]
    tree.topLevelItem(1).setCheckState(0, qt.Qt.Unchecked)
    start.process_events()
    assert {one.side for one in panel.tree.chosen()} == {Side.RIGHT}
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert {side for _name, side in rows(panel)} == {"right"}


def test_the_side_of_a_single_leg_can_be_stated(panel: Any, wait_until: Callable[..., None]) -> None:
    choose_method(panel, "compartments")
    box = panel.ui.sideBox
    assert box.currentText == "found from the images"
    box.currentIndex = box.findData("left")
    box.activated.emit(box.currentIndex)
    start.process_events()
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert {side for _name, side in rows(panel)} == {"left"}
    choose_method(panel, "propagate")
    assert not box.visible


def test_cancel_leaves_the_scene_as_it_was(panel: Any, wait_until: Callable[..., None]) -> None:
    import slicer

    choose_method(panel, "compartments")
    before = slicer.mrmlScene.GetNumberOfNodes()
    panel.ui.runButton.click()
    panel.ui.cancelButton.click()
    wait_until(lambda: not panel.busy, seconds=5.0)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert panel.messages.label.text == "Cancelled. The scene is as it was."


def test_the_slices_between_drawn_ones_are_filled(drawn: Any, wait_until: Callable[..., None]) -> None:
    choose_method(drawn, "propagate")
    assert drawn.ui.drawnSelector.currentNode() is drawn.node.muscles
    assert drawn.ui.runButton.toolTip == "Check only the image that was drawn on."
    uncheck(drawn, "fat")
    drawn.ui.drawnSlicesEdit.text = "0,3"
    drawn.ui.drawnSlicesEdit.editingFinished.emit()
    start.process_events()
    truth = segmentation_from_node(drawn.node.muscles)
    drawn.ui.runButton.click()
    wait_until(lambda: not drawn.busy)
    assert drawn.node.segmentation.GetName() == "case-1 propagated structures", drawn.messages.label.text
    filled = segmentation_from_node(drawn.node.segmentation)
    np.testing.assert_array_equal(filled.mask(VL_LEFT)[[0, 3]], truth.mask(VL_LEFT)[[0, 3]])
    assert filled.mask(VL_LEFT)[1].any()
    assert drawn.ui.structuresTable.item(0, 3).text() != "–"


def test_next_and_previous_walk_through_the_list_and_the_editor_follows(drawn: Any) -> None:
    drawn.ui.nextButton.click()
    first = drawn.structures.current()
    drawn.ui.nextButton.click()
    assert drawn.structures.current() != first
    drawn.ui.previousButton.click()
    assert drawn.structures.current() == first
    assert drawn.editor.widget.currentSegmentID() == first[1]
    drawn.ui.previousButton.click()
    assert drawn.ui.structuresTable.currentRow() == drawn.ui.structuresTable.rowCount - 1


def test_an_unchecked_structure_is_hidden_in_the_views(drawn: Any) -> None:
    import qt

    drawn.ui.structuresTable.item(0, 0).setCheckState(qt.Qt.Unchecked)
    segment_id = drawn.structures._rows[0][1]
    assert not drawn.node.segmentation.GetDisplayNode().GetSegmentVisibility(segment_id)


def test_a_structure_is_copied_to_the_other_leg(drawn: Any) -> None:
    import slicer

    select(drawn, VL_LEFT)
    segmentation = drawn.node.segmentation
    right = drawn.structures._rows[rows(drawn).index(("vastus lateralis", "right"))][1]
    true_right = segmentation_from_node(segmentation).mask(VL_RIGHT)
    volume = slicer.util.getNode("thigh_water")
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        np.zeros(true_right.shape, np.uint8), segmentation, right, volume
    )
    assert voxels(drawn, VL_RIGHT) == 0
    drawn.ui.copyButton.click()
    copied = segmentation_from_node(segmentation).mask(VL_RIGHT)
    overlap = 2 * (copied & true_right).sum() / (copied.sum() + true_right.sum())
    assert overlap > 0.6, drawn.messages.label.text
    assert drawn.structures.current()[0] == VL_RIGHT


def test_eroding_takes_a_rim_away_of_the_selected_structure_only(drawn: Any) -> None:
    select(drawn, VL_LEFT)
    before, other = voxels(drawn, VL_LEFT), voxels(drawn, VL_RIGHT)
    volume = float(drawn.ui.structuresTable.item(drawn.ui.structuresTable.currentRow(), 2).text())
    drawn.ui.erosionBox.value = 4.0
    start.process_events()
    drawn.ui.erodeButton.click()
    assert 0 < voxels(drawn, VL_LEFT) < before
    assert float(drawn.ui.structuresTable.item(drawn.ui.structuresTable.currentRow(), 2).text()) < volume
    assert voxels(drawn, VL_RIGHT) == other
    drawn.ui.erosionBox.value = 20.0
    start.process_events()
    drawn.ui.erodeButton.click()
    drawn.ui.erodeButton.click()
    assert "nothing is left" in drawn.messages.label.text


def test_an_accepted_correction_lies_in_the_library_once(drawn: Any, tmp_path: Path) -> None:
    from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary

    drawn.ui.acceptButton.click()
    (pair,) = CorrectionLibrary(tmp_path / "library").pairs()
    assert (pair.case, sorted(pair.images)) == ("case-1", ["fat", "water"])
    assert "0001" in drawn.messages.label.text
    drawn.ui.acceptButton.click()
    assert "already" in drawn.messages.label.text


def test_what_is_exported_for_itksnap_comes_back(drawn: Any, tmp_path: Path) -> None:
    before = segmentation_from_node(drawn.node.segmentation)
    pythonqt.FileDialog.answers.append(tmp_path / "muscles.nii.gz")
    drawn.ui.exportButton.click()
    assert '"vastus lateralis left"' in (tmp_path / "muscles.txt").read_text(encoding="utf-8")
    pythonqt.FileDialog.answers.append([tmp_path / "muscles.nii.gz"])
    drawn.ui.importButton.click()
    assert drawn.node.segmentation.GetName() == "muscles", drawn.messages.label.text
    after = segmentation_from_node(drawn.node.segmentation)
    np.testing.assert_array_equal(after.mask(VL_LEFT), before.mask(VL_LEFT))


def test_a_dicom_segmentation_of_images_that_are_no_dicom_is_refused_in_words(drawn: Any, tmp_path: Path) -> None:
    pythonqt.FileDialog.answers.append(tmp_path / "muscles.dcm")
    drawn.ui.exportButton.click()
    assert "DICOM series" in drawn.messages.label.text


def test_weights_of_others_must_be_chosen_and_what_is_none_is_refused(
    panel: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    choose_method(panel, "weights")
    assert panel.ui.runButton.toolTip == "Choose the file or folder of the weights."
    (tmp_path / "net").mkdir()
    pythonqt.FileDialog.answers.append(tmp_path / "net")
    panel.ui.weightsFolderButton.click()
    start.process_events()
    assert panel.ui.runButton.enabled
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert "is no network" in panel.messages.label.text
    assert panel.node.segmentation is None
