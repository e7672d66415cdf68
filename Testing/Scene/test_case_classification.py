"""A model's answer lies in the folder of its case, and only that case's rows are read back."""

from __future__ import annotations

from typing import Any

import pandas as pd

from MuscleMyopathyLib.scene.case_classification import case_classification, put_classification


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
