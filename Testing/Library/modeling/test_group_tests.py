"""Tests of the tests of a group table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway

from MuscleMyopathyLib.modeling.group_tests import (
    compare_counts,
    compare_means,
    compare_ranks,
    holm,
    looks_normal,
)

rng = np.random.default_rng(12)
AGES = [rng.normal(34, 11, 30), rng.normal(49, 17, 45), rng.normal(44, 9, 12)]


def test_two_means_are_compared_by_welchs_t_test() -> None:
    found = compare_means(AGES[:2])
    assert found.name == "Welch's t test"
    assert found.p == pytest.approx(stats.ttest_ind(AGES[0], AGES[1], equal_var=False).pvalue)


def test_three_means_are_compared_by_welchs_analysis_of_variance() -> None:
    found = compare_means(AGES)
    assert found.name == "Welch's ANOVA"
    expected = anova_oneway(AGES, use_var="unequal", welch_correction=True)
    assert found.p == pytest.approx(expected.pvalue)


def test_ranks_are_compared_by_mann_whitney_or_kruskal_wallis() -> None:
    two, three = compare_ranks(AGES[:2]), compare_ranks(AGES)
    assert (two.name, two.p) == ("Mann–Whitney", pytest.approx(stats.mannwhitneyu(AGES[0], AGES[1]).pvalue))
    assert (three.name, three.p) == ("Kruskal–Wallis", pytest.approx(stats.kruskal(*AGES).pvalue))


def test_a_fourfold_table_with_small_expected_counts_is_compared_exactly() -> None:
    # Fisher's tea-tasting lady: p = 0.486 (Fisher, The Design of Experiments, 1935, two-sided).
    found = compare_counts([[3, 1], [1, 3]])
    assert (found.name, round(found.p, 3)) == ("Fisher's exact", 0.486)


def test_the_sexes_of_wei_have_the_published_p() -> None:
    # 12 of 30 and 28 of 45 women; printed is 0.059 (seed 001, section 3.1).
    found = compare_counts([[12, 28], [18, 17]])
    assert (found.name, round(found.p, 3)) == ("χ²", 0.059)


def test_a_larger_table_with_small_expected_counts_has_the_p_of_freeman_halton() -> None:
    counts = np.array([[3, 0, 1], [1, 4, 0], [0, 1, 3]])
    expected = _freeman_halton_by_enumeration(counts)
    found = compare_counts(counts)
    assert found.name == "Fisher–Freeman–Halton"
    assert found.p == pytest.approx(expected, abs=0.006)


def _freeman_halton_by_enumeration(counts: np.ndarray) -> float:
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    distribution = stats.random_table(rows, columns)
    observed = distribution.pmf(counts)
    total = 0.0
    for a in np.ndindex(*(np.minimum(rows[0], columns[:2]) + 1)):
        for b in np.ndindex(*(np.minimum(rows[1], columns[:2]) + 1)):
            top = [*a, rows[0] - sum(a)]
            middle = [*b, rows[1] - sum(b)]
            table = np.array([top, middle, columns - top - middle])
            if table.min() >= 0:
                likelihood = distribution.pmf(table)
                total += likelihood if likelihood <= observed * (1 + 1e-9) else 0
    return total


def test_empty_categories_and_groups_do_not_count() -> None:
    assert compare_counts([[12, 28, 0], [18, 17, 0], [0, 0, 0]]) == compare_counts([[12, 28], [18, 17]])
    assert compare_counts([[12, 28]]).p == 1.0


def test_what_cannot_be_tested_says_why() -> None:
    assert compare_means([np.array([1.0]), np.array([2.0, 3.0])]).problem == "a group has fewer than two values"
    assert compare_means([np.ones(4), np.array([2.0, 3.0])]).problem == "a group has no variance"
    assert compare_ranks([np.array([]), np.array([2.0])]).problem == "a group has no values"
    assert compare_counts([[3, 0], [2, 0]]).problem == "fewer than two groups have values"


def test_a_skewed_group_does_not_look_normal() -> None:
    assert looks_normal(AGES[:2])
    assert not looks_normal([AGES[0], rng.lognormal(7, 1, 40)])
    assert not looks_normal([AGES[0], np.array([1.0, 2.0])])


def test_holms_adjustment_is_that_of_statsmodels() -> None:
    p = rng.uniform(0, 0.2, 12)
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    with_missing = holm([*p[:6], np.nan, *p[6:]])
    assert np.delete(with_missing, 6) == pytest.approx(holm(p))
    assert np.isnan(with_missing[6])
