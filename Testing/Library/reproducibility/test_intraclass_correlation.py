"""Tests of the intraclass correlation: published numbers, and an independent implementation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pingouin
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.intraclass_correlation import IccForm, intraclass_correlation

# Shrout & Fleiss, Psychol Bull 1979;86:420, table 2: six targets, four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def of_one(values: npt.ArrayLike, form: IccForm) -> dict[str, float]:
    array = np.asarray(values, dtype=float)[:, :, None]
    return intraclass_correlation(array, ["x"], [form]).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("form", "published"),
    [
        ("ICC(1,1)", 0.17),
        ("ICC(2,1)", 0.29),
        ("ICC(3,1)", 0.71),
        ("ICC(1,k)", 0.44),
        ("ICC(2,k)", 0.62),
        ("ICC(3,k)", 0.91),
    ],
)
def test_shrout_and_fleiss_six_numbers(form: str, published: float) -> None:
    assert round(of_one(JUDGES, IccForm(form))["icc"], 2) == published


def test_many_features_at_once_equal_pingouin_one_by_one() -> None:
    # pingouin is an independent implementation; it rounds its confidence intervals to two decimals.
    rng = np.random.default_rng(7)
    values = (rng.normal(size=(12, 1, 5)) + rng.normal(size=(12, 3, 5)) * 0.7).round(1)  # with ties
    values = np.concatenate([values[:, :, :4], np.round(values[:, :, 4:] * 1e6)], axis=2)
    table = intraclass_correlation(values, [f"f{number}" for number in range(5)])
    for number in range(5):
        long = pd.DataFrame(
            [(i, j, values[i, j, number]) for i in range(12) for j in range(3)],
            columns=["case", "reader", "value"],
        )
        expected = pingouin.intraclass_corr(long, "case", "reader", "value")
        found = table[table["feature"] == f"f{number}"]
        np.testing.assert_allclose(found["icc"], expected["ICC"], rtol=1e-10)
        np.testing.assert_allclose(found["f"], expected["F"], rtol=1e-10)
        np.testing.assert_allclose(found["p"], expected["pval"], rtol=1e-8)
        intervals = np.array(expected["CI95"].tolist())
        np.testing.assert_allclose(found[["ci_low", "ci_high"]], intervals, atol=0.00501)


def test_a_constant_feature_has_no_correlation() -> None:
    values = np.full((10, 2, 2), 0.1)
    values[:, :, 1] = np.arange(10)[:, None]
    table = intraclass_correlation(values, ["constant", "perfect"], [IccForm.AGREEMENT])
    assert np.isnan(table.loc[0, "icc"])
    assert table.loc[0, "problem"] == "constant"
    assert table.loc[1, "icc"] == 1.0
    assert (table.loc[1, "ci_low"], table.loc[1, "ci_high"]) == (1.0, 1.0)


def test_a_constant_difference_counts_for_agreement_and_not_for_consistency() -> None:
    values = np.stack([np.arange(10.0), np.arange(10.0) + 5], axis=1)
    assert of_one(values, IccForm.CONSISTENCY)["icc"] == pytest.approx(1.0)
    assert of_one(values, IccForm.AGREEMENT)["icc"] < 0.5


def test_a_case_with_a_missing_value_is_left_out_for_that_feature_only() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(12, 1, 2)) + rng.normal(size=(12, 2, 2)) * 0.1
    values[3, 1, 0] = np.nan
    table = intraclass_correlation(values, ["a", "b"], [IccForm.AGREEMENT])
    assert table["cases"].tolist() == [11, 12]
    without = np.delete(values, 3, axis=0)[:, :, :1]
    assert table.loc[0, "icc"] == intraclass_correlation(without, ["a"], [IccForm.AGREEMENT]).loc[0, "icc"]


@pytest.mark.parametrize(("finite", "problem"), [(0, "no case"), (1, "only one case")])
def test_a_feature_that_too_few_cases_have_says_so(finite: int, problem: str) -> None:
    values = np.random.default_rng(0).normal(size=(5, 2, 1))
    values[finite:] = np.nan
    (row,) = intraclass_correlation(values, ["a"], [IccForm.AGREEMENT]).itertuples()
    assert np.isnan(row.icc)
    assert row.problem.startswith(problem)


def test_one_reading_is_refused() -> None:
    with pytest.raises(InputError, match="at least two readings"):
        intraclass_correlation(np.zeros((5, 1, 1)), ["a"])


def test_rows_follow_the_order_of_the_features() -> None:
    table = intraclass_correlation(np.random.default_rng(0).normal(size=(5, 2, 3)), ["z", "a", "m"])
    assert table["feature"].tolist() == ["z"] * 6 + ["a"] * 6 + ["m"] * 6
