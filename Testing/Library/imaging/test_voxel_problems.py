"""What is wrong with voxels is said in words."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.voxel_problems import voxel_problems


def image_of(*values, kind=np.float32):
    return sitk.GetImageFromArray(np.array(values, dtype=kind).reshape(1, 2, -1))


def test_an_ordinary_image_has_no_problem():
    assert voxel_problems(image_of(0, 1, 2, 3, kind=np.int16)) == ()


def test_nan_and_infinity_are_counted():
    (problem,) = voxel_problems(image_of(np.nan, np.inf, 2, 3))
    assert problem == "2 of 4 voxels (50 %) are not finite (NaN or infinity)."


def test_negative_voxels_are_counted_with_the_lowest():
    (problem,) = voxel_problems(image_of(-3, 1, 2, 3, kind=np.int16))
    assert problem == "1 of 4 voxels (25 %) are negative, down to -3."


def test_negative_voxels_of_a_fat_fraction_map_are_no_problem():
    assert voxel_problems(image_of(-3, 1, 2, 3), negative_is_wrong=False) == ()


def test_an_all_zero_image_is_a_problem():
    assert voxel_problems(image_of(0, 0, 0, 0)) == ("All voxels are zero.",)


def test_an_image_of_one_value_is_a_problem():
    assert voxel_problems(image_of(7, 7, 7, 7)) == ("All voxels have one value, 7.",)


def test_an_image_without_any_finite_voxel_is_one_problem():
    (problem,) = voxel_problems(image_of(np.nan, np.nan, np.nan, np.inf))
    assert problem == "4 of 4 voxels (100 %) are not finite (NaN or infinity)."
