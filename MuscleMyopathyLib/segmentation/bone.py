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
WEAKEST_RING = 0.1
"""A slice whose best marrow-in-cortex score stays below this shows no ring."""
LEAST_EDGE = 0.7
"""A bone's border must stand out (dark inside, tissue outside) over this share of the turn."""
MOST_OPEN = 0.12
"""A bone's border may run through fat without cortex over this share of the turn."""
LEAST_MARROW = 0.4
"""The middle of a bone must be marrow to this degree, 0 to 1."""
EDGE_STEP_MM = 0.5
THROUGH_FAT = 0.6
"""Cost of running through marrow or other fat, with no cortex beside."""
INWARD, OUTWARD = 0.5, 0.08
"""Cost of running half a radius and 4 mm off the expected cortex, where a perfect edge gains 1."""
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


@dataclass(frozen=True)
class _Section:
    """A bone in one slice: its mask, and how well it stands out."""

    mask: Mask
    centre_mm: tuple[float, float]
    radius_mm: float
    edge: float
    marrow: float
    open: float

    @property
    def convincing(self) -> bool:
        return self.edge >= LEAST_EDGE and self.marrow >= LEAST_MARROW and self.open <= MOST_OPEN


def find_bones(
    contrast: Contrast, limb: Mask, region: Region, spacing_mm: tuple[float, float, float]
) -> tuple[Mask, dict[str, Tracks]]:
    """Return the mask of all bones (cortex and marrow) of a limb, and the track of each by name.

    A bone is first looked for as a ring where its cortex is thick; from there its border is followed slice by
    slice towards the joints, where the cortex is a thin line.

    Args:
        contrast: Signal and fat content of the whole image.
        limb: Where this limb is (slice, row, column).
        region: The thigh has a femur, the calf a tibia and a fibula.
        spacing_mm: Distance of slices, rows and columns.
    """
    slices = {
        int(index): _bone_slice(contrast, int(index), limb[index], spacing_mm)
        for index in np.flatnonzero(limb.any(axis=(1, 2)))
    }
    bones = np.zeros(limb.shape, dtype=bool)
    tracks: dict[str, Tracks] = {}
    beside: Tracks | None = None
    for shape in (FEMUR,) if region is Region.THIGH else (TIBIA, FIBULA):
        candidates = {index: _candidates(view, shape, beside, index) for index, view in slices.items()}
        rings = _best_track(candidates, spacing_mm[0])
        sections = {}
        for index, (row, column, radius) in rings.items():
            section = _section(slices[index], (row, column), radius, 1.8)
            if section.convincing:
                sections[index] = section
        _follow(sections, slices)
        tracks[shape.name] = beside = {
            index: (*section.centre_mm, section.radius_mm) for index, section in sorted(sections.items())
        }
        for index, section in sections.items():
            bones[index] |= section.mask
    return bones, tracks


def _follow(sections: dict[int, _Section], slices: dict[int, _BoneSlice]) -> None:
    """Add, from the slices where a bone was found to those where it was not, what its border goes over into."""
    for step in (1, -1):
        for index in sorted(slices, reverse=step < 0):
            before = sections.get(index - step)
            if before is None or index in sections:
                continue
            section = _section(slices[index], before.centre_mm, before.radius_mm, 2.2)
            if section.convincing:
                sections[index] = section


@dataclass(frozen=True)
class _BoneSlice:
    """A slice of a limb: darkness (0 tissue … 1 cortex) and marrow likeness (0 … 1)."""

    dark: npt.NDArray[np.float32]
    marrow: npt.NDArray[np.float32]
    limb: Mask
    in_plane_mm: tuple[float, float]


def _bone_slice(contrast: Contrast, index: int, limb: Mask, spacing_mm: tuple[float, float, float]) -> _BoneSlice:
    in_plane = np.array(spacing_mm[1:])
    brightness = contrast.signal[index]
    level = local_mean(brightness, limb, 20.0, in_plane)
    relative = brightness / np.maximum(level, 1e-6)
    fatty = np.clip((contrast.fat_percent[index] - 40) / 30, 0, 1)
    # Where fat is the dark tissue of the image, marrow is dark too, only brighter than cortex.
    bright = np.clip(relative / (0.2 if contrast.inverted else 0.6), 0, 1)
    dark = np.where(limb, np.clip((0.55 - relative) / 0.35, 0, 1), 0)
    marrow = np.where(limb, bright * fatty, 0)
    return _BoneSlice(
        dark.astype(np.float32), marrow.astype(np.float32), limb, (float(in_plane[0]), float(in_plane[1]))
    )


