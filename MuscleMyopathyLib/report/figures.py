"""The slices of the report: anatomical image and fat-fraction map as PNG, outlines as vector paths over them.

Paths and sizes are in millimetres, so that the page shows the true aspect ratio and outlines stay crisp at any
size and in print.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imsave
from scipy import ndimage

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Structure, structure_type
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.resampling import Interpolation, resample_to
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.report.slices import AxialStack, axial_stack, spread_slices
from MuscleMyopathyLib.study.case import CaseResult

FAT_FRACTION_COLORS = "viridis"
"""Perceptually uniform and readable with every kind of colour blindness; white outlines show on all of it."""

ANATOMICAL_ROLES = (Role.T1W, Role.IN_PHASE, Role.WATER, Role.T2W, Role.OPPOSED_PHASE, Role.STIR, Role.FAT)
"""Which image the outlines are drawn on, best first."""

MARGIN_MM = 8.0
WINDOW_PERCENTILES = (1.0, 99.0)
"""Of the limb's signal in a slice: black below the first, white above the second."""

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


@dataclass(frozen=True)
class SlicePicture:
    """One slice: pictures as data URIs, and the outlines over both of them."""

    number: int
    position_mm: float
    anatomy: str
    fat_fraction: str | None
    outlines: tuple[Outline, ...]


@dataclass(frozen=True)
class SliceFigure:
    """All slices shown, cut to one field of view.

    Attributes:
        width_mm: Width of the field of view.
        height_mm: Its height.
        image_name: Which image is under the outlines.
        slice_count: How many slices the image has.
        legend: The structures outlined in any of the slices, as code, name and CSS colour.
        only_limb: Whether the map is shown inside the limb only.
    """

    width_mm: float
    height_mm: float
    image_name: str
    slice_count: int
    pictures: tuple[SlicePicture, ...]
    legend: tuple[tuple[str, str, str], ...]
    only_limb: bool


def css_color(code: str) -> str:
    """Return a structure's colour for CSS and SVG."""
    red, green, blue = structure_type(code).color
    return f"#{red:02x}{green:02x}{blue:02x}"


def color_bar_stops(count: int = 17) -> list[tuple[float, str]]:
    """Return the fat-fraction colours as (percent, CSS colour), from 0 to 100 %."""
    rgba = colormaps[FAT_FRACTION_COLORS](np.linspace(0, 1, count), bytes=True)
    return [
        (100 * n / (count - 1), f"#{red:02x}{green:02x}{blue:02x}") for n, (red, green, blue, _) in enumerate(rgba)
    ]


def slice_figure(result: CaseResult, number: int = 6) -> SliceFigure | None:
    """Draw slices of a case, evenly spread over where muscle is; None where the case has no image.

    All slices share one field of view. The grey window is each slice's own: away from the coil's centre the signal
    falls off.

    Raises:
        GeometryError: The anatomical image does not overlap what was measured.
    """
    series = _anatomical_series(result)
    if series is None:
        return None
    grid = _grid(result, series)
    anatomy = axial_stack(resample_to(series.image, grid, Interpolation.LINEAR))
    fraction = None if result.fat_fraction_percent is None else axial_stack(result.fat_fraction_percent)
    segmentations = [_Stacked.of(s, grid) for s in _outlined(result)]
    body = _body(anatomy, [s.image for s in result.case.series if same_geometry(s.image, grid)], segmentations)
    areas = sum((s.areas() for s in segmentations), np.zeros(len(anatomy.numbers)))
    chosen = spread_slices(areas if np.any(areas) else body.sum(axis=(1, 2)), number)
    if not chosen:
        return None
    rows, columns = _field_of_view(body[chosen], anatomy)
    limb = None if result.compartments is None else _Stacked.of(result.compartments, grid).stack.array != 0
    axes = Figure().add_subplot()

    pictures = []
    for index in chosen:
        outlines = tuple(o for s in segmentations for o in s.outlines(index, rows, columns, axes))
        pictures.append(
            SlicePicture(
                number=anatomy.numbers[index],
                position_mm=anatomy.positions_mm[index],
                anatomy=_gray_png(anatomy.array[index, rows, columns], body[index, rows, columns]),
                fat_fraction=None
                if fraction is None
                else _fat_fraction_png(
                    fraction.array[index, rows, columns],
                    None if limb is None else limb[index, rows, columns],
                ),
                outlines=outlines,
            )
        )
    shown = {outline.structure.code for picture in pictures for outline in picture.outlines}
    return SliceFigure(
        width_mm=(columns.stop - columns.start) * anatomy.column_mm,
        height_mm=(rows.stop - rows.start) * anatomy.row_mm,
        image_name=f"{series.name} ({series.role})",
        slice_count=len(anatomy.numbers),
        pictures=tuple(pictures),
        legend=tuple((t.code, t.name, css_color(t.code)) for t in STRUCTURE_TYPES if t.code in shown),
        only_limb=limb is not None,
    )


