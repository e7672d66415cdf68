"""A model's answer lies in the folder of its case, and only that case's rows are read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.scene import console
from MuscleMyopathyLib.scene.case_classification import case_classification, put_classification
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.volumes import volume_node_from_image

NOTICE = "For research. Not a medical device. Trained on simulated data."


def tables(*cases: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    answer = pd.DataFrame({"case": list(cases), "predicted": "PM", "p_PM": 0.7, "p_DM": 0.3})
    shares = pd.DataFrame({"case": list(cases), "class": "PM", "feature": "t2_ms", "contribution": 0.4})
    return answer, shares


def test_a_case_without_an_answer_has_none(scene: Any) -> None:
    assert case_classification("P-1") is None


def test_an_answer_is_read_back_and_replaced_in_the_same_table(scene: Any) -> None:
    node = put_classification("P-1", *tables("P-1"), "Not a medical device.")
    assert put_classification("P-1", *tables("P-1"), "Not a medical device.") is node
    assert node.GetDescription() == "Not a medical device."
    found = case_classification("P-1")
    assert found is not None
    answer, shares = found
    assert answer["p_PM"].tolist() == [0.7]
    assert shares["contribution"].tolist() == [0.4]


def test_rows_of_other_cases_stay_out_of_the_report_of_this_one(scene: Any) -> None:
    put_classification("P-1", *tables("P-1", "P-2"), "")
    found = case_classification("P-1")
    assert found is not None
    assert found[0]["case"].tolist() == ["P-1"]
    put_classification("P-3", *tables("P-1", "P-2"), "")
    assert case_classification("P-3") is None


def test_the_report_of_a_classified_case_shows_the_answer_with_its_notice(scene: Any, tmp_path: Path) -> None:
    few = Protocol(columns=160, rows=112, pixel_mm=(2.375, 2.036), thickness_mm=6, spacing_mm=24, slices=3)
    series, limb = phantom_series(LimbParameters(protocol=few), (WaterFat(),))
    volumes = [volume_node_from_image(one.image, one.role.value, role=one.role) for one in series]
    console.run_case(
        "P-1", "thigh", volumes, segmentation_node_from(limb.muscles, "muscles", volumes[0]), phantom=True
    )
    before = console.write_case_report("P-1", tmp_path / "before.html").read_text("utf-8")
    assert 'id="classification"' not in before
    answer, shares = tables("P-1")
    told = {"not_excluded": "PM", "warning": "never seen: t2_ms = 80 (training 30 to 60)", "problem": ""}
    answer = answer.assign(**told, model="demo 1.0", validated="AUC 0.90, nested, simulated cases", notice=NOTICE)
    put_classification("P-1", answer, shares.assign(value=80.0, training_mean=41.0, unit="log odds"), NOTICE)
    load_scene(save_scene(tmp_path / "case.mrb"))
    page = console.write_case_report("P-1", tmp_path / "after.html").read_text("utf-8")
    section = page[page.index('id="classification"') : page.index('id="problems"')]
    for words in (NOTICE, "70 %", "excluded", "demo 1.0", "never seen: t2_ms", "+0.40"):
        assert words in section, words
