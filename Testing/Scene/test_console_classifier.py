"""Classifiers on nodes answer as the library does on images and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.archive import load_model, save_model
from MuscleMyopathyLib.radiomics.feature_table import fused_table
from MuscleMyopathyLib.scene.console_classifier import classify, classify_table, train
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import volume_node_from_image
from Testing.Library.study.tiny_model import (
    PATIENTS,
    examination,
    thigh_and_calf_package,
    tiny_features,
    tiny_package,
    tiny_preset,
    tiny_recipe,
)

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")
pytest.importorskip("skops", reason="needs skops: pip install muscle-myopathy[learning]")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    package = tiny_package()
    save_model(package.model, package.card, tmp_path / "tiny.mmyo")
    return tmp_path / "tiny.mmyo"


def nodes_of(number: int, region: str = "thigh") -> tuple[list[Any], Any]:
    """Return volume nodes of a case, one more than the model needs, and the segmentation node of its muscle."""
    one = examination(number, region)
    volumes = [volume_node_from_image(image, name, role=Role(name)) for name, image in one.images.items()]
    volumes.append(volume_node_from_image(one.images["water"], "STIR", role=Role.STIR))
    return volumes, segmentation_node_from(one.readings[0].segmentation, "whole muscle", volumes[0])


def test_a_model_of_thigh_and_calf_gets_the_volumes_of_both(scene: Any) -> None:
    package = thigh_and_calf_package()
    volumes, muscle = nodes_of(3)
    options: dict[str, Any] = {"region": "thigh", "case": "case-03", "reader": "R1"}
    with pytest.raises(InputError, match="needs calf T1w, calf water"):
        classify(package, volumes, muscle, **options)
    nodes = classify(package, volumes, muscle, others={"calf": nodes_of(3, "calf")}, **options)
    found = dataframe_from_table_node(nodes["answer"])
    table = tiny_features("thigh", "calf")
    expected = predict(package, table[table["case"] == "case-03"])
    assert found["p_bright"].tolist() == expected["p_bright"].tolist()


def fused_features() -> pd.DataFrame:
    return fused_table(tiny_features()).drop(columns="problem")


def test_a_case_in_the_scene_gets_the_librarys_answer(scene: Any, model: Path) -> None:
    volumes, muscle = nodes_of(3)
    nodes = classify(model, volumes, muscle, region="thigh", case="case-03", reader="R1", phantom=True)
    found = dataframe_from_table_node(nodes["answer"])
    table = tiny_features()
    expected = predict(tiny_package(), table[table["case"] == "case-03"])
    assert found["p_bright"].tolist() == expected["p_bright"].tolist()
    assert found["predicted"].tolist() == expected["predicted"].tolist()
    assert "Not a medical device" in nodes["answer"].GetDescription()
    assert "Trained on simulated data" in nodes["answer"].GetDescription()
    shares = dataframe_from_table_node(nodes["contributions"])
    assert set(shares["feature"]) == set(tiny_package().card.feature_names)
    assert set(dataframe_from_table_node(nodes["features"])["sequence"]) == {"T1w", "water"}


def test_a_repeat_fills_the_same_tables(scene: Any, model: Path) -> None:
    volumes, muscle = nodes_of(3)
    nodes = classify(model, volumes, muscle, region="thigh")
    count = scene.GetNumberOfNodesByClass("vtkMRMLTableNode")
    again = classify(model, volumes, muscle, region="thigh", output_nodes=nodes)
    assert scene.GetNumberOfNodesByClass("vtkMRMLTableNode") == count
    assert {name: node.GetID() for name, node in again.items()} == {
        name: node.GetID() for name, node in nodes.items()
    }


def test_a_case_without_the_models_sequence_is_refused(scene: Any, model: Path) -> None:
    volumes, muscle = nodes_of(3)
    with pytest.raises(InputError, match=r"needs thigh water\. The case has: thigh T1w"):
        classify(model, volumes[:1], muscle, region="thigh")
    with pytest.raises(InputError, match="No volume is chosen"):
        classify(model, [], muscle, region="thigh")


def test_a_table_node_is_classified_and_one_of_another_preset_refused(scene: Any, model: Path) -> None:
    node = table_node_from_dataframe(fused_features(), "features")
    own = tiny_preset().content_hash
    found = dataframe_from_table_node(classify_table(model, node, preset_sha256=own)["answer"])
    assert found["p_bright"].tolist() == predict(tiny_package(), fused_features())["p_bright"].tolist()
    with pytest.raises(InputError, match="another preset"):
        classify_table(model, node, preset_sha256="cd" * 32)


def test_a_model_trained_on_a_table_node_classifies_the_scenes_case(scene: Any, tmp_path: Path) -> None:
    groups = ["bright" if number % 2 else "dark" for number in range(PATIENTS)]
    table = table_node_from_dataframe(fused_features().assign(group=groups), "cohort")
    preset = tiny_preset()
    made_with = {
        "preset": preset.name,
        "preset_sha256": preset.content_hash,
        "parameters": preset.to_mapping(),
        "phantom": True,
    }
    path = tmp_path / "own.mmyo"
    figures = train(table, "group", tiny_recipe(), "LR", "own", path, preset=made_with)
    found = dataframe_from_table_node(figures)
    assert set(found["mode"]) == {"paper", "nested"}
    assert "Trained on simulated data" in figures.GetDescription()
    assert load_model(path).card.name == "own"
    volumes, muscle = nodes_of(3)
    answer = dataframe_from_table_node(classify(path, volumes, muscle, region="thigh")["answer"])
    assert answer["problem"].tolist() == [""]


def test_an_unknown_model_is_refused_with_the_shipped_ones(scene: Any) -> None:
    volumes, muscle = nodes_of(3)
    with pytest.raises(InputError, match="demonstration-lgmdr2-imnm"):
        classify("absent.mmyo", volumes, muscle, region="thigh")
