"""Tests of Bland–Altman analysis."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.bland_altman import bland_altman

# Bland & Altman, Lancet 1986;1:307, table: peak expiratory flow of 17 people, large and mini Wright meter.
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_bland_and_altmans_peak_flow_example() -> None:
    result = bland_altman(LARGE, MINI)
    assert result.bias == pytest.approx(-2.1, abs=0.05)
    assert result.sd == pytest.approx(38.8, abs=0.05)
    # The paper takes 2 SD for the limits (-79.7 and 75.5); 1.96 SD gives these.
    assert result.lower_limit == pytest.approx(-2.118 - 1.96 * 38.77, abs=0.05)
    assert result.upper_limit == pytest.approx(-2.118 + 1.96 * 38.77, abs=0.05)
    # The paper: 95 % interval of the bias -22.0 to 17.8.
    assert result.bias_ci == pytest.approx((-22.0, 17.8), abs=0.1)


def test_pairs_with_a_missing_value_are_left_out() -> None:
    assert bland_altman([*LARGE, np.nan], [*MINI, 400]).bias == bland_altman(LARGE, MINI).bias


@pytest.mark.parametrize(("first", "second"), [([1.0], [2.0]), ([1.0, 2.0], [1.0])])
def test_too_few_or_unequal_values_are_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(InputError):
        bland_altman(first, second)
