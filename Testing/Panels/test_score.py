"""The panel Score, filled by keys: what is scored is on the disk, and comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PySide6 import QtCore, QtTest

from Testing.Panels.host import pythonqt, start

KEY = QtCore.Qt.Key
CONTROL = QtCore.Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def panel(loaded: Any, thighs: Path, tmp_path: Path) -> Any:
    """Return the panel on the muscles of the thighs, for the reader R1, with a form begun in an empty folder."""
    loaded.panels["case"]._place_true_muscles(thighs.parent / "truth")
    loaded.parameterNode.reader = "R1"
    loaded.stepBar.buttons["score"].click()
    start.process_events()
    pythonqt.FileDialog.answers.append(tmp_path / "study")
    panel = loaded.panels["score"]
    panel.ui.folderButton.click()
    panel.ui.beginButton.click()
    start.process_events()
    assert panel.form is not None, panel.messages.label.text
    return panel


def press(panel: Any, keys: str | QtCore.Qt.Key, modifier: Any = QtCore.Qt.KeyboardModifier.NoModifier) -> None:
    """Press keys in the form's table: characters one after the other, or one key with a modifier."""
    if isinstance(keys, str):
        QtTest.QTest.keyClicks(panel.ui.formTable, keys)
    else:
        QtTest.QTest.keyClick(panel.ui.formTable, keys, modifier)
    start.process_events()


def type_line(panel: Any, text: str) -> None:
    """Type a line into the line below the form."""
    QtTest.QTest.keyClicks(panel.ui.entryEdit, text)
    QtTest.QTest.keyClick(panel.ui.entryEdit, KEY.Key_Return)
    start.process_events()


def codes(panel: Any) -> list[str]:
    """Return the codes given so far, in the order of the scale."""
    form = panel.form.form
    return [str(form.answer(target.id).value) for target in form.scale.targets if form.answer(target.id).value]


def test_a_form_of_34_targets_is_filled_by_keys_alone(panel: Any) -> None:
    press(panel, "01234" * 6 + "0=")
    press(panel, "n")
    type_line(panel, "artefact")
    press(panel, "4")
    form = panel.form.form
    assert form.progress == "34 of 34"
    assert "34 of 34" in panel.ui.formProgressLabel.text
    assert codes(panel) == [*"01234" * 6, "0", "0", "4"]
    assert form.answer("GL_right").reason == "artefact"


def test_the_first_muscle_is_right_on_the_left_as_in_the_picture(panel: Any) -> None:
    table = panel.ui.formTable
    assert [table.horizontalHeaderItem(column).text() for column in (0, 1)] == ["right", "left"]
    assert panel.grid.current == "RF_right"
    press(panel, "3")
    assert table.item(0, 0).text() == "3"
    assert panel.grid.current == "RF_left"


def test_arrows_move_and_a_second_score_replaces_the_first(panel: Any) -> None:
    press(panel, "31")
    press(panel, KEY.Key_Up)
    assert panel.grid.current == "RF_right"
    press(panel, "2")
    assert codes(panel) == ["2", "1"]
    assert panel.grid.current == "VL_right"


def test_undo_takes_back_and_redo_makes_again_at_the_muscle_concerned(panel: Any) -> None:
    press(panel, "31")
    press(panel, KEY.Key_Z, CONTROL)
    assert codes(panel) == ["3"]
    assert panel.grid.current == "RF_left"
    press(panel, KEY.Key_Z, CONTROL)
    assert codes(panel) == []
    press(panel, KEY.Key_Y, CONTROL)
    press(panel, KEY.Key_Y, CONTROL)
    assert codes(panel) == ["3", "1"]


def test_a_key_outside_the_scale_scores_nothing_and_names_the_keys(panel: Any) -> None:
    press(panel, "7")
    assert codes(panel) == []
    assert "0, 1, 2, 3, 4" in panel.messages.label.text


def test_escape_leaves_the_reason_and_nothing_is_scored(panel: Any) -> None:
    press(panel, "n")
    assert not panel.ui.entryWidget.isHidden()
    QtTest.QTest.keyClick(panel.ui.entryEdit, KEY.Key_Escape)
    assert panel.ui.entryWidget.isHidden()
    assert panel.form.form.progress == "0 of 34"


def test_same_as_the_other_side_asks_for_a_score_there_first(panel: Any) -> None:
    press(panel, "=")
    assert "rectus femoris left is not scored yet" in panel.messages.label.text.lower().replace(",", "")
    press(panel, "3=")
    assert codes(panel) == ["3", "3"]


