"""What the report's charts show: fat fraction or T2 by structure, and fat fraction along the limb.

Places on an axis are percentages of its length, so that the page draws the charts at any width with text of one
size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Kind, Side, structure_type
from MuscleMyopathyLib.qmri.measures import Quantity
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.report.line_chart import Axis

_ORDER = {kind.code: rank for rank, kind in enumerate(STRUCTURE_TYPES)}

PROFILE_TOPS_PERCENT = (25.0, 50.0, 100.0)
"""The fat-fraction axis along the limb ends at the first of these that holds every point."""


@dataclass(frozen=True)
class Mark:
    """A quantity of one structure on one side, as percent of the axis, within 0 to 100 for drawing."""

    side: Side
    mean: float
    p5: float
    p25: float
    p75: float
    p95: float
    text: str


@dataclass(frozen=True)
class StructureRow:
    """One structure of the chart, with a mark for each side measured."""

    code: str
    name: str
    marks: tuple[Mark, ...]


FAT_FRACTION_AXIS = Axis("fat fraction, %", 0.0, 100.0, tuple((float(v), str(v)) for v in range(0, 101, 20)))


def structure_rows(
    measures: pd.DataFrame, quantity: Quantity = Quantity.FAT_FRACTION, axis: Axis = FAT_FRACTION_AXIS
) -> list[StructureRow]:
    """Return the whole muscle and then the muscles in the order of anatomy.py.

    A structure measured by side and also undivided is shown by side. Structures without a value are left out;
    tissue compartments too, which say nothing about muscle.

    Args:
        measures: One row per structure and side, of one sequence.
        quantity: What is charted.
        axis: Its axis.
    """
    column = quantity.column("mean")
    if column not in measures:
        return []
    shown = measures[
        measures[column].notna()
        & measures["structure"].map(lambda code: code == "MUSCLE" or structure_type(code).kind is Kind.MUSCLE)
    ]
    codes = sorted(shown["structure"].unique(), key=lambda code: (code != "MUSCLE", _ORDER[code]))
    rows = []
    for code in codes:
        by_side = {Side(row["side"]): row for _, row in shown[shown["structure"] == code].iterrows()}
        divided: list[Side] = [side for side in (Side.LEFT, Side.RIGHT) if side in by_side]
        rows.append(
            StructureRow(
                code,
                structure_type(code).name,
                tuple(_mark(side, by_side[side], quantity, axis) for side in divided or [Side.BOTH]),
            )
        )
    return rows


def time_axis(measures: pd.DataFrame, quantities: Sequence[Quantity], title: str) -> Axis:
    """Return an axis from 0 that holds the percentiles 5 to 95 of all structures, for several charts alike."""
    columns = [quantity.column("p95") for quantity in quantities if quantity.column("p95") in measures]
    largest = float(np.nanmax(measures[columns].to_numpy(dtype=float), initial=20.0))
    top = 20.0 * np.ceil(largest / 20.0)
    return Axis(title, 0.0, float(top), tuple((tick, f"{tick:g}") for tick in round_ticks(0.0, float(top))))


def _mark(side: Side, row: pd.Series, quantity: Quantity, axis: Axis) -> Mark:
    def place(name: str) -> float:
        return min(max(float(axis.percent(row[quantity.column(name)])), 0.0), 100.0)

    return Mark(
        side,
        mean=place("mean"),
        p5=place("p5"),
        p25=place("p25"),
        p75=place("p75"),
        p95=place("p95"),
        text=number(row[quantity.column("mean")]),
    )


@dataclass(frozen=True)
class ProfilePoint:
    """One slice: its place on both axes in percent of their lengths, and its numbers in words."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class ProfileLine:
    """The whole muscle of one side along the limb, with the band between its quartiles as SVG points."""

    side: Side
    points: tuple[ProfilePoint, ...]
    band: str


@dataclass(frozen=True)
class Profile:
    """Fat fraction along the limb, distal on the left; ticks as (percent of the axis, text)."""

    lines: tuple[ProfileLine, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def limb_profile(by_slice: pd.DataFrame, *, toward_head: bool) -> Profile | None:
    """Return the fat fraction of the whole muscle along the limb; None for fewer than two slices.

    Args:
        by_slice: Measures per slice.
        toward_head: Whether ``position_mm`` grows towards the head, which is proximal in the leg.
    """
    rows = by_slice[(by_slice["structure"] == "MUSCLE") & by_slice["ff_mean_percent"].notna()]
    if rows["position_mm"].nunique() < 2:
        return None
    low, high = float(rows["position_mm"].min()), float(rows["position_mm"].max())
    largest = float(rows[["ff_mean_percent", "ff_p75_percent"]].max().max())
    top = next((top for top in PROFILE_TOPS_PERCENT if largest <= top), 100.0)

    def x(position_mm: float) -> float:
        share = (position_mm - low) / (high - low)
        return round(100 * (share if toward_head else 1 - share), 2)

    def y(percent: float) -> float:
        return round(100 - min(max(percent / top, 0.0), 1.0) * 100, 2)

    lines = []
    for side in Side:
        line = rows[rows["side"] == side].sort_values("position_mm")
        if line.empty:
            continue
        points = tuple(
            ProfilePoint(
                x(row["position_mm"]),
                y(row["ff_mean_percent"]),
                f"slice {int(row['slice']) + 1}, {number(row['position_mm'])} mm, {side}: "
                f"{number(row['ff_mean_percent'])} % (quartiles {number(row['ff_p25_percent'])} to "
                f"{number(row['ff_p75_percent'])} %)",
            )
            for _, row in line.iterrows()
        )
        upper = [(x(p), y(v)) for p, v in zip(line["position_mm"], line["ff_p75_percent"], strict=True)]
        lower = [(x(p), y(v)) for p, v in zip(line["position_mm"], line["ff_p25_percent"], strict=True)]
        band = " ".join(f"{px},{py}" for px, py in (*upper, *reversed(lower)))
        lines.append(ProfileLine(side, points, band))
    return Profile(
        tuple(lines),
        tuple((x(tick), number(tick, 0)) for tick in round_ticks(low, high)),
        tuple((y(tick), number(tick, 0)) for tick in round_ticks(0, top)),
    )


def round_ticks(low: float, high: float, at_most: int = 6) -> Sequence[float]:
    """Return round numbers within an interval, at most ``at_most`` and evenly spaced.

    >>> round_ticks(-226, 86)
    [-200.0, -100.0, 0.0]
    """
    rough = (high - low) / (at_most - 1)
    power = 10 ** np.floor(np.log10(rough))
    step = next(float(power * factor) for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = np.ceil(low / step - 1e-9)
    return [float(n * step) + 0.0 for n in np.arange(first, np.floor(high / step + 1e-9) + 1)]
