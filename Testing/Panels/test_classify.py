"""The half "This case" of the panel Classify: a real model, real features, the real job, clicked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.archive import save_model
from MuscleMyopathyLib.scene.case_nodes import find_case_node
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from Testing.Library.study.tiny_model import examination, thigh_and_calf_package, tiny_features, tiny_package
from Testing.Panels.host import pythonqt, start

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")
pytest.importorskip("skops", reason="needs skops: pip install muscle-myopathy[learning]")

PATIENT = 3


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return the file of a model that tells bright from dark T1w images of the thigh."""
    package = tiny_package()
    save_model(package.model, package.card, tmp_path / "tiny.mmyo")
    return tmp_path / "tiny.mmyo"


def load(module: Any, *sequences: str, case: str = "case-1", region: str = "thigh") -> None:
    """Put images of the tiny patient and its whole muscle into the scene, as the panel Case does."""
    from MuscleMyopathyPanels.case_volumes import add_to_case, mark_phantom, place_in_case

    from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
    from MuscleMyopathyLib.scene.volumes import volume_node_from_image

    one = examination(PATIENT, region)
    volumes = []
    for name in sequences:
        volumes.append(volume_node_from_image(one.images[name], name, role=Role(name)))
        add_to_case(volumes[-1], case, Role(name), "chosen by the test")
    mark_phantom(case)
    place_in_case(segmentation_node_from(one.readings[0].segmentation, "drawn", volumes[0]), case)


@pytest.fixture
def panel(module: Any, model: Path) -> Any:
    """Return the panel on the tiny patient's images and the tiny model."""
    load(module, "T1w", "water")
    module.stepBar.buttons["classify"].click()
    start.process_events()
    module.panels["classify"].case.model.take_file(model)
    start.process_events()
    return module.panels["classify"]


def classify(panel: Any, wait_until: Callable[..., None]) -> None:
    """Click and wait for the answer."""
    assert panel.ui.classifyButton.enabled, panel.ui.classifyButton.toolTip
    panel.ui.classifyButton.click()
    wait_until(lambda: not panel.busy)


def test_the_shipped_model_is_chosen_and_says_that_it_is_no_device_and_a_phantoms(module: Any) -> None:
    module.stepBar.buttons["classify"].click()
    start.process_events()
    ui = module.panels["classify"].ui
    assert "(shipped)" in ui.modelBox.currentText
    assert "Not a medical device" in ui.noticeLabel.text
    assert "Trained on simulated data" in ui.noticeLabel.text
    assert "Learned from 45 IMNM, 30 LGMDR2" in ui.cardLabel.text
    assert "nested" in ui.cardLabel.text
    assert "thigh.T1w.lbp-2D_glcm_Correlation" in ui.cardText.plainText


def test_a_case_that_lacks_a_sequence_is_told_so_before_anything_runs(module: Any, model: Path) -> None:
    load(module, "T1w")
    module.stepBar.buttons["classify"].click()
    panel = module.panels["classify"]
    panel.case.model.take_file(model)
    start.process_events()
    assert "✖ Sequences: missing thigh water" in panel.ui.fitLabel.text
    assert not panel.ui.classifyButton.enabled
    assert "missing thigh water" in panel.ui.classifyButton.toolTip


def test_a_case_that_fits_says_what_of_it_is_used(panel: Any) -> None:
    text = panel.ui.fitLabel.text
    assert "✓ Sequences: thigh T1w, thigh water" in text
    assert "✓ Preset: the model holds its preset tiny" in text
    assert "✓ Structures: MUSCLE" in text


def test_the_calf_does_not_fit_a_model_of_the_thigh(panel: Any) -> None:
    panel.node.region = "calf"
    start.process_events()
    assert not panel.ui.classifyButton.enabled
    assert "missing thigh T1w, thigh water" in panel.ui.fitLabel.text


