"""Tests of Cohen's kappa."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.kappa import Weights, cohens_kappa, cross_table, kappa_of_table

PUBLISHED = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])


def test_the_published_tables_kappas() -> None:
    assert round(kappa_of_table(PUBLISHED).kappa, 4) == 0.4842
    assert round(kappa_of_table(PUBLISHED, Weights.LINEAR).kappa, 4) == 0.4701


@pytest.mark.parametrize("weights", list(Weights))
def test_kappa_and_its_standard_error_equal_statsmodels_on_random_tables(weights: Weights) -> None:
    rng = np.random.default_rng(1)
    for levels in (2, 3, 5):
        table = rng.integers(0, 12, (levels, levels))
        expected = inter_rater.cohens_kappa(table, wt=None if weights is Weights.UNWEIGHTED else str(weights))
        found = kappa_of_table(table, weights)
        assert found.kappa == pytest.approx(expected.kappa, abs=1e-12)
        assert found.standard_error == pytest.approx(expected.std_kappa, abs=1e-12)
        if expected.kappa_low > -1 and expected.kappa_upp < 1:
            assert (found.ci_low, found.ci_high) == pytest.approx(
                (expected.kappa_low, expected.kappa_upp), abs=1e-9
            )


@pytest.mark.parametrize("weights", list(Weights))
def test_kappa_of_scores_equals_scikit_learn(weights: Weights) -> None:
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 5, (2, 60)).tolist()
    expected = cohen_kappa_score(first, second, weights=None if weights is Weights.UNWEIGHTED else str(weights))
    assert cohens_kappa(first, second, range(5), weights).kappa == pytest.approx(expected, abs=1e-12)


def test_perfect_agreement_is_one_and_reversed_order_is_negative() -> None:
    levels = [0, 1, 2, 3, 4]
    scores = [0, 1, 2, 3, 4, 2, 1]
    assert cohens_kappa(scores, scores, levels, Weights.LINEAR).kappa == 1.0
    assert cohens_kappa(scores, [4 - s for s in scores], levels, Weights.QUADRATIC).kappa < 0


def test_a_score_not_given_leaves_the_target_out() -> None:
    with_gap = cohens_kappa([0, 1, None, 2], [0, 1, 1, 1], [0, 1, 2])
    assert with_gap.count == 3
    assert with_gap.agreement == pytest.approx(2 / 3)


def test_one_level_throughout_has_no_kappa_but_its_agreement() -> None:
    kappa = cohens_kappa([1, 1, 1], [1, 1, 1], [0, 1])
    assert np.isnan(kappa.kappa)
    assert kappa.agreement == 1.0
    assert "same level" in kappa.problem


def test_levels_that_nobody_used_count_for_the_weights() -> None:
    first, second = [0, 1, 2, 2], [0, 2, 2, 1]
    few = cohens_kappa(first, second, [0, 1, 2], Weights.LINEAR)
    many = cohens_kappa(first, second, [0, 1, 2, 3, 4], Weights.LINEAR)
    assert few.kappa == pytest.approx(many.kappa)  # linear weights are proportional to the distance


def test_cross_table_counts_pairs() -> None:
    np.testing.assert_array_equal(cross_table(["a", "b"], ["b", "b"], ["a", "b"]), [[0, 1], [0, 1]])


def test_a_score_outside_the_scale_is_refused() -> None:
    with pytest.raises(InputError, match="'2a' is not on the scale: 0, 1"):
        cross_table([0, "2a"], [0, 1], [0, 1])


def test_different_numbers_of_scores_are_refused() -> None:
    with pytest.raises(InputError, match="3 and 2"):
        cross_table([0, 0, 0], [0, 0], [0])