def test_the_module_closed_and_opened_again_shows_the_form_as_it_was(panel: Any, module: Any) -> None:
    press(panel, "31")
    start.leave(module)
    start.enter(module)
    assert codes(panel) == ["3", "1"]
    assert panel.grid.current == "VL_right"
    press(panel, KEY.Key_Z, CONTROL)
    assert codes(panel) == ["3"]


def test_a_saved_scene_brings_the_form_back(panel: Any, module: Any, tmp_path: Path) -> None:
    import slicer

    from MuscleMyopathyLib.scene.saving import load_scene, save_scene

    press(panel, "31")
    save_scene(tmp_path / "scene.mrb")
    slicer.mrmlScene.Clear(False)
    start.process_events()
    load_scene(tmp_path / "scene.mrb")
    start.process_events()
    start.process_events()
    assert codes(panel) == ["3", "1"]


def test_another_case_has_its_own_form_and_the_first_comes_back(panel: Any, module: Any) -> None:
    press(panel, "31")
    module.parameterNode.caseIdentifier = "case-2"
    start.process_events()
    assert panel.form is None
    panel.ui.beginButton.click()
    press(panel, "4")
    module.parameterNode.caseIdentifier = "case-1"
    start.process_events()
    assert codes(panel) == ["3", "1"]


def test_a_reader_whose_name_is_being_typed_keeps_the_focus(panel: Any, module: Any) -> None:
    press(panel, "31")
    edit = module.ui.readerEdit
    edit.setFocus()
    edit.text = "R"
    start.process_events()
    assert panel.form is None
    edit.text = "R1"
    start.process_events()
    assert codes(panel) == ["3", "1"]
    assert edit.focus


def test_without_a_reader_no_form_begins_and_the_panel_says_so(loaded: Any) -> None:
    loaded.stepBar.buttons["score"].click()
    start.process_events()
    panel = loaded.panels["score"]
    assert not panel.ui.beginButton.enabled
    assert "reader's code" in panel.ui.obstacleLabel.text


def test_a_suggestion_stays_hidden_until_the_muscle_is_scored(panel: Any) -> None:
    panel.ui.suggestButton.click()
    suggestion = panel.form.form.suggestions["RF_right"]
    assert "suggested" not in panel.ui.formTable.item(0, 0).text()
    assert "suggested" not in panel.ui.targetLabel.text
    press(panel, "3")
    assert panel.ui.formTable.item(0, 0).text() == f"3  · suggested {suggestion.code}"
    assert "suggested" not in panel.ui.formTable.item(0, 1).text()


def test_a_study_that_allows_it_shows_suggestions_first_and_decides_so_before_its_first_form(
    loaded: Any, thighs: Path, tmp_path: Path
) -> None:
    loaded.panels["case"]._place_true_muscles(thighs.parent / "truth")
    loaded.parameterNode.reader = "R1"
    loaded.parameterNode.studyFolder = str(tmp_path)
    loaded.stepBar.buttons["score"].click()
    start.process_events()
    panel = loaded.panels["score"]
    panel.ui.suggestionsFirstBox.click()
    panel.ui.beginButton.click()
    panel.ui.suggestButton.click()
    assert "suggested" in panel.ui.formTable.item(0, 0).text()
    assert not panel.ui.suggestionsFirstBox.enabled


def test_the_muscle_at_hand_is_outlined_in_the_slice_where_it_is_largest(panel: Any) -> None:
    import slicer

    from MuscleMyopathyLib.anatomy import Structure
    from MuscleMyopathyLib.scene.segment_places import segment_places

    segmentation = panel._segmentation()
    place = segment_places(segmentation)[Structure.parse("SAR_left")]
    panel.grid.go_to("SAR_left")
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
    assert red.GetSliceOffset() == pytest.approx(place.center_ras[2], abs=0.01)
    display = segmentation.GetDisplayNode()
    assert display.GetSegmentOpacity2DOutline(place.segment_ids[0]) == 1.0
    other = segment_places(segmentation)[Structure.parse("SAR_right")].segment_ids[0]
    assert display.GetSegmentOpacity2DOutline(other) < 0.5
    assert not display.GetSegmentVisibility2DFill(place.segment_ids[0])


