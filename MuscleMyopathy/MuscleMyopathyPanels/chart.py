"""The chart of a measured quantity, left beside right, as a picture for the panel and as PNG and SVG files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

DOTS_PER_INCH = 100
ROW_INCHES = 0.34
MARGIN_INCHES = 0.75
REFERENCE_COLOR = "#666666"


@dataclass(frozen=True)
class ChartedQuantity:
    """How a quantity is charted.

    Attributes:
        prefix: Begin of its columns.
        unit: End of its columns.
        title: Of the axis, with the unit.
        limits: Of the axis; None as the numbers need.
    """

    prefix: str
    unit: str
    title: str
    limits: tuple[float, float] | None = None

    def column(self, statistic: str) -> str:
        """Return the column of a statistic."""
        return f"{self.prefix}_{statistic}_{self.unit}"


FAT_FRACTION_CHART = ChartedQuantity("ff", "percent", _("fat fraction (%)"), (0.0, 100.0))
CHARTED = {
    "ff": FAT_FRACTION_CHART,
    "t2": ChartedQuantity("t2", "ms", _("T2 (ms)")),
    "water_t2": ChartedQuantity("water_t2", "ms", _("water T2 (ms)")),
    "r2star": ChartedQuantity("r2star", "per_s", _("R2* (1/s)")),
}


def charted_rows(measures: Any, quantity: ChartedQuantity = FAT_FRACTION_CHART) -> list[tuple[str, list[Any]]]:
    """Return names of the whole muscle and the muscles that were measured, each with its rows by side."""
    from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Kind, Side, structure_type

    column = quantity.column("mean")
    if column not in measures:
        return []
    measured = measures[measures[column].notna()]
    order = {kind.code: rank for rank, kind in enumerate(STRUCTURE_TYPES)}
    codes = [
        code
        for code in measured["structure"].unique()
        if code == "MUSCLE" or structure_type(code).kind is Kind.MUSCLE
    ]
    rows = []
    for code in sorted(codes, key=lambda code: (code != "MUSCLE", order[code])):
        by_side = {row["side"]: row for row in measured[measured["structure"] == code].to_dict("records")}
        divided = [by_side[side] for side in (Side.LEFT.value, Side.RIGHT.value) if side in by_side]
        rows.append((structure_type(code).name, divided or [by_side[Side.BOTH.value]]))
    return rows


def has_chart(measures: Any, quantity: ChartedQuantity = FAT_FRACTION_CHART) -> bool:
    """Tell whether there is anything to draw."""
    return bool(charted_rows(measures, quantity))


def write_chart(
    measures: Any,
    path: Path,
    width_pixels: int = 450,
    quantity: ChartedQuantity = FAT_FRACTION_CHART,
    reference: Any = None,
) -> None:
    """Draw mean, quartiles and percentiles 5 and 95 of a quantity per structure and side into a file.

    Args:
        measures: Table of measures, one row per structure and side.
        path: File ending in ``.png`` or ``.svg``.
        width_pixels: Width of the picture.
        quantity: What is drawn.
        reference: The ``ReferenceValues`` of a protocol, drawn as a band with its cut-off; None for none.
    """
    from matplotlib.figure import Figure

    from MuscleMyopathyLib.anatomy import SIDE_COLORS, Side

    rows = charted_rows(measures, quantity)
    height = MARGIN_INCHES + ROW_INCHES * len(rows) + (0.25 if reference is not None else 0.0)
    figure = Figure(figsize=(width_pixels / DOTS_PER_INCH, height), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    if reference is not None:
        _draw_reference(axes, reference)
    labelled = set()
    for place, (_name, marks) in enumerate(rows):
        for number, mark in enumerate(marks):
            y = place + (0.0 if len(marks) == 1 else 0.36 * (number - 0.5))
            mean, p5, p25, p75, p95 = (
                _within(mark[quantity.column(name)], quantity.limits)
                for name in ("mean", "p5", "p25", "p75", "p95")
            )
            color = SIDE_COLORS[Side(mark["side"])]
            label = None if mark["side"] in labelled else mark["side"]
            labelled.add(mark["side"])
            axes.plot([p5, p95], [y, y], color=color, linewidth=1)
            axes.plot([p25, p75], [y, y], color=color, linewidth=4, alpha=0.45, solid_capstyle="butt")
            axes.plot([mean], [y], "o", color=color, markersize=4.5, label=label)
    axes.set_yticks(range(len(rows)), [name for name, _marks in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    if quantity.limits is not None:
        axes.set_xlim(*quantity.limits)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(_("{title}: mean, quartiles, percentiles 5 and 95").format(title=quantity.title), fontsize=8)
    axes.grid(axis="x", linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="outside upper right", ncols=3, fontsize=8, frameon=False)
    figure.savefig(path)


def _draw_reference(axes: Any, reference: Any) -> None:
    """Draw a published range of healthy subjects and the cut-off of the same study, behind everything else."""
    mean, sd = reference.healthy
    axes.axvspan(
        mean - 1.96 * sd,
        mean + 1.96 * sd,
        color=REFERENCE_COLOR,
        alpha=0.22,
        linewidth=0,
        label=_("healthy, another protocol: {mean:g} ± 1.96 × {sd:g}").format(mean=mean, sd=sd),
    )
    axes.axvline(
        reference.cut_off,
        color=REFERENCE_COLOR,
        linewidth=1,
        linestyle="--",
        label=_("its cut-off {value:g}").format(value=reference.cut_off),
    )


def _within(value: float, limits: tuple[float, float] | None) -> float:
    return value if limits is None else min(max(value, limits[0]), limits[1])
