"""Resampling follows the places in space."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.resampling import Interpolation, overlap_fraction, resample_to


def grid(size, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), direction=None, kind=sitk.sitkFloat32):
    image = sitk.Image(size, kind)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    if direction is not None:
        image.SetDirection(direction)
    return image


def ramp(like):
    """An image whose value is x + 10 y + 100 z of each voxel's place."""
    return sitk.PhysicalPointSource(sitk.sitkVectorFloat64, *_geometry(like))


def _geometry(image):
    return image.GetSize(), image.GetOrigin(), image.GetSpacing(), image.GetDirection()


def linear_in_place(like):
    points = ramp(like)
    channel = lambda index: sitk.VectorIndexSelectionCast(points, index)  # noqa: E731
    return sitk.Cast(channel(0) + 10 * channel(1) + 100 * channel(2), sitk.sitkFloat32)


def test_an_image_linear_in_space_stays_so_on_a_flipped_and_finer_grid():
    image = linear_in_place(grid([20, 20, 10]))
    reference = grid([11, 8, 6], (0.5, 0.75, 0.8), (12.0, 11.0, 7.0), (-1, 0, 0, 0, -1, 0, 0, 0, -1))
    resampled = resample_to(image, reference, Interpolation.LINEAR)
    expected = sitk.GetArrayFromImage(linear_in_place(reference))
    np.testing.assert_allclose(sitk.GetArrayFromImage(resampled), expected, atol=1e-3)
    assert _geometry(resampled) == _geometry(reference)


def test_labels_stay_labels():
    labels = grid([10, 10, 4], kind=sitk.sitkUInt8)
    labels[3:7, 2:8, 1:3] = 11
    resampled = resample_to(labels, grid([40, 40, 8], (0.25, 0.25, 0.5)), Interpolation.NEAREST)
    assert resampled.GetPixelID() == sitk.sitkUInt8
    assert set(np.unique(sitk.GetArrayFromImage(resampled))) == {0, 11}


def test_outside_the_image_stands_the_value_asked_for():
    image = grid([4, 4, 4]) + 1
    resampled = resample_to(image, grid([8, 4, 4]), Interpolation.LINEAR, outside=np.nan)
    values = sitk.GetArrayFromImage(resampled)
    np.testing.assert_array_equal(values[:, :, :4], 1)
    assert np.isnan(values[:, :, 5:]).all()


def test_images_that_do_not_overlap_are_refused():
    with pytest.raises(GeometryError, match="do not overlap"):
        resample_to(grid([4, 4, 4]), grid([4, 4, 4], origin=(100.0, 0, 0)), Interpolation.LINEAR)


def test_half_a_shift_is_half_an_overlap():
    assert overlap_fraction(grid([10, 10, 10]), grid([10, 10, 10], origin=(5.0, 0, 0))) == pytest.approx(0.5)


def test_a_small_image_inside_a_large_one_overlaps_wholly():
    small = grid([4, 4, 4], origin=(3.0, 3.0, 3.0))
    large = grid([10, 10, 10])
    assert overlap_fraction(large, small) == 1.0
    assert overlap_fraction(small, large) == pytest.approx(0.064)
