"""Tests of the corrected t test for repeated cross-validation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.corrected_t import corrected_t_test


def test_a_small_example_equals_the_calculation_by_hand() -> None:
    # Differences 0.1, 0.2, 0.0, 0.1: mean 0.1, variance 0.02 / 3; two-fold, so n_test / n_train = 1.
    found = corrected_t_test([0.8, 0.9, 0.7, 0.8], [0.7, 0.7, 0.7, 0.7], test_share=1.0)
    error = np.sqrt((1 / 4 + 1) * 0.02 / 3)
    assert found.difference == pytest.approx(0.1)
    assert found.standard_error == pytest.approx(error)
    assert found.t == pytest.approx(0.1 / error)
    assert found.p == pytest.approx(2 * stats.t.sf(0.1 / error, 3))
    assert found.low == pytest.approx(0.1 - stats.t.ppf(0.975, 3) * error)


def test_without_the_correction_it_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.7, 0.1, 100), rng.normal(0.68, 0.1, 100)
    plain = stats.ttest_rel(first, second)
    found = corrected_t_test(first, second, test_share=0.0)
    assert (found.t, found.p) == pytest.approx((plain.statistic, plain.pvalue))


def test_it_holds_its_level_where_the_plain_t_test_does_not() -> None:
    # Nadeau & Bengio assume that the splits' differences correlate by n_test / (n_test + n_train), 0.1 in ten-fold
    # cross-validation: differences without a true difference are made so.
    rng = np.random.default_rng(2)
    shared = rng.normal(size=(1000, 1)) * np.sqrt(0.1)
    differences = shared + rng.normal(size=(1000, 100)) * np.sqrt(0.9)
    corrected = np.mean([corrected_t_test(row, np.zeros(100), 1 / 9).p < 0.05 for row in differences])
    plain = np.mean(stats.ttest_1samp(differences, 0, axis=1).pvalue < 0.05)
    assert 0.03 <= corrected <= 0.07
    assert plain > 0.4


def test_equal_scores_do_not_differ_and_missing_ones_are_refused() -> None:
    assert corrected_t_test([0.5, 0.6], [0.5, 0.6], 1 / 9).p == 1.0
    with pytest.raises(InputError, match="there are 2 and 1"):
        corrected_t_test([0.5, 0.6], [0.5, np.nan], 1 / 9)
