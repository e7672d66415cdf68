"""Geometry of images: what it is in words, whether two images share it, and its refusal when they do not.

All coordinates are DICOM's and SimpleITK's: millimetres, LPS (x to the patient's left, y to the back, z up).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError

TOLERANCE_MM = 0.05
"""Two grids are the same when every corner of one lies within this distance of the other's.

Programs write the same grid with direction cosines rounded differently, which moves the corners of a thigh's slice
by some 0.01 mm; the finest voxels of muscle MRI measure 0.4 mm."""


def index_to_lps(image: sitk.Image) -> npt.NDArray[np.float64]:
    """Return the 4 × 4 matrix from voxel index (i, j, k) to LPS in mm, of a 3D image."""
    matrix = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    matrix[:3, :3] = direction * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def corners_lps(image: sitk.Image) -> npt.NDArray[np.float64]:
    """Return the LPS positions in mm, shape (8, 3), of the centres of the corner voxels."""
    size = np.array(image.GetSize())
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (size - 1)
    matrix = index_to_lps(image)
    return np.asarray(corners @ matrix[:3, :3].T + matrix[:3, 3])


def describe_geometry(image: sitk.Image) -> str:
    """Return the geometry in words for messages and tables: size, spacing, origin, axes."""
    size = " × ".join(str(n) for n in image.GetSize())
    spacing = " × ".join(f"{s:.4g}" for s in image.GetSpacing())
    origin = ", ".join(f"{o:.2f}" for o in image.GetOrigin())
    axes = ", ".join(f"{d:.4g}" for d in image.GetDirection())
    return f"{size} voxels of {spacing} mm, origin ({origin}) mm LPS, axes ({axes})"


def same_geometry(first: sitk.Image, second: sitk.Image, tolerance_mm: float = TOLERANCE_MM) -> bool:
    """Tell whether two 3D images have the same grid: equal sizes, and all corners within the tolerance."""
    if first.GetSize() != second.GetSize():
        return False
    return bool(np.abs(corners_lps(first) - corners_lps(second)).max() <= tolerance_mm)


def require_same_geometry(
    first: sitk.Image,
    second: sitk.Image,
    first_name: str,
    second_name: str,
    tolerance_mm: float = TOLERANCE_MM,
) -> None:
    """Refuse two images of different grids, showing both.

    Raises:
        GeometryError: Sizes differ, or a corner lies further away than the tolerance.
    """
    if not same_geometry(first, second, tolerance_mm):
        raise GeometryError(
            f"The {first_name} and the {second_name} do not share one grid.\n"
            f"  {first_name}: {describe_geometry(first)}\n"
            f"  {second_name}: {describe_geometry(second)}\n"
            "Choose images of the same series or resample one onto the other first."
        )
