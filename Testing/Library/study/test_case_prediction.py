"""A case classified from its images gets the answer that its features get, made as those of the training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions
from MuscleMyopathyLib.radiomics.slices import SliceChoice
from MuscleMyopathyLib.study.case_prediction import package_preset, predict_case
from MuscleMyopathyLib.study.feature_inputs import FeatureInputs
from Testing.Library.study.tiny_model import (
    examination,
    tiny_features,
    tiny_package,
    tiny_package_with,
    tiny_preset,
)

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install muscle-myopathy[learning]")


def drawn_as(one: FeatureInputs, segmentation: Segmentation) -> FeatureInputs:
    return dataclasses.replace(one, readings=(DrawnRegions(segmentation, "R1"),))


def test_the_answer_from_images_is_that_of_the_training_table() -> None:
    made = predict_case(tiny_package(), [examination(3)])
    table = tiny_features()
    expected = predict(tiny_package(), table[table["case"] == "case-03"])
    assert made.answer["p_bright"].tolist() == expected["p_bright"].tolist()
    assert made.answer[["case", "reader", "structure", "side"]].iloc[0].tolist() == [
        "case-03",
        "R1",
        "MUSCLE",
        "both",
    ]
    assert made.answer["warning"].tolist() == [""]
    assert set(made.contributions["feature"]) == set(tiny_package().card.feature_names)


def test_the_embedded_preset_is_the_one_of_the_training() -> None:
    assert package_preset(tiny_package().card).content_hash == tiny_preset().content_hash


def test_other_structures_and_images_of_the_case_do_not_matter() -> None:
    one = examination(3)
    labels = one.readings[0].segmentation.array.copy()
    labels[:, 10:13] = 9
    more = Segmentation.from_array(
        labels, {**one.readings[0].segmentation.structures, 9: Structure.parse("SAT_left")}, one.images["T1w"]
    )
    other = dataclasses.replace(drawn_as(one, more), images={**one.images, "STIR": one.images["water"]})
    assert (
        predict_case(tiny_package(), [other]).answer["p_bright"].tolist()
        == predict_case(tiny_package(), [one]).answer["p_bright"].tolist()
    )


def test_the_whole_muscle_is_made_of_compartments() -> None:
    one = examination(3)
    drawn = one.readings[0].segmentation
    structures = {1: Structure.parse("LEAN_left"), 2: Structure.parse("LEAN_right")}
    made = predict_case(
        tiny_package(), [drawn_as(one, Segmentation.from_array(drawn.array, structures, drawn.image))]
    )
    assert made.answer["problem"].tolist() == [""]
    assert any("made of the compartments" in note for note in made.notes)


def test_where_more_slices_are_drawn_those_of_the_training_are_measured() -> None:
    package = tiny_package_with({"thigh": ["proximal", "middle"]})
    made = predict_case(package, [examination(3)])
    same = predict_case(tiny_package(), [examination(3)], slices=SliceChoice(levels=("proximal", "middle")))
    assert made.features["voxel_count"].tolist() == same.features["voxel_count"].tolist()
    whole = predict_case(tiny_package(), [examination(3)])
    assert (made.features["voxel_count"] < whole.features["voxel_count"]).all()
    assert any("(proximal, middle), as in training" in note for note in made.notes)


def test_a_missing_sequence_is_named_with_those_that_are_there() -> None:
    one = examination(3)
    lacking = dataclasses.replace(one, images={"T1w": one.images["T1w"]})
    with pytest.raises(InputError, match=r"needs thigh water\. The case has: thigh T1w"):
        predict_case(tiny_package(), [lacking])


def test_a_case_of_another_limb_segment_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs thigh T1w, thigh water\. The case has: calf T1w, calf water"):
        predict_case(tiny_package(), [dataclasses.replace(examination(3), region="calf")])


def test_a_segmentation_of_other_structures_is_refused() -> None:
    one = examination(3)
    drawn = one.readings[0].segmentation
    muscles = {1: Structure.parse("RF_left"), 2: Structure.parse("RF_right")}
    other = drawn_as(one, Segmentation.from_array(drawn.array, muscles, drawn.image))
    with pytest.raises(
        InputError, match=r"learned from MUSCLE, and drawn on the thigh are: RF.*Give the whole muscle"
    ):
        predict_case(tiny_package(), [other])


def test_a_package_without_its_preset_says_that_it_classifies_tables() -> None:
    package = tiny_package()
    bare = dataclasses.replace(package.card, preset=dataclasses.replace(package.card.preset, parameters={}))
    with pytest.raises(InputError, match="it can classify tables, not images"):
        predict_case(ModelPackage(bare, package.model), [examination(3)])


def test_a_preset_that_is_not_the_training_features_own_is_refused() -> None:
    package = tiny_package()
    parameters = {**package.card.preset.parameters, "setting": {"binWidth": 99}}
    other = dataclasses.replace(
        package.card, preset=dataclasses.replace(package.card.preset, parameters=parameters)
    )
    with pytest.raises(InputError, match="not the one that made its training features"):
        predict_case(ModelPackage(other, package.model), [examination(3)])


def test_a_structure_that_is_empty_keeps_its_row_with_the_reason() -> None:
    one = examination(3)
    drawn = one.readings[0].segmentation
    empty = Segmentation.from_array(np.zeros_like(drawn.array), drawn.structures, drawn.image)
    made = predict_case(tiny_package(), [drawn_as(one, empty)])
    assert "no value of thigh.T1w" in made.answer["problem"][0]
    assert "no voxel" in made.answer["problem"][0]
    assert made.answer["predicted"].tolist() == [""]
    assert made.contributions.empty
