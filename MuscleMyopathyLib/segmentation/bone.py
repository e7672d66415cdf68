"""Bones of one limb: marrow, bright as fat, within a ring of dark cortex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.segmentation.contrast import Contrast, local_mean
from MuscleMyopathyLib.segmentation.outline import eroded
from MuscleMyopathyLib.segmentation.polar import Rays, cheapest_closed_path

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

GRID_MM = 1.5
CANDIDATES = 12
WEAKEST_RING = 0.12
"""A slice whose best marrow-in-cortex score stays below this shows no bone."""
WANDERING_COST_PER_MM = 0.006


@dataclass(frozen=True)
class BoneShape:
    """What a bone looks like in cross-section.

    Attributes:
        name: For messages.
        radii_mm: Radii of the marrow that are tried.
        depth_mm: Least depth of its centre below the skin.
    """

    name: str
    radii_mm: tuple[float, ...]
    depth_mm: float


FEMUR = BoneShape("femur", (5.0, 7.0, 9.0, 12.0, 15.0, 19.0, 24.0), 22.0)
TIBIA = BoneShape("tibia", (6.0, 8.0, 10.0, 13.0, 16.0, 20.0), 8.0)
FIBULA = BoneShape("fibula", (2.0, 3.0, 4.5, 6.0), 8.0)

Tracks = dict[int, tuple[float, float, float]]
"""Slice index → row and column of the centre in mm, and the marrow's radius in mm."""


def find_bones(
    contrast: Contrast, limb: Mask, region: Region, spacing_mm: tuple[float, float, float]
) -> tuple[Mask, dict[str, Tracks]]:
    """Return the mask of all bones (cortex and marrow) of a limb, and the track of each by name.

    Args:
        contrast: Signal and fat content of the whole image.
        limb: Where this limb is (slice, row, column).
        region: The thigh has a femur, the calf a tibia and a fibula.
        spacing_mm: Distance of slices, rows and columns.
    """
    bones = np.zeros(limb.shape, dtype=bool)
    tracks: dict[str, Tracks] = {}
    shapes = (FEMUR,) if region is Region.THIGH else (TIBIA, FIBULA)
    found: Tracks = {}
    for shape in shapes:
        candidates = {
            index: _candidates(contrast, limb[index] & ~bones[index], index, shape, spacing_mm, found)
            for index in map(int, np.flatnonzero(limb.any(axis=(1, 2))))
        }
        found = _best_track(candidates, spacing_mm[0])
        tracks[shape.name] = found
        for index, (row, column, radius) in found.items():
            bones[index] |= _outer_border(contrast, index, (row, column), radius, limb[index], spacing_mm)
    return bones, tracks


