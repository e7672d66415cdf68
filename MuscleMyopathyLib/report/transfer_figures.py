"""Structures before and after they were carried to another series, in one slice, and what the transfer did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from matplotlib.figure import Figure

from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.resampling import Interpolation, resample_to
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.report.outlines import Outline, StackedLabels
from MuscleMyopathyLib.report.pictures import field_of_view, gray_png, limb_body
from MuscleMyopathyLib.report.slices import AxialStack, axial_stack, spread_slices
from MuscleMyopathyLib.study.case import CaseResult, CaseTransfer


@dataclass(frozen=True)
class TransferView:
    """One slice of a series with outlines; sizes and paths in mm.

    Attributes:
        title: Which series, and which slice.
        width_mm: Width of the field of view.
        height_mm: Its height.
        png: The picture.
        outlines: The structures there.
        before: Where they would lie without the refinement; empty without one.
    """

    title: str
    width_mm: float
    height_mm: float
    png: str
    outlines: tuple[Outline, ...]
    before: tuple[Outline, ...] = ()


@dataclass(frozen=True)
class TransferFigure:
    """One transfer: both views, and what is said about it."""

    title: str
    views: tuple[TransferView, ...]
    facts: tuple[tuple[str, str], ...]


def transfer_figures(result: CaseResult) -> list[TransferFigure]:
    """Return one figure for each series that structures were carried to, of the muscles where there are any."""
    by_sequence: dict[str, CaseTransfer] = {}
    for one in result.transfers:
        if one.sequence not in by_sequence or one.structures == "muscles":
            by_sequence[one.sequence] = one
    return [_figure(result, one) for one in by_sequence.values()]


def _figure(result: CaseResult, one: CaseTransfer) -> TransferFigure:
    views = []
    after = one.transfer.segmentation
    target = _view(one.target_image, after, f"after, on {one.sequence}", None, _unrefined(result, one))
    source = result.case.by_role(Role(one.source))
    drawn = _drawn(result, one)
    if source is not None and drawn is not None:
        views.append(_view(source.image, drawn, f"before, on {one.source}", target[1])[0])
    views.append(target[0])
    return TransferFigure(
        f"{one.structures.capitalize()}: {one.source} to {one.sequence}", tuple(views), _facts(one)
    )


def _drawn(result: CaseResult, one: CaseTransfer) -> Segmentation | None:
    """Return the structures where they were drawn, on the grid of the source."""
    source = result.case.by_role(Role(one.source))
    candidates = (result.muscles, result.case.muscles) if one.structures == "muscles" else (result.whole_muscle,)
    return next(
        (s for s in candidates if s is not None and source is not None and same_geometry(s.image, source.image)),
        None,
    )


def _unrefined(result: CaseResult, one: CaseTransfer) -> Segmentation | None:
    drawn = _drawn(result, one)
    if one.transfer.refinement is None or drawn is None:
        return None
    labels = resample_to(drawn.image, one.transfer.segmentation.image, Interpolation.NEAREST)
    return Segmentation(labels, drawn.structures)


def _view(
    image: sitk.Image,
    segmentation: Segmentation,
    title: str,
    position_mm: float | None,
    unrefined: Segmentation | None = None,
) -> tuple[TransferView, float]:
    """Return a view, and the position of its slice: the nearest to ``position_mm``, else the middle one."""
    grid = segmentation.image
    stack = axial_stack(resample_to(image, grid, Interpolation.LINEAR))
    stacked = StackedLabels.of(segmentation, grid)
    index = _nearest(stack, stacked, position_mm)
    body = limb_body(stack, [], [stacked])
    rows, columns = field_of_view(body[index : index + 1], stack)
    axes = Figure().add_subplot()
    before = () if unrefined is None else StackedLabels.of(unrefined, grid).outlines(index, rows, columns, axes)
    view = TransferView(
        title=f"{title}, slice {stack.numbers[index] + 1} at {number(stack.positions_mm[index])} mm",
        width_mm=(columns.stop - columns.start) * stack.column_mm,
        height_mm=(rows.stop - rows.start) * stack.row_mm,
        png=gray_png(stack.array[index, rows, columns], body[index, rows, columns]),
        outlines=tuple(stacked.outlines(index, rows, columns, axes)),
        before=tuple(before),
    )
    return view, stack.positions_mm[index]


def _nearest(stack: AxialStack, stacked: StackedLabels, position_mm: float | None) -> int:
    if position_mm is not None:
        return int(np.argmin(np.abs(np.array(stack.positions_mm) - position_mm)))
    chosen = spread_slices(stacked.areas(), 1)
    return chosen[0] if chosen else len(stack.numbers) // 2


def _facts(one: CaseTransfer) -> tuple[tuple[str, str], ...]:
    transfer = one.transfer
    changed = transfer.volumes.dropna(subset=["change_percent"])
    total_before, total_after = (
        float(transfer.volumes[f"volume_{when}_cm3"].sum()) for when in ("before", "after")
    )
    facts = [
        ("inside the target", f"{number(transfer.overlap_percent)} %"),
        ("volume of all structures", f"{number(total_before, 0)} → {number(total_after, 0)} cm³"),
    ]
    if len(changed):
        largest = changed.iloc[int(changed["change_percent"].abs().argmax())]
        name = f"{largest['structure']} {largest['side']}"
        facts.append(("largest change of a volume", f"{number(float(largest['change_percent']))} % ({name})"))
    found = transfer.refinement
    if found is None:
        facts.append(("displacement", "0 mm: by geometry alone, no refinement"))
    else:
        mean, most = number(found.displacement_mm), number(found.largest_displacement_mm)
        facts += [
            ("displacement", f"{mean} mm on average, {most} mm at most"),
            ("mutual information", f"{number(found.likeness_before, 3)} → {number(found.likeness_after, 3)}"),
        ]
    return tuple(facts)