def _candidates(
    view: _BoneSlice, shape: BoneShape, beside: Tracks | None, index: int
) -> list[tuple[float, float, float, float]]:
    """Return (score, row mm, column mm, radius mm) of the best places for a bone in a slice.

    With ``beside``, the track of the tibia, places are for the fibula: 12 to 60 mm from it, not in front of it.
    """
    in_plane = np.array(view.in_plane_mm)
    zoom = in_plane / GRID_MM
    rows, columns = np.flatnonzero(view.limb.any(axis=1)), np.flatnonzero(view.limb.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    start = (np.array([rows[0], columns[0]]) - 0.5) * in_plane
    depth = eroded(view.limb, shape.depth_mm, in_plane).astype(np.float32)
    dark, marrow, depth = (
        ndimage.zoom(part[box], zoom, order=1, grid_mode=True, mode="nearest")
        for part in (view.dark, view.marrow, depth)
    )
    deep = depth > 0.5
    if beside is not None:
        if index not in beside:
            return []
        row, column, _ = beside[index]
        y = (np.arange(deep.shape[0]) + 0.5) * GRID_MM + start[0] - row
        x = (np.arange(deep.shape[1]) + 0.5) * GRID_MM + start[1] - column
        distance = np.hypot(y[:, None], x[None, :])
        deep &= (distance < 60) & (distance > 12) & (y[:, None] > -5)
    scores = []
    for radius in shape.radii_mm:
        disc, ring = _kernels(radius)
        fat_inside = signal.fftconvolve(marrow, disc, mode="same")
        dark_around = signal.fftconvolve(dark, ring, mode="same")
        # Of discs that fill their ring equally well the larger one is the marrow, the smaller a part of it.
        preference = (radius / shape.radii_mm[-1]) ** 0.25
        scores.append(preference * np.clip(fat_inside, 0, 1) * np.clip(dark_around, 0, 1))
    best = np.max(scores, axis=0)
    which = np.argmax(scores, axis=0)
    peaks = (best == ndimage.maximum_filter(best, 5)) & deep & (best > 0.02)
    places = sorted(((best[p], p) for p in map(tuple, np.argwhere(peaks))), reverse=True)[:CANDIDATES]
    return [
        (
            float(score),
            float((place[0] + 0.5) * GRID_MM + start[0]),
            float((place[1] + 0.5) * GRID_MM + start[1]),
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


def _section(view: _BoneSlice, centre_mm: tuple[float, float], radius_mm: float, widest: float) -> _Section:
    """Return the bone around a centre: inside the closed path where dark cortex ends and tissue begins.

    The path is looked for between 0.8 and ``widest`` times the expected radius, plus 8 mm of cortex.
    """
    rays = Rays(centre_mm, view.in_plane_mm)
    radii = np.arange(0.8 * radius_mm, widest * radius_mm + 8, EDGE_STEP_MM)
    darkness = rays.sample(view.dark, radii)
    width = 2 * round(1.0 / EDGE_STEP_MM) + 1
    inner = ndimage.uniform_filter1d(darkness, width, axis=1, origin=width // 2)
    outer = ndimage.uniform_filter1d(darkness, width, axis=1, origin=-(width // 2))
    edge = inner - outer
    # The marrow's radius is rather found too small than too large, so the path is freer outwards.
    off = (radii - 1.2 * radius_mm) / (0.5 * radius_mm + 4)
    fatty = rays.sample(view.marrow, radii)
    through_fat = ndimage.minimum_filter1d(fatty, 2 * width + 1, axis=1)
    cost = -edge + THROUGH_FAT * through_fat + np.where(off < 0, INWARD, OUTWARD) * off**2
    path = cheapest_closed_path(cost, np.full(len(darkness), 0.15))
    contour = ndimage.uniform_filter1d(radii[path], 5, mode="wrap")
    mask = rays.inside(contour, (view.limb.shape[0], view.limb.shape[1])) & view.limb
    clear = float(np.mean(edge[np.arange(len(edge)), path] > 0.2))
    core = rays.inside(0.5 * contour, (view.limb.shape[0], view.limb.shape[1]))
    row, column = (
        float(c * s) for c, s in zip(ndimage.center_of_mass(mask | core), view.in_plane_mm, strict=True)
    )
    middle = float(view.marrow[core].mean()) if core.any() else 0.0
    gap = float(np.mean(through_fat[np.arange(len(edge)), path] > 0.5))
    return _Section(mask, (row, column), float(0.8 * contour.mean()), clear, middle, gap)
