"""Tests of groups of cases and of the heat map."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_agreement import Rater
from MuscleMyopathyLib.reproducibility.form_groups import compare_groups, heat_map, holm

R1 = Rater("R1", 1)


def table_of(scores: dict[str, dict[tuple[str, str], float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {"case": case, "reader": "R1", "session": 1, "structure": structure, "side": side, "score": score}
        for case, of_case in scores.items()
        for (structure, side), score in of_case.items()
    )


def random_scores(seed: int = 1) -> tuple[pd.DataFrame, dict[str, str]]:
    rng = np.random.default_rng(seed)
    groups = {f"P-{case}": ("LGMDR2" if case < 12 else "IMNM") for case in range(30)}
    scores = {
        case: {
            (muscle, side): float(rng.integers(0, 4) + (group == "LGMDR2") * shift)
            for muscle, shift in (("SM", 1), ("GR", 0), ("RF", 0.5))
            for side in ("left", "right")
        }
        for case, group in groups.items()
    }
    return table_of(scores), groups


def test_holms_correction_equals_statsmodels() -> None:
    p_values = np.random.default_rng(0).uniform(0, 0.3, 17)
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_holms_correction_passes_over_tests_that_were_not_done() -> None:
    assert holm(np.array([0.01, np.nan, 0.04])).tolist() == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)


def test_each_muscle_is_compared_by_the_mean_of_its_sides() -> None:
    scores, groups = random_scores()
    table = compare_groups(scores, groups, R1).set_index("structure")
    means = scores.groupby(["structure", "case"])["score"].mean().unstack()
    dystrophy, myositis = (means[[c for c, g in groups.items() if g == name]] for name in ("LGMDR2", "IMNM"))
    for muscle in ("SM", "GR", "RF"):
        row = table.loc[muscle]
        one, other = dystrophy.loc[muscle], myositis.loc[muscle]
        expected = stats.mannwhitneyu(one, other, method="asymptotic", use_continuity=False)
        assert (row["u"], row["p"]) == (expected.statistic, expected.pvalue)
        assert (row["first_n"], row["second_n"]) == (12, 18)
        assert row["first_mean"] == pytest.approx(one.mean())
        assert row["second_sd"] == pytest.approx(other.std())
    assert table["p_holm"].to_numpy() == pytest.approx(multipletests(table["p"], method="holm")[1])


def test_two_groups_of_three_each_give_the_u_found_by_hand() -> None:
    scores = table_of({f"P-{n}": {("RF", "left"): float(n)} for n in range(6)})
    groups = {f"P-{n}": "low" if n < 3 else "high" for n in range(6)}
    (row,) = compare_groups(scores, groups, R1).to_dict("records")
    # Every score of the first group is below every score of the second: U = 0; z = -4.5 / sqrt(3·3·7/12).
    assert row["u"] == 0
    assert row["p"] == pytest.approx(2 * stats.norm.sf(4.5 / np.sqrt(5.25)))


def test_a_muscle_that_is_alike_in_all_cases_says_so_instead_of_a_p_value() -> None:
    scores = table_of({f"P-{n}": {("RF", "left"): 0.0, ("VL", "left"): float(n)} for n in range(4)})
    table = compare_groups(scores, {"P-0": "A", "P-1": "A", "P-2": "B", "P-3": "B"}, R1).set_index("structure")
    assert table.loc["RF", "problem"] == "every case has the same score"
    assert np.isnan(table.loc["RF", "p_holm"])
    assert table.loc["VL", "p_holm"] == table.loc["VL", "p"]


def test_three_diagnoses_are_compared_in_pairs() -> None:
    scores, groups = random_scores()
    three = {**groups, "P-0": "DM", "P-1": "DM"}
    table = compare_groups(scores, three, R1)
    assert len(table) == 3 * 3


def test_one_diagnosis_is_no_comparison() -> None:
    scores, groups = random_scores()
    with pytest.raises(InputError, match="at least two diagnoses"):
        compare_groups(scores, dict.fromkeys(groups, "IMNM"), R1)


def test_the_heat_map_is_ordered_by_diagnosis_and_within_it_by_falling_total() -> None:
    scores = table_of(
        {
            case: {("RF", "left"): score, ("RF", "right"): score, ("SM", "left"): score}
            for case, score in (("P-1", 1.0), ("P-2", 4.0), ("P-3", 2.0), ("P-4", 3.0), ("P-5", 4.0))
        }
    )
    heat = heat_map(scores, {"P-1": "A", "P-2": "B", "P-3": "A", "P-4": "B"}, R1)
    assert heat.scores.columns.tolist() == ["P-3", "P-1", "P-2", "P-4", "P-5"]
    assert heat.diagnoses == ("A", "A", "B", "B", "")
    assert heat.scores.index.tolist() == [("RF", "left"), ("RF", "right"), ("SM", "left")]
    assert heat.scores.loc[("SM", "left"), "P-4"] == 3.0