def _dark_and_marrow(
    contrast: Contrast, index: int, limb: Mask, in_plane: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return darkness (0 tissue … 1 cortex) and marrow likeness (0 … 1) of a slice."""
    brightness = contrast.signal[index]
    level = local_mean(brightness, limb, 20.0, in_plane)
    relative = brightness / np.maximum(level, 1e-6)
    dark = np.where(limb, np.clip((0.55 - relative) / 0.35, 0, 1), 0)
    marrow = np.where(
        limb, np.clip(relative / 0.6, 0, 1) * np.clip((contrast.fat_percent[index] - 40) / 30, 0, 1), 0
    )
    if contrast.inverted:
        marrow = np.where(
            limb, np.clip((contrast.fat_percent[index] - 40) / 30, 0, 1) * np.clip(relative / 0.2, 0, 1), 0
        )
    return dark.astype(np.float32), marrow.astype(np.float32)


def _candidates(
    contrast: Contrast,
    limb: Mask,
    index: int,
    shape: BoneShape,
    spacing_mm: tuple[float, float, float],
    neighbour: Tracks,
) -> list[tuple[float, float, float, float]]:
    """Return (score, row mm, column mm, radius mm) of the best places for a bone in a slice."""
    in_plane = np.array(spacing_mm[1:])
    dark, marrow = _dark_and_marrow(contrast, index, limb, in_plane)
    zoom = in_plane / GRID_MM
    rows, columns = np.flatnonzero(limb.any(axis=1)), np.flatnonzero(limb.any(axis=0))
    if not rows.size:
        return []
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    dark, marrow = (
        ndimage.zoom(part[box], zoom, order=1, grid_mode=True, mode="nearest") for part in (dark, marrow)
    )
    deep = (
        ndimage.zoom(
            eroded(limb, shape.depth_mm, in_plane)[box].astype(np.float32),
            zoom,
            order=0,
            grid_mode=True,
            mode="nearest",
        )
        > 0.5
    )
    if neighbour:
        if index not in neighbour:
            return []
        row, column, _ = neighbour[index]
        y = (np.arange(deep.shape[0]) + 0.5) * GRID_MM + (rows[0] - 0.5) * in_plane[0] - row
        x = (np.arange(deep.shape[1]) + 0.5) * GRID_MM + (columns[0] - 0.5) * in_plane[1] - column
        distance = np.hypot(y[:, None], x[None, :])
        deep &= (distance < 60) & (distance > 12) & (y[:, None] > -5)
    scores = []
    for radius in shape.radii_mm:
        disc, ring = _kernels(radius)
        fat_inside = signal.fftconvolve(marrow, disc, mode="same")
        dark_around = signal.fftconvolve(dark, ring, mode="same")
        scores.append(np.clip(fat_inside, 0, 1) * np.clip(dark_around, 0, 1))
    best = np.max(scores, axis=0)
    which = np.argmax(scores, axis=0)
    peaks = (best == ndimage.maximum_filter(best, 5)) & deep & (best > 0.02)
    places = sorted(((best[p], p) for p in map(tuple, np.argwhere(peaks))), reverse=True)[:CANDIDATES]
    return [
        (
            float(score),
            float((place[0] + 0.5) * GRID_MM + (rows[0] - 0.5) * in_plane[0]),
            float((place[1] + 0.5) * GRID_MM + (columns[0] - 0.5) * in_plane[1]),
            shape.radii_mm[which[place]],
        )
        for score, place in places
    ]


def _kernels(radius_mm: float) -> tuple[Floats, Floats]:
    thickness = max(2.0, 0.35 * radius_mm)
    reach = int(np.ceil((radius_mm + thickness) / GRID_MM))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1] * GRID_MM
    distance = np.hypot(y, x)
    disc = distance <= 0.8 * radius_mm
    ring = (distance > radius_mm) & (distance <= radius_mm + thickness)
    return disc / disc.sum(), ring / ring.sum()


def _best_track(candidates: dict[int, list[tuple[float, float, float, float]]], step_mm: float) -> Tracks:
    """Return the track through the slices of greatest score with little wandering, by dynamic programming."""
    indices = [index for index, places in sorted(candidates.items()) if places]
    if not indices:
        return {}
    totals: list[Floats] = []
    origins: list[npt.NDArray[np.intp]] = []
    places = [np.array(candidates[index]) for index in indices]
    for number, now in enumerate(places):
        if number == 0:
            totals.append(now[:, 0])
            origins.append(np.zeros(len(now), dtype=np.intp))
            continue
        before = places[number - 1]
        distance = np.hypot(now[:, None, 1] - before[None, :, 1], now[:, None, 2] - before[None, :, 2])
        # A limb may lean by about 15 degrees before a move counts as wandering.
        free = 0.25 * step_mm * (indices[number] - indices[number - 1])
        reach = totals[-1][None, :] - WANDERING_COST_PER_MM * np.maximum(distance - free, 0)
        origins.append(reach.argmax(axis=1))
        totals.append(now[:, 0] + reach.max(axis=1))
    track: Tracks = {}
    choice = int(totals[-1].argmax())
    for number in range(len(indices) - 1, -1, -1):
        score, row, column, radius = places[number][choice]
        if score >= WEAKEST_RING:
            track[int(indices[number])] = (float(row), float(column), float(radius))
        choice = int(origins[number][choice])
    return track


def _outer_border(
    contrast: Contrast,
    index: int,
    centre_mm: tuple[float, float],
    radius_mm: float,
    limb: Mask,
    spacing_mm: tuple[float, float, float],
) -> Mask:
    """Return the inside of the cortex' outer border: the closed path from dark (inside) to bright (outside)."""
    in_plane = (spacing_mm[1], spacing_mm[2])
    dark, _ = _dark_and_marrow(contrast, index, limb, np.array(in_plane))
    rays = Rays(centre_mm, in_plane)
    step = 0.5
    radii = np.arange(0.5 * radius_mm, 1.8 * radius_mm + 8, step)
    darkness = rays.sample(dark, radii)
    width = 2 * round(1.0 / step) + 1
    inner = ndimage.uniform_filter1d(darkness, width, axis=1, origin=width // 2)
    outer = ndimage.uniform_filter1d(darkness, width, axis=1, origin=-(width // 2))
    edge = inner - outer
    expected = radius_mm + 0.2 * radius_mm
    cost = -edge + 0.25 * ((radii - expected) / (0.5 * radius_mm + 4)) ** 2
    path = cheapest_closed_path(cost, np.full(len(darkness), 0.1))
    contour = ndimage.uniform_filter1d(radii[path], 5, mode="wrap")
    return rays.inside(contour, (limb.shape[0], limb.shape[1])) & limb
