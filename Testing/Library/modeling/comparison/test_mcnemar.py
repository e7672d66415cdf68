"""Tests of McNemar's test."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.mcnemar import mcnemar, mcnemar_of_counts


def test_the_worked_example_of_fagerland_gives_the_published_p_values() -> None:
    # Airway hyper-responsiveness before and after stem cell transplantation in 21 children, Fagerland et al. 2013.
    found = mcnemar_of_counts(both_right=1, only_first=1, only_second=7, both_wrong=12)
    assert round(found.mid_p, 3) == 0.039
    assert round(found.exact_p, 3) == 0.070
    assert round(found.asymptotic_p, 3) == 0.034
    assert round(found.corrected_p, 3) == 0.077


@pytest.mark.parametrize(("only_first", "only_second"), [(16, 6), (0, 5), (9, 9), (30, 12)])
def test_exact_and_corrected_p_are_those_of_statsmodels(only_first: int, only_second: int) -> None:
    table = [[40, only_first], [only_second, 8]]
    found = mcnemar_of_counts(40, only_first, only_second, 8)
    exact = statsmodels_mcnemar(table, exact=True)
    plain = statsmodels_mcnemar(table, exact=False, correction=False)
    assert found.exact_p == pytest.approx(exact.pvalue)
    assert (found.statistic, found.asymptotic_p) == pytest.approx((plain.statistic, plain.pvalue))
    if only_first != only_second:
        # statsmodels lets the corrected difference of equal counts be -1, and squares it.
        corrected = statsmodels_mcnemar(table, exact=False, correction=True)
        assert (found.corrected_statistic, found.corrected_p) == pytest.approx(
            (corrected.statistic, corrected.pvalue)
        )


def test_columns_of_predictions_are_counted_into_the_fourfold_table() -> None:
    outcome = ["PM", "PM", "DM", "DM", "ADM", "ADM"]
    first = ["PM", "DM", "DM", "DM", "PM", "ADM"]
    second = ["PM", "PM", "DM", "PM", "PM", "DM"]
    found = mcnemar(outcome, first, second)
    assert (found.both_right, found.only_first, found.only_second, found.both_wrong) == (2, 2, 1, 1)
    assert found.difference == pytest.approx(1 / 6)


def test_the_accuracies_published_by_cnn_pm_cannot_give_its_p_by_this_test() -> None:
    # 43 of 46 against 31 of 46 (seed 004, P = .035): the second can be right alone in 0 to 3 of the patients.
    possible = [mcnemar_of_counts(31 - alone, 12 + alone, alone, 3 - alone) for alone in range(4)]
    assert max(found.exact_p for found in possible) < 0.01


def test_the_interval_of_the_difference_covers_in_95_of_100_cohorts() -> None:
    rng = np.random.default_rng(2)
    truth = 0.15
    counts = rng.multinomial(46, [0.6, 0.25, 0.10, 0.05], size=2000)
    found = [mcnemar_of_counts(*map(int, row)) for row in counts]
    assert 0.93 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98


def test_classifiers_that_never_disagree_do_not_differ() -> None:
    found = mcnemar_of_counts(40, 0, 0, 6)
    assert (found.exact_p, found.mid_p, found.corrected_p) == (1.0, 1.0, 1.0)
    assert np.isnan(found.statistic)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="there are 3, 3 and 2"):
        mcnemar([0, 1, 1], [0, 1, 1], [0, 1])
