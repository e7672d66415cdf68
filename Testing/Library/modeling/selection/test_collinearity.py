"""The collinearity rule, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.selection.collinearity import (
    CollinearityFilter,
    absolute_correlation,
    uncorrelated,
)

# Four features a, b, c, d. Mean |r| with the three others:
#   a: (0.80 + 0.10 + 0.20) / 3 = 0.3667    b: (0.80 + 0.75 + 0.30) / 3 = 0.6167
#   c: (0.10 + 0.75 + 0.60) / 3 = 0.4833    d: (0.20 + 0.30 + 0.60) / 3 = 0.3667
# Pairs at 0.7 or above, by falling |r|: a-b 0.80, b-c 0.75.
# a-b: b is the more collinear one and goes. b-c: b is gone, so c stays.
BY_HAND = np.array(
    [
        [1.00, 0.80, 0.10, 0.20],
        [0.80, 1.00, 0.75, 0.30],
        [0.10, 0.75, 1.00, 0.60],
        [0.20, 0.30, 0.60, 1.00],
    ]
)


def test_of_a_pair_the_feature_less_collinear_with_all_others_stays() -> None:
    assert uncorrelated(BY_HAND, 0.7).tolist() == [True, False, True, True]


def test_at_a_lower_threshold_the_next_pair_loses_its_more_collinear_one_too() -> None:
    # c-d 0.60 now counts: c (0.4833) goes, d (0.3667) stays.
    assert uncorrelated(BY_HAND, 0.6).tolist() == [True, False, False, True]


def test_the_threshold_itself_is_too_alike_for_nagawa_and_not_for_wei() -> None:
    pair = np.array([[1.0, 0.7, 0.0], [0.7, 1.0, 0.1], [0.0, 0.1, 1.0]])
    assert uncorrelated(pair, 0.7, inclusive=True).tolist() == [True, False, True]
    assert uncorrelated(pair, 0.7, inclusive=False).tolist() == [True, True, True]


def test_a_feature_and_its_multiple_leave_one_whatever_the_rounding() -> None:
    x = np.random.default_rng(0).normal(size=30)
    values = np.column_stack([x, -3.3 * x, np.random.default_rng(1).normal(size=30)])
    kept = CollinearityFilter(threshold=1.0).fit(values, np.resize(["a", "b"], 30)).get_support()
    assert kept.tolist() == [True, False, True]


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_the_correlations_are_those_of_pandas(method: str) -> None:
    values = np.random.default_rng(2).normal(size=(25, 6)).round(1)
    expected = pd.DataFrame(values).corr(method=method).abs().to_numpy()
    np.testing.assert_allclose(absolute_correlation(values, method), expected, atol=1e-12)


def test_spearman_sees_a_monotonic_relation_that_pearson_does_not() -> None:
    x = np.linspace(0, 8, 40)
    values = np.column_stack([x, np.exp(x)])
    outcome = np.resize(["a", "b"], 40)
    assert CollinearityFilter("spearman", 0.9).fit(values, outcome).get_support().sum() == 1
    assert CollinearityFilter("pearson", 0.9).fit(values, outcome).get_support().sum() == 2


def test_a_constant_column_is_alike_to_nothing() -> None:
    values = np.column_stack([np.ones(20), np.arange(20.0), np.arange(20.0)])
    kept = CollinearityFilter().fit(values, np.resize(["a", "b"], 20)).get_support()
    assert kept.tolist() == [True, True, False]