def test_the_answer_is_the_librarys_with_its_notices_beside_it(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    panel.node.reader = "R1"
    classify(panel, wait_until)
    node = find_case_node("case-1", "classification")
    assert node is not None, panel.messages.label.text
    found = dataframe_from_table_node(node).iloc[0]
    table = tiny_features()
    expected = predict(tiny_package(), table[table["case"] == f"case-{PATIENT:02d}"]).iloc[0]
    assert found["predicted"] == expected["predicted"] == "bright"
    assert found["p_bright"] == pytest.approx(expected["p_bright"], abs=1e-9)
    ui = panel.ui
    percent = f"{100 * expected['p_bright']:.0f} %"
    assert f"Most probable: bright, {percent}" in ui.answerLabel.text
    assert "Not a medical device" in ui.answerNoticeLabel.text
    assert "Trained on simulated data" in ui.answerNoticeLabel.text
    assert not ui.barsLabel.pixmap.isNull()
    assert ui.classBox.currentText == "bright"
    assert not ui.contributionsLabel.pixmap.isNull()
    assert panel._module.stepBar.buttons["classify"].text.startswith("●")


def test_a_feature_that_training_never_saw_is_named(panel: Any, wait_until: Callable[..., None]) -> None:
    import slicer

    node = slicer.util.getNode("T1w")
    slicer.util.updateVolumeFromArray(node, slicer.util.arrayFromVolume(node) * 4)
    classify(panel, wait_until)
    assert "never seen: thigh.T1w.original_firstorder_Mean" in panel.ui.warningLabel.text
    assert "warning" in panel.messages.label.text


def test_cancel_leaves_the_scene_as_it_was(panel: Any, wait_until: Callable[..., None]) -> None:
    import slicer

    before = slicer.mrmlScene.GetNumberOfNodes()
    panel.ui.classifyButton.click()
    assert panel.ui.classifyButton.toolTip == "The computation is running."
    panel.ui.cancelButton.click()
    wait_until(lambda: not panel.busy, seconds=5.0)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert panel.messages.label.text == "Cancelled. The scene is as it was."


def test_a_table_of_features_is_answered_row_by_row_and_exported(
    panel: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    ui = panel.ui
    ui.sourceBox.currentIndex = ui.sourceBox.findData("table")
    ui.sourceBox.activated.emit(ui.sourceBox.currentIndex)
    assert ui.classifyButton.toolTip == "Choose the table of features."
    panel.node.classifyTable = table_node_from_dataframe(tiny_features(), "all patients")
    start.process_events()
    classify(panel, wait_until)
    assert ui.answerBox.count == 16
    ui.answerBox.currentIndex = 2
    ui.answerBox.activated.emit(2)
    assert ui.classBox.currentText == "dark"
    assert "the preset of these features is not known" in ui.warningLabel.text
    pythonqt.FileDialog.answers.append(tmp_path / "answer")
    ui.answerExportButton.click()
    for name in ("predictions.csv", "contributions.csv", "probabilities.png", "contributions.svg"):
        assert (tmp_path / "answer" / name).stat().st_size > 0, name


def test_a_table_without_the_models_features_is_refused_in_words(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    import pandas as pd

    ui = panel.ui
    ui.sourceBox.currentIndex = ui.sourceBox.findData("table")
    panel.node.classifyTable = table_node_from_dataframe(pd.DataFrame({"case": ["a"], "ck": [900.0]}), "CK")
    start.process_events()
    classify(panel, wait_until)
    assert "The table lacks 6 of the model's 6 features" in panel.messages.label.text
    assert find_case_node("case-1", "classification") is None


def test_a_file_that_is_no_package_is_refused_with_the_reason(panel: Any, tmp_path: Path) -> None:
    path = tmp_path / "renamed.mmyo"
    path.write_bytes(b"no archive")
    pythonqt.FileDialog.answers.append([path])
    panel.ui.modelButton.click()
    start.process_events()
    assert panel.ui.cardLabel.text.startswith("▲")
    assert "renamed.mmyo" in panel.ui.classifyButton.toolTip
    assert not panel.ui.noticeLabel.isVisible()


def test_the_answer_comes_back_with_a_saved_scene(
    panel: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    import slicer

    from MuscleMyopathyLib.scene.saving import load_scene, save_scene

    classify(panel, wait_until)
    words = panel.ui.answerLabel.text
    save_scene(tmp_path / "scene.mrb")
    slicer.mrmlScene.Clear(False)
    start.process_events()
    assert not panel.ui.answerWidget.isVisible()
    load_scene(tmp_path / "scene.mrb")
    start.process_events()
    assert panel.ui.answerWidget.isVisible()
    assert panel.ui.answerLabel.text == words
    assert panel.ui.modelBox.currentText == "tiny"


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ("bright", "At 90 % confidence dark is excluded, bright is not."),
        ("dark or bright", "no class is excluded: the answer stays open"),
        ("none", "unlike the validation's patients of every class"),
        ("", "not known: the model was not validated in nested mode"),
    ],
)
def test_the_uncertainty_is_said_in_words(module: Any, kept: str, words: str) -> None:
    from MuscleMyopathyPanels.classify_answer import answer_words

    row = {"predicted": "bright", "p_bright": 0.8, "p_dark": 0.2, "not_excluded": kept}
    said = answer_words({**row, "model": "tiny 1.0", "validated": "AUC 0.90, nested"}, ["dark", "bright"])
    assert words in said
    assert "bright, 80 %" in said
    assert "tiny 1.0: AUC 0.90, nested." in said


@pytest.fixture
def both_regions(module: Any, tmp_path: Path) -> Any:
    """Return the panel on the tiny patient's thigh, with a model that needs thigh and calf."""
    package = thigh_and_calf_package()
    save_model(package.model, package.card, tmp_path / "both.mmyo")
    load(module, "T1w", "water")
    module.stepBar.buttons["classify"].click()
    start.process_events()
    panel = module.panels["classify"]
    panel.case.model.take_file(tmp_path / "both.mmyo")
    start.process_events()
    return panel


def test_a_model_of_one_limb_segment_shows_no_choice_of_another(panel: Any) -> None:
    assert not panel.ui.otherRegionWidget.isVisible()


def test_a_model_of_thigh_and_calf_asks_for_the_calf_and_finds_it_in_another_case(both_regions: Any) -> None:
    ui = both_regions.ui
    assert ui.otherRegionWidget.isVisible()
    assert "also needs the calf of this patient" in ui.otherRegionLabel.text
    assert "missing calf T1w, calf water" in ui.classifyButton.toolTip
    assert "✖ Structures: calf: nothing is drawn" in ui.fitLabel.text
    load(both_regions._module, "T1w", "water", case="case-1-calf", region="calf")
    start.process_events()
    assert "✓ Sequences: thigh T1w, thigh water, calf T1w, calf water" in ui.fitLabel.text
    assert "Structures: calf: nothing is drawn" in ui.classifyButton.toolTip


def test_the_calf_is_chosen_among_the_scenes_volumes_and_both_are_classified(
    both_regions: Any, wait_until: Callable[..., None]
) -> None:
    import slicer

    panel, ui = both_regions, both_regions.ui
    panel.node.reader = "R1"
    # Two examinations of the calf: the choice is the user's.
    for case in ("earlier", "later"):
        load(panel._module, "T1w", "water", case=case, region="calf")
    start.process_events()
    assert "missing calf T1w, calf water" in ui.fitLabel.text
    for sequence, (label, box) in zip(("T1w", "water"), panel.case.other._rows, strict=True):
        assert label.text == f"Calf: {sequence}"
        box.currentIndex = box.findText(f"{sequence} (later)")
        box.activated.emit(box.currentIndex)
    nodes = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    panel.node.classifyOtherSegmentation = nodes[-1]
    start.process_events()
    classify(panel, wait_until)
    node = find_case_node("case-1", "classification")
    assert node is not None, panel.messages.label.text
    found = dataframe_from_table_node(node).iloc[0]
    table = tiny_features("thigh", "calf")
    expected = predict(thigh_and_calf_package(), table[table["case"] == f"case-{PATIENT:02d}"]).iloc[0]
    assert found["p_bright"] == pytest.approx(expected["p_bright"], abs=1e-9)
    assert "never seen" not in found["warning"]
