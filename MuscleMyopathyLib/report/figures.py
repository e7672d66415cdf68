"""The slices of the report: anatomical image and fat-fraction map as PNG, outlines as vector paths over them.

Paths and sizes are in millimetres, so that the page shows the true aspect ratio and outlines stay crisp at any
size and in print.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from matplotlib.figure import Figure

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.resampling import Interpolation, resample_to
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.report.outlines import Outline, StackedLabels, css_color
from MuscleMyopathyLib.report.pictures import field_of_view, gray_png, limb_body, map_png
from MuscleMyopathyLib.report.slices import axial_stack, spread_slices
from MuscleMyopathyLib.study.case import CaseResult

ANATOMICAL_ROLES = (Role.T1W, Role.IN_PHASE, Role.WATER, Role.T2W, Role.OPPOSED_PHASE, Role.STIR, Role.FAT)
"""Which image the outlines are drawn on, best first."""


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
    segmentations = [StackedLabels.of(s, grid) for s in _outlined(result)]
    bright = [s for s in result.case.series if s.role is not Role.MULTI_ECHO_GRE_PHASE]
    body = limb_body(anatomy, [s.image for s in bright if same_geometry(s.image, grid)], segmentations)
    areas = sum((s.areas() for s in segmentations), np.zeros(len(anatomy.numbers)))
    chosen = spread_slices(areas if np.any(areas) else body.sum(axis=(1, 2)), number)
    if not chosen:
        return None
    rows, columns = field_of_view(body[chosen], anatomy)
    limb = None if result.compartments is None else StackedLabels.of(result.compartments, grid).stack.array != 0
    axes = Figure().add_subplot()

    pictures = []
    for index in chosen:
        outlines = tuple(o for s in segmentations for o in s.outlines(index, rows, columns, axes))
        pictures.append(
            SlicePicture(
                number=anatomy.numbers[index],
                position_mm=anatomy.positions_mm[index],
                anatomy=gray_png(anatomy.array[index, rows, columns], body[index, rows, columns]),
                fat_fraction=None
                if fraction is None
                else map_png(
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
        image_name=series.name if series.name == series.role else f"{series.name} ({series.role})",
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
