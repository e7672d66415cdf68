"""Tests of the scanner's own fat-fraction maps."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map

TRUTH_PERCENT = np.random.default_rng(3).uniform(2, 98, (3, 20, 20))


@pytest.mark.parametrize(("factor", "scale"), [(0.01, "0–1"), (1.0, "0–100"), (10.0, "0–1000")])
def test_each_scale_comes_out_in_percent_and_is_said(factor: float, scale: str) -> None:
    percent, note = fat_fraction_from_vendor_map(sitk.GetImageFromArray(TRUTH_PERCENT * factor))
    np.testing.assert_allclose(sitk.GetArrayFromImage(percent), TRUTH_PERCENT)
    assert note.endswith(f"on the scale {scale}.")


def test_a_blank_background_is_no_fat_fraction_of_zero() -> None:
    values = TRUTH_PERCENT.copy()
    values[:, :10] = 0
    percent, _ = fat_fraction_from_vendor_map(sitk.GetImageFromArray(values))
    assert np.isnan(sitk.GetArrayFromImage(percent)[:, :10]).all()


def test_values_that_fit_no_scale_are_refused() -> None:
    with pytest.raises(InputError, match="fits neither"):
        fat_fraction_from_vendor_map(sitk.GetImageFromArray(TRUTH_PERCENT * 40))


def test_an_empty_map_is_refused() -> None:
    with pytest.raises(InputError, match="empty"):
        fat_fraction_from_vendor_map(sitk.GetImageFromArray(np.zeros((2, 4, 4))))
