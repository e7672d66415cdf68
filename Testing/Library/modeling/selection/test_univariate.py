"""U test and Kruskal–Wallis against scipy, one feature at a time; what happens where nothing is significant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from MuscleMyopathyLib.modeling.selection.univariate import SampleSizeCap, UnivariateFilter, class_difference_p


def test_two_classes_are_compared_by_mann_whitney() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 5))
    values[:, 4] = values[:, 4].round()
    outcome = np.repeat(["IMNM", "LGMDR2"], [18, 12])
    expected = [
        stats.mannwhitneyu(column[outcome == "IMNM"], column[outcome == "LGMDR2"]).pvalue for column in values.T
    ]
    np.testing.assert_allclose(class_difference_p(values, outcome), expected, rtol=1e-12)


def test_three_classes_are_compared_by_kruskal_wallis_with_the_correction_for_ties() -> None:
    rng = np.random.default_rng(1)
    values = np.column_stack([rng.normal(size=(40, 4)), rng.integers(0, 3, size=(40, 2))])
    outcome = np.resize(["PM", "DM", "ADM"], 40)
    expected = [
        stats.kruskal(*(column[outcome == name] for name in ("PM", "DM", "ADM"))).pvalue for column in values.T
    ]
    np.testing.assert_allclose(class_difference_p(values, outcome), expected, rtol=1e-10)


def test_a_constant_feature_has_p_1_and_is_not_kept() -> None:
    values = np.column_stack([np.ones(20), np.repeat([0.0, 5.0], 10) + np.arange(20) / 100])
    outcome = np.repeat(["a", "b"], 10)
    assert class_difference_p(values, outcome)[0] == 1.0
    assert UnivariateFilter().fit(values, outcome).get_support().tolist() == [False, True]


def test_where_nothing_is_significant_the_lowest_p_stays_and_the_step_says_so() -> None:
    values = np.random.default_rng(3).normal(size=(20, 4))
    outcome = np.resize(["a", "b"], 20)
    step = UnivariateFilter(p=1e-9, fewest=2).fit(values, outcome)
    p = class_difference_p(values, outcome)
    assert set(np.flatnonzero(step.get_support())) == set(np.argsort(p)[:2])
    assert step.note_ == "0 features reached p < 1e-09; 2 with the lowest p stayed"


@pytest.mark.parametrize(("per_feature", "expected"), [(5, 2), (10, 1), (3, 4)])
def test_the_cap_counts_the_patients_of_the_rarest_class(per_feature: float, expected: int) -> None:
    rng = np.random.default_rng(4)
    outcome = np.repeat(["a", "b"], [30, 12])
    values = rng.normal(size=(42, 8)) + (outcome == "b")[:, None] * np.arange(8)
    kept = SampleSizeCap(per_feature).fit(values, outcome).get_support()
    assert kept.sum() == expected
    best = np.argsort(class_difference_p(values, outcome), kind="stable")[:expected]
    assert kept[best].all()


def test_the_cap_counts_patients_and_not_their_rows() -> None:
    rng = np.random.default_rng(5)
    index = pd.Index(np.repeat(np.arange(20), 4), name="patient")
    table = pd.DataFrame(rng.normal(size=(80, 8)), index=index)
    step = SampleSizeCap(5).fit(table, np.repeat(["a", "b"], 40))
    assert step.get_support().sum() == 2
