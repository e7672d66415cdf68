"""Distances from strokes: chains of discs joined to rounded bands, from which every structure is made."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def stroke_distance(stroke: Array, u: Array, v: Array) -> Array:
    """Return the distance from a stroke's border, negative within.

    Args:
        stroke: Discs (number, [u, v, radius]). Neighbouring discs are joined by a band whose radius changes
            linearly. A chain that ends where it began, turning anticlockwise around a convex shape, encloses its
            inside too.
        u: Positions.
        v: Positions, of the same shape.
    """
    if len(stroke) == 1:
        return np.asarray(np.hypot(u - stroke[0, 0], v - stroke[0, 1]) - stroke[0, 2])
    nearest = np.full(u.shape, np.inf, np.float32)
    within = np.full(u.shape, -np.inf, np.float32)
    enclosed = np.full(u.shape, len(stroke) > 3 and bool((stroke[0] == stroke[-1]).all()))
    for start, stop in pairwise(stroke):
        du, dv = stop[0] - start[0], stop[1] - start[1]
        a, b = u - start[0], v - start[1]
        part = np.clip((a * du + b * dv) / np.float32(max(float(du * du + dv * dv), 1e-6)), 0, 1)
        away = np.hypot(a - part * du, b - part * dv)
        radius = start[2] + part * (stop[2] - start[2])
        nearest = np.minimum(nearest, away - radius)
        within = np.maximum(within, -away - radius)
        enclosed &= du * b - dv * a >= 0
    return np.where(enclosed, within, nearest)


def fibre_frame(stroke: Array, u: Array, v: Array) -> tuple[Array, Array]:
    """Return positions across and along a muscle's bundles, which run along its stroke, slightly fanned.

    Args:
        stroke: Discs (number, [u, v, radius]).
        u: Positions.
        v: Positions, of the same shape.
    """
    middle = stroke[:, :2].mean(axis=0)
    direction = stroke[-1, :2] - stroke[0, :2]
    size = float(np.hypot(*direction))
    du, dv = direction / size if size > 1e-3 else (1.0, 0.0)
    a, b = u - middle[0], v - middle[1]
    along, across = a * du + b * dv, b * du - a * dv
    return across + np.float32(0.004) * along**2, along


def ramp(value: Array) -> Array:
    """Return 0 to 1 for values of 0 to 1, smooth at both ends."""
    clipped = np.clip(value, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), dtype=np.float32)


def smooth_maximum(first: Array, second: Array, width_mm: float) -> Array:
    """Return the greater of two distances with the edge between them rounded over a width."""
    blend = np.clip(width_mm - np.abs(first - second), 0, None)
    return np.asarray(np.maximum(first, second) + blend**2 / (4 * width_mm), dtype=np.float32)
