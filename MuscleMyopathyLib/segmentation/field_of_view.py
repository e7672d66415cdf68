"""What images show of the legs: cross-sections fine enough, legs of a leg's size, and seen whole or not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.crossing import slices_in_words
from MuscleMyopathyLib.segmentation.patient_axes import PatientAxes

Mask = npt.NDArray[np.bool_]

COARSEST_MM = 6.0
"""Largest pixel of a cross-section in which muscles can be told apart; muscle MRI has 0.4 to 3 mm. Slices that run
along the limb (coronal, sagittal) make pixels as large as the slices are thick."""
THINNEST_MM, THICKEST_MM = 25.0, 400.0
"""Thickness of a leg from front to back beyond which the size of the voxels must be wrong."""
THIN_MM, THICK_MM = 60.0, 260.0
"""Thickness of a leg from front to back that is rare enough to ask: a small child's calf, an obese thigh."""
CUT_MM = 30.0
"""A leg that lies at the image's edge over more than this length is cut off; less is skin that touches it."""


def require_cross_sections(axes: PatientAxes) -> None:
    """Refuse images whose cross-sections of the limb are too coarse.

    Raises:
        InputError: A pixel of a cross-section is larger than `COARSEST_MM`.
    """
    slice_mm, row_mm, column_mm = axes.spacing_mm
    if max(row_mm, column_mm) > COARSEST_MM:
        raise InputError(
            f"Across the limb the voxels measure {row_mm:.3g} mm from front to back and {column_mm:.3g} mm from "
            f"side to side, along it {slice_mm:.3g} mm: too coarse to tell structures apart in a cross-section "
            f"(at most {COARSEST_MM:g} mm). Are the slices coronal or sagittal? Give an axial series, or a "
            "3D one of fine voxels."
        )


def require_limb_size(outline: Mask, axes: PatientAxes) -> None:
    """Refuse legs of a size that no leg has, because then the voxels have another size than the header says.

    Args:
        outline: Where the body is (slice, row, column).
        axes: Of the images.

    Raises:
        InputError: The legs are thinner than `THINNEST_MM` or thicker than `THICKEST_MM` from front to back.
    """
    thick_mm = thickness_mm(outline, axes)
    if not THINNEST_MM <= thick_mm <= THICKEST_MM:
        _, row_mm, column_mm = axes.spacing_mm
        raise InputError(
            f"What the images show is {thick_mm:.0f} mm thick from front to back, and no leg is: the size of the "
            f"voxels ({row_mm:.3g} × {column_mm:.3g} mm across the limb) must be wrong, or it is no leg. Check "
            "the image's header, or export the series again."
        )


def size_doubt(outline: Mask, axes: PatientAxes) -> str:
    """Return the doubt about legs of an unusual size in words; empty where there is none."""
    thick_mm = thickness_mm(outline, axes)
    if THIN_MM <= thick_mm <= THICK_MM:
        return ""
    return f"The legs are {thick_mm:.0f} mm thick from front to back: is the size of the voxels right?"


def thickness_mm(outline: Mask, axes: PatientAxes) -> float:
    """Return how far the body reaches from front to back, median over the slices that show it."""
    shown = outline[outline.any(axis=(1, 2))]
    extents = [np.ptp(np.flatnonzero(body.any(axis=1))) + 1 for body in shown]
    return float(np.median(extents)) * axes.spacing_mm[1]


def cut_off(limb: Mask, side: Side, axes: PatientAxes) -> list[tuple[Side, str]]:
    """Return in words in which slices a leg is cut off by the image's edge.

    Args:
        limb: Where the leg is (slice, row, column).
        side: Its side.
        axes: Of the images.
    """
    _, row_mm, column_mm = axes.spacing_mm
    along_rows = np.maximum(limb[:, 0].sum(axis=1), limb[:, -1].sum(axis=1)) * column_mm
    along_columns = np.maximum(limb[:, :, 0].sum(axis=1), limb[:, :, -1].sum(axis=1)) * row_mm
    slices = np.flatnonzero(np.maximum(along_rows, along_columns) > CUT_MM)
    if not slices.size:
        return []
    words = slices_in_words(tuple(map(int, slices)), axes.slice_number)
    text = "the leg is cut off by the edge of the image; volumes are those of the part that is seen."
    return [(side, f"{words}: {text}")]


def beyond_view(limb: Mask, side: Side, axes: PatientAxes, view_mm: float) -> list[tuple[Side, str]]:
    """Return in words in which slices a leg is wider or thicker than the view of a network.

    Args:
        limb: Where the leg is (slice, row, column).
        side: Its side.
        axes: Of the images.
        view_mm: Side of the square that the network sees, about the leg's middle.
    """
    slices = [
        index
        for index in map(int, np.flatnonzero(limb.any(axis=(1, 2))))
        if any(
            (np.ptp(np.flatnonzero(limb[index].any(axis=1 - axis))) + 1) * step > view_mm
            for axis, step in enumerate(axes.spacing_mm[1:])
        )
    ]
    if not slices:
        return []
    words = slices_in_words(tuple(slices), axes.slice_number)
    return [
        (side, f"{words}: the leg is larger than the {view_mm:.0f} mm that the network sees; look at its rim.")
    ]
