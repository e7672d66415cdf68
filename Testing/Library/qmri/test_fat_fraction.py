"""Tests of the fat fraction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction


def image_of(array: npt.NDArray[np.generic], spacing: tuple[float, float, float] = (1.0, 1.0, 5.0)) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    return image


def limb(seed: int = 0, noise: float = 5.0) -> tuple[sitk.Image, sitk.Image, npt.NDArray[np.bool_]]:
    """Return water and fat of a disc (30 % fat, signal 1000) in Rayleigh noise, and where the disc is."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:128, :128]
    disc = np.broadcast_to((rows - 64) ** 2 + (columns - 64) ** 2 < 30**2, (3, 128, 128))
    w, f = (np.where(disc, level, 0.0) + rng.rayleigh(noise, disc.shape) for level in (700.0, 300.0))
    return image_of(w), image_of(f), disc


def test_the_fat_fraction_is_fat_over_fat_plus_water_in_percent() -> None:
    water, fat = image_of(np.full((2, 8, 8), 75.0)), image_of(np.full((2, 8, 8), 25.0))
    percent = sitk.GetArrayFromImage(fat_fraction(water, fat, FatFractionParameters(noise_factor=0)).percent)
    np.testing.assert_array_equal(percent, 25.0)


def test_integers_do_not_overflow() -> None:
    water = image_of(np.full((2, 8, 8), 30000, dtype=np.int16))
    percent = sitk.GetArrayFromImage(fat_fraction(water, water, FatFractionParameters(noise_factor=0)).percent)
    np.testing.assert_array_equal(percent, 50.0)


def test_air_is_masked_and_the_limb_is_not() -> None:
    water, fat, disc = limb()
    measured = np.isfinite(sitk.GetArrayFromImage(fat_fraction(water, fat).percent))
    assert measured[disc].all()
    assert measured[~disc].mean() < 0.02


def test_a_blanked_background_is_no_signal_and_sets_no_threshold() -> None:
    water, fat, disc = limb()
    blank = sitk.GetImageFromArray(disc.astype(np.uint8))
    blank.CopyInformation(water)
    result = fat_fraction(sitk.Mask(water, blank), sitk.Mask(fat, blank))
    assert result.noise_threshold == 0
    np.testing.assert_array_equal(np.isfinite(sitk.GetArrayFromImage(result.percent)), disc)


def test_negative_voxels_are_kept_and_said() -> None:
    water, fat = image_of(np.full((2, 8, 8), 110.0)), image_of(np.full((2, 8, 8), -10.0))
    result = fat_fraction(water, fat, FatFractionParameters(noise_factor=0))
    np.testing.assert_allclose(sitk.GetArrayFromImage(result.percent), -10.0)
    assert "128 voxels with signal are negative in the fat image" in result.problems[0]


def test_nan_voxels_are_left_out_and_counted() -> None:
    water, fat, _ = limb()
    array = sitk.GetArrayFromImage(water)
    array[1, 64, 60:64] = np.nan
    result = fat_fraction(image_of(array), fat)
    assert np.isnan(sitk.GetArrayFromImage(result.percent)[1, 64, 60:64]).all()
    assert result.problems[0].startswith("4 voxels of the water image are no numbers")


def test_water_and_fat_of_different_grids_are_refused_with_both_shown() -> None:
    water, fat = image_of(np.ones((2, 8, 8))), image_of(np.ones((2, 8, 8)), (1.0, 1.0, 6.0))
    with pytest.raises(GeometryError, match=r"1 × 1 × 5 mm(.|\n)*1 × 1 × 6 mm"):
        fat_fraction(water, fat)


@pytest.mark.parametrize("empty", ["water", "fat"])
def test_an_all_zero_image_is_refused_by_name(empty: str) -> None:
    images = {"water": image_of(np.ones((2, 8, 8))), "fat": image_of(np.ones((2, 8, 8)))}
    images[empty] = image_of(np.zeros((2, 8, 8)))
    with pytest.raises(InputError, match=f"The {empty} image is empty"):
        fat_fraction(**images)
