"""Line charts whose places are percentages of the axes, so that a page draws them at any width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Tick = tuple[float, str]

COLORS = 8
"""Number of line colours and dash patterns in classifier.css; a ninth line begins anew."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: With its unit.
        low: Value at its start.
        high: Value at its end.
        ticks: (value, text).
    """

    title: str
    low: float
    high: float
    ticks: tuple[Tick, ...]

    def percent(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return values as percent of the axis."""
        return 100 * (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)

    @property
    def places(self) -> tuple[Tick, ...]:
        """The ticks as (percent of the axis, text)."""
        return tuple((round(float(self.percent(value)), 2), text) for value, text in self.ticks)


SHARE_TICKS: tuple[Tick, ...] = ((0, "0"), (0.25, ""), (0.5, "0.5"), (0.75, ""), (1, "1"))


def share_axis(title: str) -> Axis:
    """Return an axis from 0 to 1."""
    return Axis(title, 0.0, 1.0, SHARE_TICKS)


@dataclass(frozen=True)
class Mark:
    """A point, in percent of both axes (y from the top).

    Attributes:
        x: Abscissa.
        y: Ordinate.
        text: What it says.
        bar: Ordinates of the ends of its interval; None for none.
    """

    x: float
    y: float
    text: str
    bar: tuple[float, float] | None = None


@dataclass(frozen=True)
class Line:
    """A line of a chart as SVG points.

    Attributes:
        label: What it is.
        color: Index of its colour and dash pattern.
        points: "x,y x,y …" in percent, y from the top.
        band: Outline of its band, likewise; empty for none.
        marks: Points to draw with a mark.
    """

    label: str
    color: int
    points: str
    band: str = ""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        title: Above it.
        x: Abscissa.
        y: Ordinate.
        lines: From back to front.
        references: Grey lines as SVG points, with their names, such as chance.
    """

    title: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    references: tuple[tuple[str, str], ...] = ()


def svg_points(x: Axis, y: Axis, xs: npt.ArrayLike, ys: npt.ArrayLike) -> str:
    """Return points for an SVG polyline; a point between two others of the same direction is left out."""
    along, across = np.round(x.percent(xs), 2), np.round(100 - y.percent(ys), 2)
    return " ".join(f"{a:g},{b:g}" for a, b in _without_straight(list(zip(along, across, strict=True))))


def svg_band(x: Axis, y: Axis, xs: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> str:
    """Return the outline of a band between two lines."""
    backwards = np.asarray(xs)[::-1], np.asarray(low)[::-1]
    return f"{svg_points(x, y, xs, high)} {svg_points(x, y, *backwards)}"


def _without_straight(points: Sequence[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    for place, point in enumerate(points):
        if 0 < place < len(points) - 1:
            (ax, ay), (bx, by) = points[place - 1], points[place + 1]
            if abs((point[0] - ax) * (by - ay) - (point[1] - ay) * (bx - ax)) < 1e-9:
                continue
        yield point
