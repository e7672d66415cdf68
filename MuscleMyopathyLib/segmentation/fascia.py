"""The deep fascia: the border between subcutaneous fat and everything that lies among the muscles.

In a dystrophy muscle turns into fat as bright as the fat around it. What then still tells the compartment from
the subcutaneous layer is that replaced muscle keeps some water and its texture, that the fascia is a thin line
poor in fat, and that the border is a smooth ring that changes little from slice to slice. All of this enters
the cost of one closed path per limb and slice; the path of least cost is found exactly (dynamic programming in
polar coordinates, as in optimal surface detection: Li et al., IEEE Trans Pattern Anal Mach Intell 2006;28:119).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.contrast import Contrast, local_mean
from MuscleMyopathyLib.segmentation.outline import eroded, opened
from MuscleMyopathyLib.segmentation.polar import Rays, cheapest_closed_path

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SKIN_MM = 2.5
SMALLEST_MUSCLE_MM2 = 60.0
VESSEL_RADIUS_MM = 2.5
DEEPEST_NOTCH_MM = 30.0
WIDEST_BULGE_MM = 6.0
STEP_MM = 0.75
FAT_INSIDE = 0.35
"""Cost of a square millimetre of plain fat inside, relative to a square millimetre of muscle outside."""
LINE = 1.5
BEND = 14.0
NEIGHBOUR = 0.02


@dataclass(frozen=True)
class FasciaContour:
    """The fascia of one limb in one slice: its radius in mm along rays from a centre."""

    rays: Rays
    radius_mm: Floats


def muscle_likeness(
    contrast: Contrast, index: int, limb: Mask, in_plane_mm: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return how far each voxel of a slice is from plain fat (0 plain fat … 1 surely not), and the lack of fat.

    Plain fat is the local level of the fat below the skin; its own scatter is the measure of what counts as less.
    """
    percent = contrast.fat_percent[index]
    smooth = ndimage.gaussian_filter(percent, 0.8 / in_plane_mm)
    coarse = ndimage.gaussian_filter(percent, 2.5 / in_plane_mm)
    layer = eroded(limb, SKIN_MM, in_plane_mm) & ~eroded(limb, SKIN_MM + 6.0, in_plane_mm) & (smooth > 50)
    if layer.sum() < 20:
        layer = limb & (smooth > 50)
    if not layer.any():
        return limb.astype(np.float32), np.where(limb, 100.0, 0.0).astype(np.float32)
    typical = float(np.median(smooth[layer]))
    scatter = 1.4826 * float(np.median(np.abs(smooth[layer] - typical)))
    plain = limb & (smooth > typical - max(3 * scatter, 6.0))
    level = local_mean(smooth, plain, 25.0, in_plane_mm)
    lack = np.where(limb, level - smooth, 0).astype(np.float32)
    lack_coarse = np.where(limb, level - coarse, 0)
    fine = np.clip((lack - max(3 * scatter, 5.0)) / 8.0, 0, 1)
    wide = np.clip((lack_coarse - max(1.5 * scatter, 3.0)) / 5.0, 0, 1)
    return np.maximum(fine, wide).astype(np.float32), lack


def muscle_extent(likeness: npt.NDArray[np.float32], limb: Mask, in_plane_mm: npt.NDArray[np.float64]) -> Mask:
    """Return where there is muscle or what is left of it: without skin, and without vessels of the fat layer."""
    deep = eroded(limb, SKIN_MM, in_plane_mm)
    extent = opened((likeness > 0.5) & deep, VESSEL_RADIUS_MM, in_plane_mm)
    parts, count = ndimage.label(extent)
    if count == 0:
        return extent
    areas = np.bincount(parts.ravel()) * in_plane_mm.prod()
    areas[0] = 0
    return np.asarray((areas >= SMALLEST_MUSCLE_MM2)[parts])


def convex_radius(rays: Rays, extent: Mask) -> Floats:
    """Return the radius per angle of the convex hull of a mask, seen from the rays' centre."""
    radius = rays.extent(extent)
    angles = rays.angles
    # The hull's support in each direction is the greatest projection of any point; its border the envelope.
    cosine = np.cos(angles[:, None] - angles[None, :])
    support = (radius[None, :] * cosine).max(axis=1)
    with np.errstate(divide="ignore"):
        limits = np.where(cosine > 0.05, support[:, None] / cosine, np.inf)
    return np.asarray(limits.min(axis=0))


def fascia_contours(
    contrast: Contrast, limb: Mask, spacing_mm: tuple[float, float, float], joined: Mask
) -> dict[int, FasciaContour]:
    """Find the fascia of one limb in every slice where there is any muscle.

    Args:
        contrast: Signal and fat content of the whole image.
        limb: Where this limb is (slice, row, column).
        spacing_mm: Distance of slices, rows and columns.
        joined: Per slice, whether both limbs are joined there.
    """
    in_plane = np.array(spacing_mm[1:])
    contours: dict[int, FasciaContour] = {}
    for index in map(int, np.flatnonzero(limb.any(axis=(1, 2)))):
        likeness, lack = muscle_likeness(contrast, index, limb[index], in_plane)
        extent = muscle_extent(likeness, limb[index], in_plane)
        if extent.sum() * in_plane.prod() < 4 * SMALLEST_MUSCLE_MM2:
            continue
        centre = np.array(ndimage.center_of_mass(extent)) * in_plane
        rays = Rays((float(centre[0]), float(centre[1])), (float(in_plane[0]), float(in_plane[1])))
        contours[index] = FasciaContour(rays, _fascia_radius(rays, likeness, lack, extent, limb[index]))
    return contours


def _fascia_radius(
    rays: Rays,
    likeness: npt.NDArray[np.float32],
    lack: npt.NDArray[np.float32],
    extent: Mask,
    limb: Mask,
) -> Floats:
    hull = convex_radius(rays, extent)
    offsets = np.arange(-DEEPEST_NOTCH_MM, WIDEST_BULGE_MM, STEP_MM)
    radii = np.maximum(hull[:, None] + offsets, 0.0)
    arc = np.maximum(radii, 5.0) * (2 * np.pi / len(hull))
    muscle = rays.sample(likeness, radii)
    body = rays.sample(limb, radii)
    area = arc * STEP_MM
    inside = np.cumsum(FAT_INSIDE * (1 - muscle) * area, axis=1)
    outside = np.cumsum((muscle * area)[:, ::-1], axis=1)[:, ::-1] - muscle * area
    line = _thin_line(rays.sample(lack, radii))
    cost = inside + outside - LINE * line * arc + np.where(body < 0.5, 50.0, 0.0)
    bend = BEND * STEP_MM**2 / np.maximum(hull, 10.0) / (2 * np.pi / len(hull))
    path = cheapest_closed_path(cost, bend)
    chosen = hull + offsets[path]
    return np.asarray(ndimage.gaussian_filter1d(chosen, 1.0, mode="wrap") + 0.5)


def _thin_line(lack: Floats) -> Floats:
    """Return how much a thin line poor in fat stands out along each ray, 0 … 1."""
    reach = max(1, round(2.0 / STEP_MM))
    before = np.pad(lack, ((0, 0), (reach, 0)), mode="edge")[:, :-reach]
    after = np.pad(lack, ((0, 0), (0, reach)), mode="edge")[:, reach:]
    return np.clip((lack - np.maximum(before, after)) / 6.0, 0, 1)
