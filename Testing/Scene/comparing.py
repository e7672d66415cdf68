"""What two images have in common, to the precision that the scene promises."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.geometry import corners_lps


def assert_same_grid(found: sitk.Image, expected: sitk.Image, tolerance: float = 1e-6) -> None:
    """Assert equal sizes, and axes, spacing, origin and corners within the tolerance (mm)."""
    assert found.GetSize() == expected.GetSize()
    np.testing.assert_allclose(found.GetDirection(), expected.GetDirection(), rtol=0, atol=tolerance)
    np.testing.assert_allclose(found.GetSpacing(), expected.GetSpacing(), rtol=0, atol=tolerance)
    np.testing.assert_allclose(found.GetOrigin(), expected.GetOrigin(), rtol=0, atol=tolerance)
    np.testing.assert_allclose(corners_lps(found), corners_lps(expected), rtol=0, atol=tolerance)


def assert_same_image(found: sitk.Image, expected: sitk.Image, tolerance: float = 1e-6) -> None:
    """Assert the same grid, the same voxel type and, NaN included, the same voxels."""
    assert_same_grid(found, expected, tolerance)
    assert found.GetPixelIDTypeAsString() == expected.GetPixelIDTypeAsString()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(expected))
