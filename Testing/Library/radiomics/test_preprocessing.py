"""Bias field, intensity scale and regions before PyRadiomics."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.radiomics.preprocessing import (
    Preprocessing,
    correct_bias_field,
    measured_regions,
    merge_sides,
    preprocess,
    scale_intensity,
)
from MuscleMyopathyLib.radiomics.slices import SliceChoice


def test_nothing_asked_for_leaves_the_image_as_it_is(limb_image: sitk.Image) -> None:
    unchanged = preprocess(limb_image, Preprocessing())
    assert unchanged.GetPixelID() == limb_image.GetPixelID()
    assert np.array_equal(sitk.GetArrayFromImage(unchanged), sitk.GetArrayFromImage(limb_image))


def test_intensities_are_scaled_linearly_to_0_and_100(limb_image: sitk.Image) -> None:
    scaled = scale_intensity(limb_image, 0, 100)
    before = sitk.GetArrayFromImage(limb_image).astype(float)
    expected = 100 * (before - before.min()) / (before.max() - before.min())
    np.testing.assert_allclose(sitk.GetArrayFromImage(scaled), expected, atol=1e-10)
    assert same_geometry(scaled, limb_image)


def test_a_constant_image_cannot_be_scaled(limb_image: sitk.Image) -> None:
    with pytest.raises(InputError, match="Every voxel of the image is 0"):
        scale_intensity(limb_image * 0, 0, 100)


def test_a_voxel_that_is_no_number_is_refused(limb_image: sitk.Image) -> None:
    image = sitk.Cast(limb_image, sitk.sitkFloat32)
    image[3, 4, 5] = float("nan")
    with pytest.raises(InputError, match="not a number"):
        preprocess(image, Preprocessing())


def test_bias_correction_evens_out_a_coil_gradient() -> None:
    _, y, x = np.indices((6, 64, 64))
    inside = (y - 32) ** 2 + (x - 32) ** 2 < 28**2
    coil = 1 + 0.5 * (x - 32) / 32
    image = sitk.GetImageFromArray(np.where(inside, 400 * coil, 5.0))
    corrected = sitk.GetArrayFromImage(correct_bias_field(image))

    def spread(values: np.ndarray) -> float:
        return float(values[inside].std() / values[inside].mean())

    assert spread(corrected) < 0.25 * spread(400 * coil)


def test_left_and_right_become_one_region(limb_regions: Segmentation) -> None:
    merged = merge_sides(limb_regions)
    assert set(merged.structures.values()) == {Structure("RF"), Structure("VL")}
    both = limb_regions.mask([Structure("RF", Side.LEFT), Structure("RF", Side.RIGHT)])
    assert np.array_equal(merged.mask(Structure("RF")), both)


def test_a_structure_on_one_side_keeps_its_side(limb_regions: Segmentation) -> None:
    one = Segmentation(limb_regions.image, {1: Structure("RF", Side.LEFT)})
    assert list(merge_sides(one).structures.values()) == [Structure("RF", Side.LEFT)]


def test_regions_are_those_of_the_chosen_slices(limb_regions: Segmentation) -> None:
    regions = measured_regions(limb_regions, Preprocessing(slices=SliceChoice(slices=(5,))))
    assert np.flatnonzero(regions.array.any(axis=(1, 2))).tolist() == [5]


@pytest.mark.parametrize("scale", [(100, 0), (0, 0), (0, 50, 100)])
def test_an_intensity_range_that_is_none_is_refused(scale: tuple[float, ...]) -> None:
    with pytest.raises(ParameterError, match="intensity_range"):
        Preprocessing(intensity_range=scale)
