"""Tests of the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from MuscleMyopathyLib.modeling.area_under_curve import area_alone, area_interval, placements


def test_the_area_with_ties_is_scikit_learns() -> None:
    rng = np.random.default_rng(3)
    patients, controls = rng.integers(2, 9, 31), rng.integers(0, 7, 44)
    expected = roc_auc_score(np.r_[np.ones(31), np.zeros(44)], np.r_[patients, controls])
    assert placements(patients, controls).area == pytest.approx(expected, abs=1e-12)
    assert area_alone(patients, controls) == pytest.approx(expected, abs=1e-12)


def test_placements_are_the_shares_counted_pair_by_pair() -> None:
    rng = np.random.default_rng(4)
    patients, controls = rng.integers(2, 9, 12).astype(float), rng.integers(0, 7, 9).astype(float)
    wins = (patients[:, None] > controls) + 0.5 * (patients[:, None] == controls)
    placed = placements(patients, controls)
    assert placed.patients == pytest.approx(wins.mean(axis=1), abs=1e-12)
    assert placed.controls == pytest.approx(wins.mean(axis=0), abs=1e-12)


def test_a_perfect_area_is_bounded_by_the_rule_of_three() -> None:
    # 0.05^(1/60) = 0.951: about 1 - 3/60.
    assert area_interval(1.0, 0.0, 60) == (pytest.approx(0.9513, abs=1e-4), 1.0)
    assert area_interval(0.0, 0.0, 60, confidence=0.9)[1] == pytest.approx(1 - 0.1 ** (1 / 60))
