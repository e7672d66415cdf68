"""Tests of the calibration of probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from sklearn.metrics import brier_score_loss
from statsmodels.stats.proportion import proportion_confint

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.calibration import (
    brier_score,
    calibrate,
    calibration_curve,
    repeated_calibration,
)

rng = np.random.default_rng(8)
chance = rng.uniform(0.05, 0.95, 400)
outcome = rng.uniform(size=400) < chance


def test_slope_and_intercept_are_those_of_statsmodels() -> None:
    p = expit(2 * logit(chance) + 0.3)
    slope = sm.GLM(outcome, sm.add_constant(logit(p)), family=sm.families.Binomial()).fit()
    intercept = sm.GLM(outcome, np.ones(400), offset=logit(p), family=sm.families.Binomial()).fit()
    clipped = ((p < 1e-3) | (p > 1 - 1e-3)).sum()
    found = calibrate(outcome, p)
    assert clipped == found.clipped == 0
    assert found.slope == pytest.approx(slope.params[1], abs=1e-8)
    assert (found.slope_low, found.slope_high) == pytest.approx(tuple(slope.conf_int()[1]), abs=1e-6)
    assert found.intercept == pytest.approx(intercept.params[0], abs=1e-8)
    assert (found.intercept_low, found.intercept_high) == pytest.approx(tuple(intercept.conf_int()[0]), abs=1e-6)


def test_true_probabilities_are_calibrated_and_extreme_ones_have_a_slope_below_one() -> None:
    calibrated = calibrate(outcome, chance)
    assert calibrated.slope_low < 1 < calibrated.slope_high
    assert calibrated.intercept_low < 0 < calibrated.intercept_high
    assert calibrate(outcome, expit(3 * logit(chance))).slope_high < 1
    assert calibrate(outcome, expit(logit(chance) + 1)).intercept_high < 0


def test_the_brier_score_is_scikit_learns() -> None:
    found = calibrate(outcome, chance)
    assert found.brier == pytest.approx(brier_score_loss(outcome, chance))
    assert brier_score(outcome, np.c_[1 - chance, chance]) == pytest.approx(brier_score_loss(outcome, chance))
    three = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3]])
    expected = brier_score_loss([0, 2], three, labels=[0, 1, 2], scale_by_half=False)
    assert brier_score([0, 2], three) == pytest.approx(expected)


def test_predicting_the_share_for_everybody_has_a_scaled_brier_score_of_zero() -> None:
    found = calibrate(outcome, np.full(400, outcome.mean()))
    assert found.brier_scaled == pytest.approx(0)
    assert np.isnan(found.slope)
    assert found.intercept == pytest.approx(0, abs=1e-9)


def test_the_calibration_over_repeats_is_the_mean_of_each() -> None:
    repeats = [chance, expit(2 * logit(chance)), expit(0.5 * logit(chance) + 0.4)]
    single = [calibrate(outcome, p) for p in repeats]
    found = repeated_calibration(np.tile(outcome, 3), np.concatenate(repeats), np.repeat([1, 2, 3], 400))
    assert found.slope == pytest.approx(np.mean([one.slope for one in single]))
    assert found.slope_sd == pytest.approx(np.std([one.slope for one in single], ddof=1))
    assert found.intercept == pytest.approx(np.mean([one.intercept for one in single]))
    assert found.undefined == 0
    assert found.curve["patients"].sum() == 1200


def test_the_groups_of_the_curve_hold_equal_numbers_with_wilsons_interval() -> None:
    curve = calibration_curve(outcome, chance, groups=5)
    assert curve["patients"].tolist() == [80] * 5
    lowest = chance <= np.sort(chance)[79]
    first = curve.iloc[0]
    assert first["predicted"] == pytest.approx(chance[lowest].mean())
    assert first["observed"] == pytest.approx(outcome[lowest].mean())
    expected = proportion_confint(outcome[lowest].sum(), 80, method="wilson")
    assert (first["observed_low"], first["observed_high"]) == pytest.approx(expected)


def test_patients_of_equal_probability_stay_in_one_group() -> None:
    p = np.repeat([0.0, 0.2, 1.0], [10, 10, 20])
    curve = calibration_curve(np.tile([0, 1], 20), p, groups=10)
    assert curve["patients"].tolist() == [10, 10, 20]
    assert curve["predicted"].tolist() == pytest.approx([0.0, 0.2, 1.0])


def test_probabilities_of_0_and_1_are_counted_as_clipped() -> None:
    assert calibrate([0, 0, 1, 1, 0, 1], [0, 0.4, 1, 0.3, 0.6, 0.7]).clipped == 2


def test_complete_separation_has_no_slope() -> None:
    assert np.isnan(calibrate([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]).slope)


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        calibrate([0, 1], [0.2, 1.2])
    with pytest.raises(InputError, match="only one of the two"):
        calibrate([1, 1], [0.2, 0.3])
