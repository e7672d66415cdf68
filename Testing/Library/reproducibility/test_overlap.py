"""Tests of the overlap of two segmentations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.reproducibility.overlap import overlap

RF = Structure("RF", Side.LEFT)


def boxed(*box: slice, spacing: tuple[float, float, float] = (1.0, 2.0, 5.0)) -> Segmentation:
    labels = np.zeros((6, 20, 20), dtype=np.uint8)
    labels[box] = 1
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing(spacing)
    return Segmentation(image, {1: RF})


def test_equal_masks_overlap_wholly() -> None:
    one = boxed(slice(1, 4), slice(2, 8), slice(2, 12))
    (row,) = overlap(one, one).itertuples()
    assert (row.dice, row.hd95_mm, row.mean_surface_distance_mm) == (1.0, 0.0, 0.0)
    assert row.volume_difference_percent == 0


def test_a_shift_of_two_columns_is_a_distance_of_two_millimetres() -> None:
    one = boxed(slice(1, 4), slice(2, 8), slice(2, 12))
    other = boxed(slice(1, 4), slice(2, 8), slice(4, 14))
    (row,) = overlap(one, other).itertuples()
    assert row.dice == pytest.approx(8 / 10)
    assert row.hd95_mm == pytest.approx(2.0)


def test_distances_are_those_of_a_brute_force_search() -> None:
    rng = np.random.default_rng(4)
    spacing = (0.7, 1.3, 6.0)

    def blob() -> tuple[Segmentation, npt.NDArray[np.float64]]:
        labels = (rng.random((4, 12, 12)) > 0.4).astype(np.uint8)
        image = sitk.GetImageFromArray(labels)
        image.SetSpacing(spacing)
        padded = np.pad(labels, 1)
        neighbours = [np.roll(padded, step, axis) for axis in range(3) for step in (-1, 1)]
        surface = (padded > 0) & ~np.all(neighbours, axis=0)
        points = (np.argwhere(surface) - 1) * np.array(spacing[::-1])
        return Segmentation(image, {1: RF}), points

    (first, a), (second, b) = blob(), blob()
    distance = np.linalg.norm(a[:, None] - b[None], axis=2)
    both = np.concatenate([distance.min(axis=1), distance.min(axis=0)])
    (row,) = overlap(first, second).itertuples()
    assert row.hd95_mm == pytest.approx(np.percentile(both, 95))
    assert row.mean_surface_distance_mm == pytest.approx(both.mean())


def test_the_worst_slice_is_the_one_with_the_lowest_dice() -> None:
    one, other = boxed(slice(0, 4), slice(2, 8), slice(2, 12)), boxed(slice(0, 3), slice(2, 8), slice(2, 12))
    (row,) = overlap(one, other).itertuples()
    assert row.worst_slice == 3


def test_a_structure_that_one_reader_left_out_says_so() -> None:
    one = boxed(slice(0, 4), slice(2, 8), slice(2, 12))
    empty = Segmentation(sitk.Image(one.image) * 0, {})
    (row,) = overlap(one, empty).itertuples()
    assert row.dice == 0
    assert np.isnan(row.hd95_mm)
    assert row.problem == "not drawn in the second reading"


def test_readings_of_different_grids_are_refused() -> None:
    one = boxed(slice(0, 4), slice(2, 8), slice(2, 12))
    other = boxed(slice(0, 4), slice(2, 8), slice(2, 12), spacing=(1.0, 2.0, 6.0))
    with pytest.raises(GeometryError):
        overlap(one, other)


def test_the_second_reading_of_a_real_patient_has_the_known_mean_dice(shared_data: Path) -> None:
    scheme = read_label_scheme("huashan")
    first, second = (
        Segmentation(sitk.ReadImage(str(shared_data / name)), scheme)
        for name in ("huashan_thigh/Thigh_002_labels.nii.gz", "labelmaps/Training_T2_THIGH_038_0003.nii.gz")
    )
    assert overlap(first, second)["dice"].mean() == pytest.approx(0.910, abs=5e-4)


def test_the_contour_distance_is_taken_within_slices_however_thick_they_are() -> None:
    one = boxed(slice(1, 4), slice(2, 8), slice(2, 12), spacing=(1.0, 1.0, 25.0))
    other = boxed(slice(1, 4), slice(2, 8), slice(4, 14), spacing=(1.0, 1.0, 25.0))
    (row,) = overlap(one, other).itertuples()
    points = {(r, c) for r in range(2, 8) for c in range(2, 12) if r in (2, 7) or c in (2, 11)}
    shifted = {(r, c + 2) for r, c in points}
    nearest = [
        min(np.hypot(r - s, c - d) for s, d in goal) for start, goal in ((points, shifted), (shifted, points))
        for r, c in start
    ]  # fmt: skip
    assert row.mean_contour_distance_mm == pytest.approx(np.mean(nearest))


def test_readings_without_a_common_slice_have_no_contour_distance() -> None:
    one = boxed(slice(0, 1), slice(2, 8), slice(2, 12))
    other = boxed(slice(3, 4), slice(2, 8), slice(2, 12))
    (row,) = overlap(one, other).itertuples()
    assert np.isnan(row.mean_contour_distance_mm)
    assert row.hd95_mm == pytest.approx(15.0)
