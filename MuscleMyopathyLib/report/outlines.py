"""Outlines of structures in a slice, as vector paths in millimetres over whatever picture lies below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from matplotlib.axes import Axes
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Structure, structure_type
from MuscleMyopathyLib.imaging.resampling import Interpolation, resample_to
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.report.slices import AxialStack, axial_stack

NAMED_DEPTH_MM = 7.0
"""A muscle gets its code written into it where a circle of this radius fits inside."""


@dataclass(frozen=True)
class Outline:
    """The border of one structure in one slice.

    Attributes:
        structure: What it is, with its side.
        color: CSS colour.
        path: SVG path data in mm from the picture's upper left corner.
        label_at: Where its code may be written, (x, y) in mm; None where there is no room.
    """

    structure: Structure
    color: str
    path: str
    label_at: tuple[float, float] | None


def css_color(code: str) -> str:
    """Return a structure's colour for CSS and SVG."""
    red, green, blue = structure_type(code).color
    return f"#{red:02x}{green:02x}{blue:02x}"


@dataclass(frozen=True)
class StackedLabels:
    """A segmentation turned into patient orientation."""

    segmentation: Segmentation
    stack: AxialStack

    @classmethod
    def of(cls, segmentation: Segmentation, grid: sitk.Image) -> StackedLabels:
        """Bring a segmentation onto a grid and turn it."""
        labels = resample_to(segmentation.image, grid, Interpolation.NEAREST)
        return cls(segmentation, axial_stack(labels))

    def areas(self) -> npt.NDArray[np.float64]:
        """Return the number of labelled voxels of each slice."""
        labels = list(self.segmentation.structures)
        return np.asarray(np.isin(self.stack.array, labels).sum(axis=(1, 2)), dtype=np.float64)

    def outlines(self, index: int, rows: slice, columns: slice, axes: Axes) -> Iterator[Outline]:
        """Yield the outlines of a slice within a field of view; ``axes`` of any figure find the contours."""
        labels = self.stack.array[index, rows, columns].astype(np.int64).clip(min=0)
        boxes = ndimage.find_objects(labels)
        for label, structure in self.segmentation.structures.items():
            box = boxes[label - 1] if label <= len(boxes) else None
            if box is None:
                continue
            mask = np.pad(labels[box] == label, 1)
            corner = (box[1].start - 1, box[0].start - 1)
            path = _path(mask, corner, self.stack, axes)
            yield Outline(structure, css_color(structure.code), path, self._label_at(structure, mask, corner))

    def _label_at(
        self, structure: Structure, mask: npt.NDArray[np.bool_], corner: tuple[int, int]
    ) -> tuple[float, float] | None:
        if structure.code in ("MUSCLE", "BONE"):
            return None
        depth = ndimage.distance_transform_edt(mask, sampling=(self.stack.row_mm, self.stack.column_mm))
        row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
        if depth[row, column] < NAMED_DEPTH_MM:
            return None
        x = (corner[0] + column + 0.5) * self.stack.column_mm
        return round(float(x), 1), round(float((corner[1] + row + 0.5) * self.stack.row_mm), 1)


def _path(mask: npt.NDArray[np.bool_], corner: tuple[int, int], stack: AxialStack, axes: Axes) -> str:
    """Return the mask's border, half-way between inner and outer voxels, as SVG path data in mm."""
    drawn = axes.contour(mask.astype(np.float64), levels=[0.5])
    contours = drawn.allsegs[0]
    drawn.remove()
    parts = []
    for contour in contours:
        steps = np.diff(contour, axis=0)
        before, after = steps[:-1], steps[1:]
        turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-6
        corners = contour[np.concatenate(([True], turns, [False]))]
        points = (corners + np.array(corner) + 0.5) * (stack.column_mm, stack.row_mm)
        parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)
