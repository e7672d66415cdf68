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
from MuscleMyopathyLib.segmentation.outline import opened
from MuscleMyopathyLib.segmentation.polar import ANGLES, Rays, cheapest_closed_path

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

DEEPEST_SKIN_MM = 7.0
LEVEL_SMOOTHING_MM = 20.0
FINE_MM, WIDE_MM = 0.8, 2.5
"""Widths of the Gaussians: strands within replaced muscle are seen at the first, its average at the second."""
LEAST_LACK_PERCENT = 4.0
"""Less fat than the local plain fat by this much is no plain fat, whatever the noise."""
SMALLEST_MUSCLE_MM2 = 60.0
SHALLOWEST = 0.6
"""A part by itself that lies wholly above this fraction of the usual depth of muscle is an artefact of the fat
layer, such as water and fat exchanged near the skin."""
VESSEL_RADIUS_MM = 3.0
DEEPEST_NOTCH_MM = 30.0
WIDEST_BULGE_MM = 16.0
STEP_MM = 0.75
PLAIN_FAT = 0.3
"""Below this lack of fat (in units of the least sure lack) a voxel counts as plain fat, which belongs outside."""
PLAIN_FAT_WITHIN = 0.4
"""Share of plain fat's cost where the neighbouring slice leads to expect the inside: muscle wholly replaced."""
LINE = 3.0
"""Gain of a millimetre of path on a thin line poor in fat, in the same unit."""
LINE_BELOW_SKIN_MM = 8.0
"""Nearer to the skin thin lines are no fascia but the skin's own border."""
BEND = 6.0
"""Cost of leaving the course of the convex hull by a slope of one, per millimetre of path."""
BEYOND = 50.0
"""Cost per millimetre of path beyond the skin or beyond what the neighbouring slice allows."""
FASCIA_OFFSET_MM = 0.0
"""The fascia lies this far outside the half level of the muscles' border."""
STEEPEST_SLOPE = 0.35
"""Millimetres by which the fascia may move outwards per millimetre along the limb, beyond the skin's course."""
SLACK_MM = 4.0
LEAST_EXTENT_MM2 = 250.0
"""With less muscle than this in a slice no fascia is looked for."""


@dataclass(frozen=True)
class FasciaContour:
    """The fascia of one limb in one slice: its radius in mm along rays from a centre."""

    rays: Rays
    radius_mm: Floats


