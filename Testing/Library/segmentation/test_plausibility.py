"""Tests of the proportion between left and right."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.segmentation.plausibility import out_of_proportion

AREAS = np.array([100, 120, 140, 150, 140, 120])


def test_a_slice_taken_too_far_on_one_side_is_named_with_the_side() -> None:
    right = AREAS.copy()
    right[3] = 200
    (found,) = out_of_proportion(AREAS, right)
    assert (found.index, found.side) == (3, Side.RIGHT)
    assert found.percent == pytest.approx(100 * (200 / 150 - 1))


def test_a_leg_that_is_smaller_throughout_is_in_proportion() -> None:
    assert out_of_proportion(AREAS, AREAS // 2) == []


def test_slices_with_one_leg_only_are_left_out() -> None:
    right = AREAS.copy()
    right[0] = 0
    assert out_of_proportion(AREAS, right) == []


def test_two_slices_are_too_few_to_judge() -> None:
    assert out_of_proportion(AREAS[:2], np.array([100, 300])) == []
