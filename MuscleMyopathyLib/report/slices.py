"""Axial slices as a radiologist looks at them: which ones to show, and how they lie on the page.

Whatever the direction cosines, a slice is shown from the feet: the patient's right on the left of the page,
anterior on top. Oblique axes go to the nearest of the patient's axes; the voxels are never interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.geometry import index_to_lps

MINIMUM_AREA_SHARE = 0.1
"""A slice holds muscle when its muscle area reaches this share of the largest one: not the mere tip of one."""


@dataclass(frozen=True)
class AxialStack:
    """An image turned so that columns go to the patient's left, rows to the back and slices to the head.

    Attributes:
        array: Shape (slice, row, column).
        row_mm: Distance of two rows.
        column_mm: Distance of two columns.
        numbers: Number of each slice, from 0, in the image as it was before turning.
        positions_mm: Place of each slice along the normal of the image's own slices; as ``position_mm`` of the
            measures.
    """

    array: npt.NDArray[np.generic]
    row_mm: float
    column_mm: float
    numbers: tuple[int, ...]
    positions_mm: tuple[float, ...]


def axial_stack(image: sitk.Image) -> AxialStack:
    """Turn a 3D image into patient orientation by permuting and flipping its axes.

    An image that was not acquired axially is shown in axial planes through its grid, numbered from the feet.
    """
    turned = sitk.DICOMOrient(image, "LPS")
    before, after = index_to_lps(image), index_to_lps(turned)
    column_mm, row_mm, slice_mm = turned.GetSpacing()
    normal = after[:3, 2] / slice_mm
    along = float(normal @ before[:3, 2]) / image.GetSpacing()[2]
    count = turned.GetSize()[2]
    numbers = np.arange(count)
    if along < -0.99:
        normal = -normal
        numbers = numbers[::-1]
    positions = [float((after @ [0, 0, index, 1])[:3] @ normal) for index in range(count)]
    return AxialStack(
        sitk.GetArrayFromImage(turned), row_mm, column_mm, tuple(int(n) for n in numbers), tuple(positions)
    )


def toward_head(image: sitk.Image) -> bool:
    """Tell whether positions along the normal of the image's slices grow towards the head."""
    return bool(index_to_lps(image)[2, 2] >= 0)


def spread_slices(areas: npt.ArrayLike, number: int = 6) -> list[int]:
    """Choose slices evenly spread over where muscle is, neither the first nor the last of them.

    Args:
        areas: Muscle area of each slice, any unit, shape (slices,).
        number: How many slices; fewer are returned where fewer hold muscle.

    Returns:
        Slice indices in rising order; empty where no slice holds muscle.

    >>> spread_slices([0, 0, 5, 9, 9, 9, 8, 7, 6, 0], number=3)
    [3, 5, 7]
    """
    area = np.asarray(areas, dtype=np.float64)
    if area.size == 0 or area.max() <= 0:
        return []
    with_muscle = np.flatnonzero(area >= MINIMUM_AREA_SHARE * area.max())
    centres = (np.arange(number) + 0.5) / number * with_muscle.size
    return sorted({int(with_muscle[int(centre)]) for centre in centres})
