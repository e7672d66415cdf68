"""Pictures of a case's maps: T2 and water T2 slice by slice with outlines, the others small in one slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from matplotlib.figure import Figure
from scipy import ndimage

from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.report.map_structures import maps_by_sequence, structures_on
from MuscleMyopathyLib.report.outlines import Outline, StackedLabels
from MuscleMyopathyLib.report.pictures import (
    FAT_FRACTION_COLORS,
    TIME_COLORS,
    color_bar_stops,
    field_of_view,
    limb_body,
    map_png,
)
from MuscleMyopathyLib.report.slices import axial_stack, spread_slices
from MuscleMyopathyLib.study.case import CaseMap, CaseResult

LARGE = (MapKind.T2, MapKind.WATER_T2)
"""Maps that are read; the others tell whether these can be trusted."""

SMALL = (
    MapKind.FAT_SHARE,
    MapKind.B1,
    MapKind.R2STAR,
    MapKind.FIELD,
    MapKind.RESIDUAL,
    MapKind.STANDARD_ERROR,
    MapKind.SUSPECTED_SWAP,
)
_DIVERGING = (MapKind.FIELD, MapKind.B1)
DIVERGING_COLORS = "cividis"
LARGE_SLICES = 3
_NO_IMAGES = (Role.T2_MAP, Role.R2STAR_MAP, Role.FAT_FRACTION_MAP, Role.MULTI_ECHO_GRE_PHASE, Role.UNKNOWN)


@dataclass(frozen=True)
class ColorBar:
    """A colour bar: its gradient's name in the page, its stops and its ticks (percent from below, text)."""

    name: str
    title: str
    stops: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class MapPicture:
    """One map in one slice, with its colour bar."""

    title: str
    png: str
    bar: ColorBar


@dataclass(frozen=True)
class MapSlice:
    """The large maps of one slice, and the outlines over them."""

    number: int
    position_mm: float
    pictures: tuple[MapPicture, ...]
    outlines: tuple[Outline, ...]


@dataclass(frozen=True)
class MapFigure:
    """The maps of one series.

    Attributes:
        sequence: The series, by its role.
        method: How its maps were made, a sentence for each.
        width_mm: Width of the field of view.
        height_mm: Its height.
        slice_count: How many slices the maps have.
        slices: Slices with the large maps; empty where there are none.
        small: The other maps in the middle slice.
        small_slice: Number of that slice.
    """

    sequence: str
    method: tuple[tuple[str, str], ...]
    width_mm: float
    height_mm: float
    slice_count: int
    slices: tuple[MapSlice, ...]
    small: tuple[MapPicture, ...]
    small_slice: int


def map_figures(result: CaseResult) -> list[MapFigure]:
    """Draw the maps of every series of a case that has any."""
    return [
        figure
        for sequence, maps in maps_by_sequence(result).items()
        if (figure := _figure(result, sequence, maps)) is not None
    ]


def _figure(result: CaseResult, sequence: str, maps: dict[MapKind, CaseMap]) -> MapFigure | None:
    grid = next(iter(maps.values())).image
    anatomy = axial_stack(grid)
    structures = [StackedLabels.of(one, grid) for one in structures_on(result, sequence, grid)]
    body = _limb(result, grid, structures)
    areas = sum((one.areas() for one in structures), np.zeros(len(anatomy.numbers)))
    weight = areas if np.any(areas) else body.sum(axis=(1, 2))
    chosen = spread_slices(weight, LARGE_SLICES)
    if not chosen:
        return None
    rows, columns = field_of_view(body[chosen], anatomy)
    axes = Figure().add_subplot()
    stacks = {kind: axial_stack(one.image).array for kind, one in maps.items()}
    large = [kind for kind in LARGE if kind in maps]
    small = [kind for kind in SMALL if kind in maps]
    middle = chosen[len(chosen) // 2]

    def picture(kind: MapKind, index: int) -> MapPicture:
        values = stacks[kind][index, rows, columns].astype(np.float64)
        limits = kind.shown or _limits(values)
        colors = _colors(kind)
        # A yes-or-no map holds 0 in the air too.
        limb = body[index, rows, columns] if kind is MapKind.SUSPECTED_SWAP else None
        return MapPicture(kind.label, map_png(values, limb, limits, colors), _bar(kind, limits, colors, sequence))

    slices = [
        MapSlice(
            anatomy.numbers[index],
            anatomy.positions_mm[index],
            tuple(picture(kind, index) for kind in large),
            tuple(outline for one in structures for outline in one.outlines(index, rows, columns, axes)),
        )
        for index in (chosen if large else [])
    ]
    return MapFigure(
        sequence=sequence,
        method=tuple(
            dict.fromkeys((maps[kind].kind.label, maps[kind].method) for kind in large or list(maps)[:1])
        ),
        width_mm=(columns.stop - columns.start) * anatomy.column_mm,
        height_mm=(rows.stop - rows.start) * anatomy.row_mm,
        slice_count=len(anatomy.numbers),
        slices=tuple(slices),
        small=tuple(picture(kind, middle) for kind in small),
        small_slice=anatomy.numbers[middle],
    )


def _limb(result: CaseResult, grid: sitk.Image, structures: list[StackedLabels]) -> npt.NDArray[np.bool_]:
    """Return where the limb is: bright in an image on the map's grid, else where the map has values."""
    images = [
        one.image for one in result.case.series if one.role not in _NO_IMAGES and same_geometry(one.image, grid)
    ]
    if images:
        return limb_body(axial_stack(images[0]), [], structures)
    body = np.isfinite(axial_stack(grid).array)
    # Noise has a value here and there in the air: what remains of it after an opening is none.
    return np.asarray(ndimage.binary_opening(body, np.ones((1, 5, 5), dtype=bool)))


def _colors(kind: MapKind) -> str:
    if kind in (*LARGE, MapKind.R2STAR, MapKind.STANDARD_ERROR, MapKind.RESIDUAL):
        return TIME_COLORS
    return DIVERGING_COLORS if kind in _DIVERGING else FAT_FRACTION_COLORS


def _limits(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (0.0, float(np.percentile(finite, 99)) or 1.0) if finite.size else (0.0, 1.0)


def _bar(kind: MapKind, limits: tuple[float, float], colors: str, sequence: str) -> ColorBar:
    low, high = limits
    steps = 4 if kind in LARGE else 2
    values = np.linspace(low, high, steps + 1)
    digits = 0 if high - low >= 10 else 1 if high - low >= 2 else 2
    ticks = tuple((100 * n / steps, number(float(v), digits)) for n, v in enumerate(values))
    name = f"bar-{kind.file_name}-{sequence}".replace(" ", "-").lower()
    title = f"{kind.label}, {kind.unit}" if kind.unit else kind.label
    return ColorBar(name, title, tuple(color_bar_stops(colors)), ticks)
