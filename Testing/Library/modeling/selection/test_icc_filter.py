"""The ICC filter: the threshold, unknown features, and the reproducibility table that it takes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable, lowest_icc
from MuscleMyopathyLib.modeling.selection.icc_filter import ICCFilter

TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(6, 3)), columns=["mean", "contrast", "busyness"])


def test_features_that_reach_the_threshold_are_kept() -> None:
    step = ICCFilter({"mean": 0.95, "contrast": 0.8, "busyness": 0.79}, 0.8).fit(TABLE, list("ababab"))
    assert step.get_feature_names_out().tolist() == ["mean", "contrast"]
    assert step.note_ == ""


def test_a_feature_without_an_icc_is_not_reliable_and_the_step_says_how_many() -> None:
    step = ICCFilter({"mean": 0.95, "contrast": float("nan")}, 0.8).fit(TABLE, list("ababab"))
    assert step.get_feature_names_out().tolist() == ["mean"]
    assert "2 of 3 features have no ICC" in step.note_


def test_a_table_of_other_features_and_one_without_a_reliable_feature_are_refused() -> None:
    with pytest.raises(InputError, match="has none of the features"):
        ICCFilter({"entropy": 0.9}).fit(TABLE, list("ababab"))
    with pytest.raises(InputError, match=r"No feature reaches an ICC of 0\.8; the highest is 0\.50"):
        ICCFilter({"mean": 0.5}).fit(TABLE, list("ababab"))
    with pytest.raises(InputError, match="by their names"):
        ICCFilter({"mean": 0.9}).fit(TABLE.to_numpy(), list("ababab"))


def test_the_lowest_icc_over_comparisons_counts_under_the_fused_name() -> None:
    icc = pd.DataFrame(
        [
            ("thigh", "T1w", "mean", 0.95),
            ("thigh", "T1w", "mean", 0.70),
            ("thigh", "water", "mean", 0.90),
            ("thigh", "T1w", "contrast", np.nan),
            ("thigh", "T1w", "contrast", 0.99),
        ],
        columns=["region", "sequence", "feature", "icc"],
    )
    found = lowest_icc(icc)
    assert found["thigh.T1w.mean"] == 0.70
    assert found["thigh.water.mean"] == 0.90
    assert np.isnan(found["thigh.T1w.contrast"])
    assert "mean" not in found
    one = lowest_icc(icc[icc["sequence"] == "T1w"])
    assert one["mean"] == 0.70


def test_a_reproducibility_table_is_either_ready_or_made_from_readings() -> None:
    with pytest.raises(InputError, match="either"):
        ReproducibilityTable()
    with pytest.raises(InputError, match="no column icc"):
        lowest_icc(pd.DataFrame({"feature": ["mean"]}))


def test_the_icc_of_some_patients_rests_on_their_readings_alone() -> None:
    readings = pd.DataFrame({"case": ["a", "a", "b", "b"], "mean": [1.0, 1.0, 2.0, 9.0]})

    def spread(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"feature": ["mean"], "icc": [1 - rows.groupby("case")["mean"].std().max()]})

    table = ReproducibilityTable(readings=readings, agreement=spread)
    assert table.for_patients(["a"])["mean"] == 1.0
    assert table.for_patients(["a", "b"])["mean"] < 0
    with pytest.raises(InputError, match="None of the training patients"):
        table.for_patients(["c"])
