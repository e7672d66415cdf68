"""Tests of the ROC curve."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.roc import roc_curve

rng = np.random.default_rng(7)
patients, controls = rng.normal(47.4, 9.0, 40).round(), rng.normal(38.0, 6.0, 30).round()


def test_the_area_is_scikit_learns() -> None:
    labels = np.r_[np.ones(40), np.zeros(30)]
    expected = roc_auc_score(labels, np.r_[patients, controls])
    assert roc_curve(patients, controls).area == pytest.approx(expected, abs=1e-12)


def test_the_interval_covers_the_true_area_in_95_of_100_cohorts() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        curve = roc_curve(rng.normal(1, 1, 40), rng.normal(0, 1, 40))
        # Two normal groups one standard deviation apart: Φ(1/√2).
        covered += curve.area_low <= 0.76025 <= curve.area_high
    assert 0.92 <= covered / 400 <= 0.98


def test_youdens_cut_off_has_the_stated_sensitivity_and_specificity() -> None:
    curve = roc_curve(patients, controls)
    assert curve.sensitivity == (patients > curve.cut_off).mean()
    assert curve.specificity == pytest.approx((controls <= curve.cut_off).mean())
    every = [(patients > c).mean() - (controls > c).mean() for c in np.arange(0, 100, 0.25)]
    assert curve.sensitivity + curve.specificity - 1 == pytest.approx(max(every))


def test_perfect_separation_has_an_interval_below_one() -> None:
    curve = roc_curve([50, 51, 52, 53], [30, 31, 32, 33])
    assert (curve.area, curve.area_high, curve.cut_off) == (1.0, 1.0, 41.5)
    assert curve.area_low < 0.6


def test_missing_values_are_left_out_and_too_few_are_refused() -> None:
    with pytest.raises(InputError, match="there are 2 of patients"):
        roc_curve([50, np.nan, 51], [30, 31, 32])