def test_the_segmentation_looks_as_before_once_the_panel_is_left(panel: Any, module: Any) -> None:
    display = panel._segmentation().GetDisplayNode()
    segment = panel._segmentation().GetSegmentation().GetNthSegmentID(0)
    assert not display.GetSegmentVisibility2DFill(segment)
    module.stepBar.buttons["case"].click()
    start.process_events()
    assert display.GetSegmentVisibility2DFill(segment)
    assert display.GetSegmentOpacity2DOutline(segment) == 1.0


def test_the_fat_fraction_map_is_out_of_sight_and_the_t1w_image_shown(
    panel: Any, module: Any, noise_image: Any
) -> None:
    import slicer

    from MuscleMyopathyLib.imaging.roles import Role
    from MuscleMyopathyLib.scene.volumes import set_role

    module.stepBar.buttons["case"].click()
    module.panels["case"].read_paths([noise_image("t1w", (20, 20, 4))])
    t1w = slicer.util.getNode("t1w")
    set_role(t1w, Role.T1W, "chosen by the test")
    slicer.util.setSliceViewerLayers(background=t1w, foreground=slicer.util.getNode("*fat*"))
    module.stepBar.buttons["score"].click()
    composite = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode")
    assert composite.GetForegroundVolumeID() is None
    assert composite.GetBackgroundVolumeID() == t1w.GetID()


def test_a_locked_form_is_shown_and_takes_no_key(panel: Any, module: Any) -> None:
    assert not panel.ui.lockButton.enabled
    press(panel, "2" * 34)
    panel.ui.lockButton.click()
    assert not panel.form.form.locked
    panel.ui.lockButton.click()
    start.process_events()
    assert panel.form.form.locked
    press(panel, "4")
    assert codes(panel) == ["2"] * 34
    assert "locked" in panel.messages.label.text


def test_another_readers_table_is_hidden_until_this_reader_has_locked(panel: Any, module: Any) -> None:
    from MuscleMyopathyLib.scene.case_nodes import find_case_node

    press(panel, "1" * 34)
    panel.ui.tableButton.click()
    node = find_case_node("case-1", "mercuri-modified scores of R1, session 1")
    assert not node.GetHideFromEditors()
    module.parameterNode.reader = "R2"
    start.process_events()
    panel.ui.beginButton.click()
    start.process_events()
    assert node.GetHideFromEditors()
    press(panel, "2" * 34)
    panel.ui.lockButton.click()
    panel.ui.lockButton.click()
    start.process_events()
    assert not node.GetHideFromEditors()


def test_the_export_holds_answers_sums_and_a_fhir_response(panel: Any, tmp_path: Path) -> None:
    press(panel, "3" * 34)
    pythonqt.FileDialog.answers.append(tmp_path / "form.csv")
    panel.ui.exportButton.click()
    table = pd.read_csv(tmp_path / "form.csv")
    assert table["score"].sum() == 3 * 34
    assert set(table["reader"]) == {"R1"}
    assert pd.read_csv(tmp_path / "form_sums.csv")["score"].max() == 3 * 34
    response = json.loads((tmp_path / "form.json").read_text(encoding="utf-8"))
    assert response["resourceType"] == "QuestionnaireResponse"


def test_numbers_yes_no_and_several_options_are_answered_by_keys(panel: Any) -> None:
    box = panel.ui.scaleBox
    box.currentIndex = box.findData("clinical-sheet")
    box.activated.emit(box.currentIndex)
    panel.ui.beginButton.click()
    start.process_events()
    press(panel, "5")
    type_line(panel, "4")
    form = panel.form.form
    assert form.answer("age").value == 54.0
    panel.grid.go_to("antibodies")
    press(panel, "12")
    assert len(panel.form.form.answer("antibodies").value) == 2
    press(panel, "1")
    assert len(panel.form.form.answer("antibodies").value) == 1


def test_on_a_scale_with_2a_and_2b_the_code_is_typed_and_3_means_grade_3(panel: Any) -> None:
    box = panel.ui.scaleBox
    box.currentIndex = box.findData("mercuri-2002")
    box.activated.emit(box.currentIndex)
    panel.ui.beginButton.click()
    start.process_events()
    press(panel, "32")
    assert "2a or 2b" in panel.messages.label.text
    press(panel, "b4")
    assert codes(panel) == ["3", "2b", "4"]


