"""Tests of the scanner's own fat-fraction maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.qmri.vendor_map import (
    fat_fraction_from_vendor_map,
    r2star_from_vendor_map,
    t2_from_vendor_map,
)

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


def test_the_unit_of_the_header_comes_before_what_the_values_look_like() -> None:
    percent, note = fat_fraction_from_vendor_map(sitk.GetImageFromArray(TRUTH_PERCENT / 100), "%")
    np.testing.assert_allclose(sitk.GetArrayFromImage(percent), TRUTH_PERCENT / 100)
    assert "states the map's unit as '%'" in note


def test_a_unit_that_the_values_contradict_is_refused() -> None:
    with pytest.raises(InputError, match="states the unit '%'"):
        fat_fraction_from_vendor_map(sitk.GetImageFromArray(TRUTH_PERCENT * 10), "%")


def test_an_unclipped_map_of_a_masked_thigh_keeps_its_scale_and_names_its_noise(shared_data: Path) -> None:
    image = read_image(shared_data / "swastling" / "ge_thigh_masked" / "fatfraction.nii.gz")
    percent, note = fat_fraction_from_vendor_map(image)
    values = sitk.GetArrayFromImage(percent)
    assert np.nanmedian(values) == pytest.approx(85, abs=2)
    assert np.nanmin(values) >= -100
    assert np.nanmax(values) <= 200
    assert "ratios of noise, left out" in note
    assert f"{((values < 0) | (values > 100)).sum()} voxels lie outside 0–100 %" in note
    assert note.endswith("scale 0–100.")


T2_MS = np.random.default_rng(1).uniform(28, 60, (2, 20, 20))


@pytest.mark.parametrize(("factor", "unit"), [(1.0, None), (10.0, None), (0.001, None), (1.0, "ms"), (0.001, "s")])
def test_t2_comes_out_in_milliseconds(factor: float, unit: str | None) -> None:
    image, _ = t2_from_vendor_map(sitk.GetImageFromArray(T2_MS * factor), unit)
    np.testing.assert_allclose(sitk.GetArrayFromImage(image), T2_MS)


def test_codes_of_no_fit_are_masked_and_never_averaged() -> None:
    values = T2_MS.copy()
    values[0, :5], values[0, 5:9], values[0, 9:11], values[0, 11] = 0, 2047, -2, np.nan
    image, note = t2_from_vendor_map(sitk.GetImageFromArray(values))
    found = sitk.GetArrayFromImage(image)
    assert np.isnan(found[0, :12]).all()
    assert np.isfinite(found).sum() == T2_MS.size - 12 * 20
    assert "80 at 2047" in note


def test_the_scanners_own_map_has_its_codes_masked(shared_data: Path) -> None:
    image, note = t2_from_vendor_map(read_image(shared_data / "qmritools" / "calf_t2_scanner_map.nii.gz"))
    assert np.nanmax(sitk.GetArrayFromImage(image)) < 2046
    assert np.nanmin(sitk.GetArrayFromImage(image)) > 0
    assert "403 at 2047" in note


def test_values_that_are_no_t2_of_tissue_are_refused() -> None:
    with pytest.raises(InputError, match="is a T2 of tissue neither"):
        t2_from_vendor_map(sitk.GetImageFromArray(T2_MS * 1e5))


def test_r2star_comes_out_per_second() -> None:
    image, note = r2star_from_vendor_map(sitk.GetImageFromArray(T2_MS / 1000))
    np.testing.assert_allclose(sitk.GetArrayFromImage(image), T2_MS)
    assert "1/ms" in note
