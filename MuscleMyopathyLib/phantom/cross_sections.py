"""Cross-sections of a limb along its length, read from ``Resources/Phantom`` and blended between the levels.

A structure is a stroke: a chain of discs joined to a rounded band. Its control points are given at a few levels;
between them every coordinate follows a shape-preserving cubic (PCHIP), so that a muscle swells and wanes smoothly,
and beyond its first and last level it tapers off within `TAPER` of the segment's length.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline, PchipInterpolator

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.resources import resource

Array = npt.NDArray[np.float64]

TAPER = 0.07
"""Share of the segment's length over which a muscle tapers off beyond the levels given for it."""


@dataclass(frozen=True)
class StructureTable:
    """One structure along the limb: its kind, and its control points (point, [u, v, radius]) at any level."""

    name: str
    kind: str
    first_level: float
    last_level: float
    curve: PchipInterpolator
    points: int

    def at(self, level: float) -> Array | None:
        """Return the control points (points, 3) in units at a level of 0 to 1, or None where it is absent."""
        if not self.first_level <= level <= self.last_level:
            return None
        return np.asarray(self.curve(level)).reshape(self.points, 3)


@dataclass(frozen=True)
class LimbTable:
    """The cross-sections of one limb segment.

    Attributes:
        length_mm: Length of the segment.
        external_rotation_degrees: How far the front of the relaxed limb turns to the side.
        growth: How far, in units, a muscle spreads beyond its stroke into free space.
        structures: All structures, by name.
    """

    length_mm: float
    external_rotation_degrees: float
    growth: float
    structures: dict[str, StructureTable]
    _unit: PchipInterpolator
    _cortex: PchipInterpolator
    _fascia: PchipInterpolator
    _fat: PchipInterpolator

    def unit_mm(self, level: float) -> float:
        """Return the unit of the cross-section in mm."""
        return float(self._unit(level))

    def cortex_mm(self, level: float) -> float:
        """Return the thickness of the bone's cortex."""
        return float(self._cortex(level))

    def fascia_radius(self, level: float) -> CubicSpline[np.float64]:
        """Return the radius of the deep fascia in units over the angle in radians."""
        return _periodic(self._fascia(level))

    def fat_thickness_mm(self, level: float) -> CubicSpline[np.float64]:
        """Return the thickness of skin and subcutaneous fat in mm over the angle in radians."""
        return _periodic(self._fat(level))


def _periodic(values: Array) -> CubicSpline[np.float64]:
    # A limb has no corners: each value gives way to its neighbours.
    values = 0.5 * values + 0.25 * (np.roll(values, 1) + np.roll(values, -1))
    angles = np.linspace(0, 2 * np.pi, len(values) + 1)
    return CubicSpline(angles, np.append(values, values[0]), bc_type="periodic")


def _over_levels(stations: list[list[Any]]) -> PchipInterpolator:
    return PchipInterpolator([s[0] for s in stations], np.array([s[1] for s in stations], dtype=float), axis=0)


def _structure(name: str, entry: dict[str, Any]) -> StructureTable:
    levels = [float(station[0]) for station in entry["stations"]]
    points = [np.array(station[1], dtype=float) for station in entry["stations"]]
    shrink = np.array([1.0, 1.0, 0.1])
    if levels[0] > 0:
        levels.insert(0, levels[0] - TAPER)
        points.insert(0, points[0] * shrink)
    if levels[-1] < 1:
        levels.append(levels[-1] + TAPER)
        points.append(points[-1] * shrink)
    curve = PchipInterpolator(levels, np.array([p.ravel() for p in points]), axis=0)
    return StructureTable(name, entry["kind"], levels[0], levels[-1], curve, len(points[0]))


@cache
def limb_table(region: Region) -> LimbTable:
    """Return the cross-sections of a region."""
    table = json.loads(resource("Phantom", f"{region}.json").read_text(encoding="utf-8"))
    return LimbTable(
        length_mm=table["length_mm"],
        external_rotation_degrees=table["external_rotation_degrees"],
        growth=table["growth"],
        structures={name: _structure(name, entry) for name, entry in table["structures"].items()},
        _unit=_over_levels(table["unit_mm"]),
        _cortex=_over_levels(table["cortex_mm"]),
        _fascia=_over_levels(table["fascia"]),
        _fat=_over_levels(table["subcutaneous_fat_mm"]),
    )