def muscle_likeness(
    contrast: Contrast, index: int, limb: Mask, in_plane_mm: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return how sure each voxel of a slice is no plain fat (0 … 1), and its lack of fat in units of the least.

    Plain fat is the local level of the fat below the skin; its own scatter is the measure of what counts as less.
    """
    percent = contrast.fat_percent[index]
    smooth = ndimage.gaussian_filter(percent, FINE_MM / in_plane_mm)
    depth = ndimage.distance_transform_edt(limb, sampling=in_plane_mm)
    skin = skin_depth_mm(smooth, depth)
    deep = depth > skin + 0.5
    layer = deep & (depth <= skin + 8.0) & (smooth > 50)
    if not layer.any():
        return limb.astype(np.float32), np.where(limb, 100.0, 0.0).astype(np.float32)
    plain = deep & (smooth > np.median(smooth[layer]) - 10)
    level = local_mean(smooth, plain, LEVEL_SMOOTHING_MM, in_plane_mm)
    plain &= level - smooth < 5
    level = local_mean(smooth, plain, LEVEL_SMOOTHING_MM, in_plane_mm)
    lack = level - percent
    scatter = _scatter((level - smooth)[layer & plain])
    least = float(np.clip(3 * scatter, LEAST_LACK_PERCENT, 3 * LEAST_LACK_PERCENT))
    # Clipped, so that smoothing does not spread the edge of lean muscle into the fat beside it.
    lack = np.clip(lack, -2 * least, 2 * least)
    fine, wide = (ndimage.gaussian_filter(lack, width / in_plane_mm) / least for width in (FINE_MM, WIDE_MM))
    likeness = np.maximum(fine - 1.0, wide / 0.6 - 1.0)
    return (
        np.where(deep, np.clip(likeness, 0, 1), 0).astype(np.float32),
        np.where(deep, (fine + wide) / 2, 0).astype(np.float32),
    )


def skin_depth_mm(fat_percent: npt.NDArray[np.float32], depth_mm: Floats) -> float:
    """Return the depth in mm at which the fat below the skin begins: where its fat content has nearly risen."""
    depths = np.arange(0.5, DEEPEST_SKIN_MM, 0.5)
    content = [
        np.median(fat_percent[ring]) if ring.any() else 0.0
        for ring in ((depth_mm > depth) & (depth_mm <= depth + 1.0) for depth in depths)
    ]
    return float(depths[int(np.argmax(np.array(content) > max(content) - 3.0))])


def _scatter(values: npt.NDArray[np.floating]) -> float:
    """Return the standard deviation, from the median absolute deviation; 0 without values."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def muscle_extent(likeness: npt.NDArray[np.float32], limb: Mask, in_plane_mm: npt.NDArray[np.float64]) -> Mask:
    """Return where there is muscle or what is left of it: without skin, and without vessels of the fat layer."""
    extent = opened((likeness > 0.5) & limb, VESSEL_RADIUS_MM, in_plane_mm)
    parts, count = ndimage.label(extent)
    if count == 0:
        return extent
    areas = np.bincount(parts.ravel()) * in_plane_mm.prod()
    areas[0] = 0
    depth = ndimage.distance_transform_edt(limb, sampling=in_plane_mm)
    main = parts == areas.argmax()
    border = main & ~ndimage.binary_erosion(main)
    deepest = np.zeros(count + 1)
    np.maximum.at(deepest, parts[extent], depth[extent])
    kept = (areas >= SMALLEST_MUSCLE_MM2) & (deepest >= SHALLOWEST * np.median(depth[border]))
    kept[areas.argmax()] = True
    return np.asarray(kept[parts] & extent)


def convex_radius(radius_mm: Floats, angles: Floats) -> Floats:
    """Return the radius per angle of the convex hull of the points at the given radii and angles."""
    cosine = np.cos(angles[:, None] - angles[None, :])
    # The hull's support in a direction is the greatest projection of any point; its border is their envelope.
    support = (radius_mm[None, :] * cosine).max(axis=1)
    with np.errstate(divide="ignore"):
        limits = np.where(cosine > 0.05, support[:, None] / cosine, np.inf)
    return np.asarray(limits.min(axis=0))


def fascia_contours(
    contrast: Contrast, limb: Mask, spacing_mm: tuple[float, float, float], wanted: Mask
) -> dict[int, FasciaContour]:
    """Find the fascia of one limb in every slice where there is any muscle.

    Each slice is first solved alone. The slice most like all others then starts a second pass towards both
    ends, in which the fascia may move outwards by no more than its slope allows: this keeps artefacts and
    the pelvis out.

    Args:
        contrast: Signal and fat content of the whole image.
        limb: Where this limb is (slice, row, column).
        spacing_mm: Distance of slices, rows and columns.
        wanted: Per slice, whether its fascia is wanted.
    """
    in_plane = np.array(spacing_mm[1:])
    views: dict[int, _View] = {}
    for index in map(int, np.flatnonzero(limb.any(axis=(1, 2)) & wanted)):
        likeness, lack = muscle_likeness(contrast, index, limb[index], in_plane)
        extent = muscle_extent(likeness, limb[index], in_plane)
        if extent.sum() * in_plane.prod() >= LEAST_EXTENT_MM2:
            views[index] = _view(likeness, lack, extent, limb[index], in_plane)
    if not views:
        return {}
    alone = {index: _fascia_radius(view) for index, view in views.items()}
    shares = {index: alone[index] / views[index].skin_mm for index in views}
    typical = np.median(list(shares.values()), axis=0)
    start = min(views, key=lambda index: float(np.abs(shares[index] - typical).mean()))
    contours = {start: FasciaContour(views[start].rays, alone[start])}
    upwards = [index for index in sorted(views) if index > start]
    downwards = [index for index in sorted(views, reverse=True) if index < start]
    for way in (upwards, downwards):
        before, share = start, shares[start]
        for index in way:
            reach = STEEPEST_SLOPE * spacing_mm[0] * abs(index - before) + SLACK_MM
            radius = _fascia_radius(views[index], share * views[index].skin_mm, reach)
            contours[index] = FasciaContour(views[index].rays, radius)
            before, share = index, radius / views[index].skin_mm
    return contours


@dataclass(frozen=True)
class _View:
    """A slice of one limb as seen along rays from the middle of its muscles."""

    rays: Rays
    likeness: npt.NDArray[np.float32]
    lack: npt.NDArray[np.float32]
    extent_mm: Floats
    skin_mm: Floats


def _view(
    likeness: npt.NDArray[np.float32],
    lack: npt.NDArray[np.float32],
    extent: Mask,
    limb: Mask,
    in_plane_mm: npt.NDArray[np.float64],
) -> _View:
    row, column = (float(c) for c in np.array(ndimage.center_of_mass(extent)) * in_plane_mm)
    rays = Rays((row, column), (float(in_plane_mm[0]), float(in_plane_mm[1])))
    return _View(rays, likeness, lack, rays.extent(extent), np.maximum(rays.extent(limb), 1.0))


def _fascia_radius(view: _View, expected_mm: Floats | None = None, reach_mm: float = np.inf) -> Floats:
    """Return the radius of the cheapest closed path around the muscle extent.

    Args:
        view: The slice.
        expected_mm: Radius that the neighbouring slice leads to expect; plain fat well within it costs little.
        reach_mm: How far beyond the expected radius the path may run.
    """
    limit_mm = view.skin_mm if expected_mm is None else np.minimum(expected_mm + reach_mm, view.skin_mm)
    within_mm = np.zeros(ANGLES) if expected_mm is None else expected_mm - 1.5 * SLACK_MM
    extent_mm = np.maximum(np.minimum(view.extent_mm, limit_mm), within_mm)
    hull = np.minimum(convex_radius(extent_mm, view.rays.angles), limit_mm)
    offsets = np.arange(-DEEPEST_NOTCH_MM, WIDEST_BULGE_MM, STEP_MM)
    radii = np.maximum(hull[:, None] + offsets, 0.0)
    turn = 2 * np.pi / len(hull)
    arc = np.maximum(radii, 5.0) * turn
    gain = np.clip(view.rays.sample(view.lack, radii), -PLAIN_FAT, 1.0) - PLAIN_FAT
    gain[(radii < within_mm[:, None]) & (gain < 0)] *= PLAIN_FAT_WITHIN
    line = _thin_line(view.rays.sample(view.lack, radii))
    line[radii > view.skin_mm[:, None] - LINE_BELOW_SKIN_MM] = 0
    beyond = radii > limit_mm[:, None]
    cost = -np.cumsum(gain * arc * STEP_MM, axis=1) - LINE * line * arc + BEYOND * beyond * arc
    bend = BEND * STEP_MM**2 / (np.maximum(hull, 10.0) * turn)
    chosen = hull + offsets[cheapest_closed_path(cost, bend)]
    return np.asarray(ndimage.gaussian_filter1d(chosen, 1.0, mode="wrap") + FASCIA_OFFSET_MM)


def _thin_line(lack: Floats) -> Floats:
    """Return how much a thin line poor in fat stands out along each ray, 0 … 1."""
    reach = max(1, round(2.0 / STEP_MM))
    before = np.pad(lack, ((0, 0), (reach, 0)), mode="edge")[:, :-reach]
    after = np.pad(lack, ((0, 0), (0, reach)), mode="edge")[:, reach:]
    return np.clip(lack - np.maximum(before, after), 0, 1)