def _anatomical_series(result: CaseResult) -> Series | None:
    """Return the best image of the case; of two, rather the one on the measured grid than a resampled one."""
    candidates = [s for role in ANATOMICAL_ROLES for s in result.case.series if s.role is role]
    if not candidates:
        return None
    grid = _grid(result, candidates[0])
    return next((s for s in candidates if same_geometry(s.image, grid)), candidates[0])


def _grid(result: CaseResult, series: Series) -> sitk.Image:
    """Return the image on whose grid the slices are shown: what was measured, else the anatomical image."""
    if result.fat_fraction_percent is not None:
        return result.fat_fraction_percent
    drawn = [s for s in (result.whole_muscle, result.muscles, result.compartments) if s is not None]
    return drawn[0].image if drawn else series.image


def _outlined(result: CaseResult) -> list[Segmentation]:
    """Return what is outlined: the whole muscle and the muscles; the bones where no muscle is drawn."""
    found = [s for s in (result.whole_muscle, result.muscles) if s is not None]
    if result.muscles is None and result.compartments is not None:
        bones = {k: s for k, s in result.compartments.structures.items() if s.code == "BONE"}
        found.append(Segmentation(result.compartments.image, bones))
    return found


@dataclass(frozen=True)
class _Stacked:
    """A segmentation turned into patient orientation."""

    segmentation: Segmentation
    stack: AxialStack

    @classmethod
    def of(cls, segmentation: Segmentation, grid: sitk.Image) -> _Stacked:
        labels = resample_to(segmentation.image, grid, Interpolation.NEAREST)
        return cls(segmentation, axial_stack(labels))

    def areas(self) -> npt.NDArray[np.float64]:
        """Return the number of labelled voxels of each slice."""
        labels = list(self.segmentation.structures)
        return np.asarray(np.isin(self.stack.array, labels).sum(axis=(1, 2)), dtype=np.float64)

    def outlines(self, index: int, rows: slice, columns: slice, axes: Axes) -> Iterator[Outline]:
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


def _body(
    anatomy: AxialStack, images: Sequence[sitk.Image], segmentations: Sequence[_Stacked]
) -> npt.NDArray[np.bool_]:
    """Return where the limb is: what is bright in any image of the case, or outlined."""
    body = np.zeros(anatomy.array.shape, dtype=bool)
    for array in [anatomy.array, *(axial_stack(image).array for image in images)]:
        image = sitk.GetImageFromArray(np.nan_to_num(array.astype(np.float32)))
        # A copy: a view of an image that nothing else holds would be of freed memory.
        body |= sitk.GetArrayFromImage(sitk.OtsuThreshold(image, 0, 1)) > 0
    for stacked in segmentations:
        body |= stacked.stack.array != 0
    return body


def _field_of_view(body: npt.NDArray[np.bool_], stack: AxialStack) -> tuple[slice, slice]:
    """Return the rows and columns that hold the limb in any slice, with a margin."""

    def extent(axis: int, spacing_mm: float) -> slice:
        # Single bright voxels in the air must not widen the field of view.
        thickness = body.sum(axis=axis).max(axis=0)
        inside = np.flatnonzero(thickness >= max(3, 0.02 * thickness.max()))
        margin = round(MARGIN_MM / spacing_mm)
        if inside.size == 0:
            return slice(0, thickness.size)
        return slice(max(int(inside[0]) - margin, 0), min(int(inside[-1]) + margin + 1, thickness.size))

    return extent(2, stack.row_mm), extent(1, stack.column_mm)


def _gray_png(signal: npt.NDArray[np.generic], body: npt.NDArray[np.bool_]) -> str:
    """Return an image in grey levels, its window set by the limb and not by the air around it."""
    values = np.nan_to_num(signal.astype(np.float64))
    low, high = np.percentile(values[body] if body.any() else values, WINDOW_PERCENTILES)
    low = min(low, 0.3 * high)
    return _png(colormaps["gray"]((values - low) / max(high - low, 1e-9), bytes=True))


def _fat_fraction_png(percent: npt.NDArray[np.generic], limb: npt.NDArray[np.bool_] | None) -> str:
    """Return the map in its colours from 0 to 100 %; voxels without signal (NaN) are transparent.

    Where the limb is known, ghosts in the air around it are transparent too.
    """
    shown = percent.astype(np.float64)
    if limb is not None:
        shown = np.where(ndimage.binary_fill_holes(limb), shown, np.nan)
    return _png(colormaps[FAT_FRACTION_COLORS](shown / 100, bytes=True))


def _png(rgba: npt.NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    imsave(buffer, rgba, format="png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
