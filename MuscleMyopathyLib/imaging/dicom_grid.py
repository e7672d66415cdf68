"""The grid of a stack of DICOM planes, from their positions and orientations alone; irregular stacks are refused.

SliceThickness, SpacingBetweenSlices, SliceLocation and InstanceNumber play no part: they are often missing, wrong
or counted otherwise. The tolerances are those within which a stack counts as regular:

- `POSITION_TOLERANCE_MM`: every plane lies that close to its place on the regular grid. Rounded headers stay
  below 0.01 mm; a tenth of the finest pixel of limb MRI is 0.04 mm; a gantry-like shear or a displaced slice
  is far beyond.
- `COSINE_TOLERANCE`: direction cosines of one stack agree to it, and row and column are perpendicular unit
  vectors to it: 0.04 mm over a field of view of 400 mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.dicom_headers import Plane

POSITION_TOLERANCE_MM = 0.05
COSINE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Grid:
    """A regular grid and its planes in order.

    Attributes:
        planes: From the first to the last along the normal (row × column), so that the axes are right-handed.
        spacing: Between columns, rows and planes, mm.
        origin: Centre of the first voxel of the first plane, mm LPS.
        direction: Columns are the unit vectors of a row, a column and the normal; shape (3, 3).
        problems: What was assumed, in words.
    """

    planes: tuple[Plane, ...]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: npt.NDArray[np.float64]
    problems: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int, int]:
        """Columns, rows and planes."""
        return self.planes[0].columns, self.planes[0].rows, len(self.planes)

    def image(self, voxels: npt.NDArray[np.generic]) -> sitk.Image:
        """Return voxels (slice, row, column) as an image on this grid."""
        image = sitk.GetImageFromArray(voxels, isVector=False)
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        image.SetDirection(self.direction.ravel().tolist())
        return image


def axes_of(plane: Plane) -> npt.NDArray[np.float64]:
    """Return row, column and normal unit vectors as the columns of a 3 × 3 matrix.

    Cosines rounded in the header are replaced by the nearest perpendicular unit vectors.

    Raises:
        GeometryError: They are no perpendicular unit vectors within `COSINE_TOLERANCE`, or not finite.
    """
    row, column = np.reshape(plane.orientation, (2, 3))
    lengths_and_angle = np.array([row @ row - 1.0, column @ column - 1.0, row @ column])
    if not np.abs(lengths_and_angle).max() <= 2 * COSINE_TOLERANCE:
        raise GeometryError(
            f"{plane.file.name}: ImageOrientationPatient does not hold two perpendicular unit vectors "
            f"but {plane.orientation}."
        )
    left, _, right = np.linalg.svd(np.stack((row, column)), full_matrices=False)
    row, column = left @ right
    return np.stack((row, column, np.cross(row, column)), axis=1)


def heights_of(planes: Sequence[Plane]) -> npt.NDArray[np.float64]:
    """Return the projection of each plane's position on the normal of the first, mm."""
    return np.asarray(np.array([plane.position for plane in planes]) @ axes_of(planes[0])[:, 2])


def grid_of(planes: Sequence[Plane]) -> Grid:
    """Return the grid of planes of one matrix size, pixel spacing and orientation, in any order.

    Raises:
        GeometryError: Planes coincide, are missing, unevenly spaced or displaced against one another.
    """
    axes = axes_of(planes[0])
    if not np.isfinite([plane.position for plane in planes]).all() or not min(planes[0].pixel_spacing) > 0:
        raise GeometryError(f"{planes[0].file.name}: its position or pixel spacing is no place in space.")
    order = np.argsort(heights_of(planes), kind="stable")
    ordered = tuple(planes[index] for index in order)
    offsets = (np.array([plane.position for plane in ordered]) - ordered[0].position) @ axes
    step, problems = _step_mm(ordered, offsets[:, 2])
    _refuse_shear(ordered, offsets[:, :2])
    between_rows, between_columns = planes[0].pixel_spacing
    x, y, z = ordered[0].position
    return Grid(ordered, (between_columns, between_rows, step), (x, y, z), axes, problems)


def _step_mm(planes: Sequence[Plane], heights: npt.NDArray[np.float64]) -> tuple[float, tuple[str, ...]]:
    if len(planes) == 1:
        nominal = planes[0].nominal_step_mm
        if nominal is None or not nominal > 0:
            return 1.0, (
                "A single plane that tells no slice thickness: 1 mm is assumed, and volumes mean nothing.",
            )
        return nominal, (f"A single plane: its thickness of {nominal:.4g} mm is taken from the header.",)
    steps = np.diff(heights)
    closest = int(np.argmin(steps))
    if steps[closest] <= POSITION_TOLERANCE_MM:
        raise GeometryError(
            f"Several planes lie at one place ({_name(planes[closest])} and {_name(planes[closest + 1])}), "
            "and no tag tells their images apart. Remove the copies or the second series."
        )
    usual, widest = float(np.median(steps)), int(np.argmax(steps))
    ratio = steps[widest] / usual
    if ratio > 1.5 and abs(ratio - round(ratio)) * usual <= max(2 * POSITION_TOLERANCE_MM, 0.01 * usual):
        raise GeometryError(
            f"{_count(round(ratio) - 1)} missing between {_name(planes[widest])} and {_name(planes[widest + 1])}: "
            f"{steps[widest]:.4g} mm apart, elsewhere {usual:.4g} mm. Export the whole series again."
        )
    step = float(heights[-1] / (len(planes) - 1))
    if np.abs(heights - step * np.arange(len(planes))).max() > POSITION_TOLERANCE_MM:
        raise GeometryError(
            f"The planes are unevenly spaced: {steps.min():.4g} to {steps.max():.4g} mm apart. "
            "Slices may be missing, or the series holds several stacks; export the whole series again."
        )
    return step, ()


def _refuse_shear(planes: Sequence[Plane], in_plane: npt.NDArray[np.float64]) -> None:
    displaced = np.linalg.norm(in_plane, axis=1)
    if displaced.max() > POSITION_TOLERANCE_MM:
        raise GeometryError(
            f"The planes are displaced against one another by up to {displaced.max():.4g} mm "
            f"({_name(planes[int(np.argmax(displaced))])} against {_name(planes[0])}), as with a tilted gantry. "
            "Such a sheared stack has no regular grid; resample it in the scanner's software first."
        )


def _name(plane: Plane) -> str:
    return plane.file.name if plane.frame == 0 else f"{plane.file.name} frame {plane.frame + 1}"


def _count(missing: int) -> str:
    return "A slice is" if missing == 1 else f"{missing} slices are"
