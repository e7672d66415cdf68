"""Tests of the associations of a cohort table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.association import AssociationParameters, associate
from MuscleMyopathyLib.modeling.group_comparison import compare_groups, compare_pairs
from MuscleMyopathyLib.modeling.rank_correlation import rank_correlation


@pytest.fixture
def cohort() -> pd.DataFrame:
    """Return 20 patients and 15 controls, two structures, both sides; ck grows with T2."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(35):
        sick = number < 20
        base = rng.normal(45 if sick else 34, 5)
        for structure in ("RF", "VL"):
            for side in ("left", "right"):
                t2 = base + rng.normal(2.0 if side == "left" else 0.0, 1.0)
                group = "patient" if sick else "control"
                rows.append((f"P{number}", group, structure, side, t2, base * 20 + rng.normal(0, 50)))
    return pd.DataFrame(rows, columns=["case", "group", "structure", "side", "t2_median_ms", "ck"])


PARAMETERS = AssociationParameters(("t2_median_ms",), group="group", covariates=("ck",))


def test_every_structure_and_side_has_its_row(cohort: pd.DataFrame) -> None:
    found = associate(cohort, PARAMETERS)
    assert len(found.roc) == len(found.groups) == len(found.correlations) == 4
    assert found.sides["structure"].tolist() == ["RF", "VL"]
    assert found.tests == 4 + 4 + 2
    assert (found.roc["area"] > 0.85).all()


def test_a_row_holds_scipys_numbers(cohort: pd.DataFrame) -> None:
    found = associate(cohort, PARAMETERS)
    own = cohort[(cohort["structure"] == "RF") & (cohort["side"] == "left")]
    sick, well = (own[own["group"] == name]["t2_median_ms"] for name in ("patient", "control"))
    assert found.groups.loc[0, "p"] == pytest.approx(stats.mannwhitneyu(sick, well).pvalue)
    assert found.groups.loc[0, "patients_median"] == sick.median()
    correlation = stats.spearmanr(own["t2_median_ms"], own["ck"])
    assert found.correlations.loc[0, "rho"] == pytest.approx(correlation.statistic)
    assert found.correlations.loc[0, "low"] < correlation.statistic < found.correlations.loc[0, "high"]


def test_sides_are_compared_within_the_patients(cohort: pd.DataFrame) -> None:
    rf = associate(cohort, PARAMETERS).sides.iloc[0]
    assert rf["left_count"] == 20
    assert rf["shift"] == pytest.approx(2.0, abs=1.0)
    assert rf["p"] < 0.001


def test_what_cannot_be_compared_keeps_its_row_with_the_reason(cohort: pd.DataFrame) -> None:
    cohort.loc[(cohort["structure"] == "VL") & (cohort["group"] == "control"), "t2_median_ms"] = np.nan
    found = associate(cohort, PARAMETERS)
    vl = found.roc[found.roc["structure"] == "VL"]
    assert vl["area"].isna().all()
    assert vl["problem"].str.contains("0 of controls").all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"measures": ("t9",)}, "no column t9"),
        ({"patients": "IIM"}, "holds no 'IIM'; it holds: patient, control"),
        ({"covariates": ("case",)}, "holds no numbers only"),
    ],
)
def test_what_the_table_lacks_is_named(cohort: pd.DataFrame, change: dict[str, object], match: str) -> None:
    parameters = AssociationParameters(**{"measures": ("t2_median_ms",), "group": "group", **change})
    with pytest.raises(InputError, match=match):
        associate(cohort, parameters)


def test_small_samples_have_an_exact_rank_correlation() -> None:
    # Of the 120 orders of five values only two are perfectly rising or falling.
    assert rank_correlation([1, 2, 3, 4, 5], [2, 4, 6, 8, 10]).p == pytest.approx(2 / 120)


def test_a_constant_column_has_no_rank_correlation() -> None:
    with pytest.raises(InputError, match="constant"):
        rank_correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5])


def test_equal_sides_do_not_differ() -> None:
    assert compare_pairs([1, 2, 3, 4], [1, 2, 3, 4]).p == 1.0


def test_the_shift_between_groups_is_the_median_difference() -> None:
    assert compare_groups([5.0, 6.0, 7.0], [1.0, 2.0, 3.0]).shift == 4.0