def test_a_scale_of_the_users_own_folder_can_be_filled(panel: Any, tmp_path: Path) -> None:
    import slicer

    own = {
        "id": "own-scale",
        "version": 1,
        "name": "Own scale",
        "source": "this test",
        "levels": [{"value": 0, "code": "0", "label": "no"}, {"value": 1, "code": "1", "label": "yes"}],
        "items": [{"id": "fascia", "name": "Fascial oedema"}],
    }
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own-scale.json").write_text(json.dumps(own), encoding="utf-8")
    pythonqt.FileDialog.answers.append(tmp_path / "own")
    panel.ui.scalesButton.click()
    slicer.app.userSettings().remove("MuscleMyopathy/ScaleFolder")
    box = panel.ui.scaleBox
    box.currentIndex = box.findText("Own scale")
    box.activated.emit(box.currentIndex)
    panel.ui.beginButton.click()
    start.process_events()
    press(panel, "1")
    assert panel.form.form.progress == "1 of 1"


def test_each_level_shows_its_example_and_the_whole_picture_on_hover(panel: Any) -> None:
    from PySide6 import QtWidgets

    labels = panel.ui.levelsWidget.findChildren(QtWidgets.QLabel)
    pictures = [label for label in labels if label.objectName.endswith("_Picture")]
    assert len(pictures) == 5
    assert all(not label.pixmap.isNull() for label in pictures)
    assert "mercuri-modified-3.png" in pictures[3].toolTip
    assert "digital limb" in pictures[3].toolTip


@pytest.fixture
def scored_study(tmp_path: Path) -> Path:
    """Return the folder of a simulated study: eight cases of two diagnoses, scored and locked by two readers."""
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.simulated_scoring import ScoringStudyParameters, simulate_scoring_study

    simulate_scoring_study(ReadingStudy(tmp_path / "scored"), ScoringStudyParameters(lgmdr2_cases=4, imnm_cases=4))
    return tmp_path / "scored"


def test_kappa_of_two_readers_is_shown_per_muscle_and_side_and_exported(
    loaded: Any, scored_study: Path, wait_until: Any, tmp_path: Path
) -> None:
    loaded.parameterNode.reader = "R9"
    loaded.parameterNode.studyFolder = str(scored_study)
    loaded.stepBar.buttons["score"].click()
    start.process_events()
    panel = loaded.panels["score"]
    panel.ui.agreementButton.collapsed = False
    start.process_events()
    assert panel.ui.compareFormsButton.enabled, panel.ui.compareFormsButton.toolTip
    panel.ui.compareFormsButton.click()
    wait_until(lambda: not panel.busy)
    table = panel.ui.kappaTable
    assert table.rowCount == 17 * 3 + 1, panel.messages.label.text
    assert table.item(0, 0).text() == "all both"
    assert 0.5 < float(table.item(0, 1).text()) <= 1.0
    assert "–" in table.item(0, 2).text()
    assert not panel.ui.heatMapLabel.pixmap.isNull()
    linear = table.item(0, 1).text()
    box = panel.ui.weightsBox
    box.currentIndex = box.findData("unweighted")
    box.activated.emit(box.currentIndex)
    assert float(table.item(0, 1).text()) <= float(linear)
    pythonqt.FileDialog.answers.append(tmp_path / "out")
    panel.ui.agreementExportButton.click()
    for name in ("kappa.csv", "cross_tables.csv", "groups.csv", "sums.csv", "heat_map.svg", "heat_map.png"):
        assert (tmp_path / "out" / name).stat().st_size > 0, name


def test_a_reader_with_an_open_form_sees_no_kappa_of_others(panel: Any, scored_study: Path) -> None:
    press(panel, "31")
    panel.ui.agreementButton.collapsed = False
    start.process_events()
    assert not panel.ui.compareFormsButton.enabled
    assert "Lock your open forms first" in panel.ui.compareFormsButton.toolTip


def test_renaming_a_case_says_that_its_forms_stay_under_the_old_name(panel: Any, module: Any) -> None:
    press(panel, "31")
    module.ui.caseEdit.text = "P-017"
    module.ui.caseEdit.editingFinished.emit()
    start.process_events()
    assert "case-1" in panel.messages.label.text
    assert "stays" in panel.messages.label.text or "stay" in panel.messages.label.text
    assert panel.form is None
    module.ui.caseEdit.text = "case-1"
    module.ui.caseEdit.editingFinished.emit()
    start.process_events()
    assert codes(panel) == ["3", "1"]
