"""Tests of two-point Dixon by magnitude."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.qmri.dixon_two_point import two_point_magnitude


@pytest.mark.parametrize(("water", "fat"), [(80.0, 20.0), (20.0, 80.0)])
def test_the_larger_and_the_smaller_part_come_back_and_which_is_fat_does_not(water: float, fat: float) -> None:
    in_phase, opposed = (sitk.GetImageFromArray(np.full((2, 4, 4), v)) for v in (water + fat, abs(water - fat)))
    larger, smaller, note = two_point_magnitude(in_phase, opposed)
    assert (sitk.GetArrayFromImage(larger) == 80).all()
    assert (sitk.GetArrayFromImage(smaller) == 20).all()
    assert "above 50 % show as 100 % minus" in note


def test_exchanged_images_are_refused() -> None:
    in_phase, opposed = (sitk.GetImageFromArray(np.full((2, 4, 4), value)) for value in (100.0, 60.0))
    with pytest.raises(InputError, match=r"Were the two exchanged\?"):
        two_point_magnitude(opposed, in_phase)
