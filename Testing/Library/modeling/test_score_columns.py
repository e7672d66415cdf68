"""Scores of a form become one column for each muscle and side, beside radiomics features."""

from __future__ import annotations

import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.modeling.recipe import read_recipe
from MuscleMyopathyLib.modeling.score_columns import is_score_table, score_columns


def a_score_table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            (case, "A", 1, "mercuri-modified", "thigh", muscle, side, score + number)
            for number, case in enumerate("abcd")
            for muscle, side, score in (("VL", "left", 0.0), ("VL", "right", 1.0), ("RF", "", 2.0))
        ],
        columns=["case", "reader", "session", "scale", "region", "structure", "side", "score"],
    )


def test_each_muscle_and_side_is_a_column_in_the_order_of_the_form() -> None:
    table = a_score_table()
    assert is_score_table(table)
    wide = score_columns(table)
    assert list(wide.columns) == [
        "case", "reader", "session",
        "thigh.mercuri-modified.VL_left", "thigh.mercuri-modified.VL_right", "thigh.mercuri-modified.RF",
    ]  # fmt: skip
    assert wide.iloc[2, 3:].tolist() == [2.0, 3.0, 4.0]


def test_weis_mercuri_model_finds_these_columns() -> None:
    data = read_cohort(score_columns(a_score_table()).assign(group=["x", "y"] * 2), None, "group")
    (thigh,) = (one for one in read_recipe("wei2023").feature_sets if one.name == "Mercuri thigh")
    assert data.with_columns(thigh.columns).features.shape == (4, 3)


def test_what_was_not_assessable_is_missing() -> None:
    table = a_score_table()
    table.loc[0, "score"] = None
    assert score_columns(table)["thigh.mercuri-modified.VL_left"].isna().tolist() == [True, False, False, False]


def test_a_target_scored_twice_and_a_table_without_scores_are_refused() -> None:
    table = a_score_table()
    with pytest.raises(InputError, match="VL_left of a is scored twice"):
        score_columns(pd.concat([table, table.iloc[:1]]))
    with pytest.raises(InputError, match="no score"):
        score_columns(table.assign(score=None))


def test_scores_stand_beside_features_of_the_same_patients_whatever_their_order() -> None:
    features = read_cohort(
        pd.DataFrame({"case": list("dcba"), "t2": [4.0, 3, 2, 1], "g": list("xyxy")}), None, "g"
    )
    scores = read_cohort(score_columns(a_score_table()).assign(g=list("yxyx")), None, "g")
    both = features.beside(scores)
    assert both.features["thigh.mercuri-modified.VL_left"].tolist() == [3.0, 2.0, 1.0, 0.0]
    assert both.features["t2"].tolist() == [4.0, 3.0, 2.0, 1.0]
    with pytest.raises(InputError, match="no row of d"):
        features.beside(scores.subset(scores.patients[scores.patients != "d"].index.to_numpy()))
    with pytest.raises(InputError, match="Both tables have a column t2"):
        features.beside(features)
