"""The outline of the limbs: which voxels are body and which are air."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

SMOOTHING_MM = 1.5
DARKEST_SLICE = 0.05
"""A slice whose bright tissue stays below this fraction of the brightest slice's holds no limb."""
BRIGHT_MM2 = 1000.0
"""Half of the cross-section of a thin leg near the ankle."""
SKIN_LEVEL = 0.4
"""Body begins at this fraction of the way from the mean of air to the mean of tissue (square root of signal), so
that skin and shaded tissue stay with the body."""
APART = 2.5
"""Two classes are air and tissue when their means are apart by this many times their scatter."""
SMALLEST_PART = 0.04
"""Parts smaller than this fraction of the slice's largest part are no limb: markers, fingers, ghosts."""

Mask = npt.NDArray[np.bool_]
Volume = npt.NDArray[np.float32]


def body_outline(signal: Volume, spacing_mm: tuple[float, float, float]) -> Mask:
    """Return where the body is, filled, per slice.

    Otsu's threshold (IEEE Trans Syst Man Cybern 1979;9:62) is taken on the square root of the smoothed signal of
    each slice, because the coil's profile darkens the ends of a stack.

    Args:
        signal: Magnitude of all tissue (slice, row, column), e.g. water + fat.
        spacing_mm: Distance of slices, rows and columns.
    """
    in_plane = np.array(spacing_mm[1:])
    smooth = ndimage.gaussian_filter(signal, (0, *(SMOOTHING_MM / in_plane)))
    root = np.sqrt(np.maximum(smooth, 0))
    bright = _brightness(smooth, float(in_plane.prod()))
    outline = np.zeros(signal.shape, dtype=bool)
    for index in np.flatnonzero(bright > DARKEST_SLICE * bright.max()):
        values = root[index]
        tissue = values > _air_threshold(values)
        air = float(values[~tissue].mean()) if not tissue.all() else 0.0
        threshold = air + SKIN_LEVEL * (float(values[tissue].mean()) - air)
        outline[index] = limbs_of(values > threshold, in_plane)
    return outline


def _brightness(smooth: Volume, pixel_mm2: float) -> npt.NDArray[np.floating]:
    """Return for each slice the signal that only its brightest tissue exceeds.

    That tissue is a hundredth of the slice, and no more than `BRIGHT_MM2`: in a wide field of view a whole leg may
    be less than a hundredth.
    """
    pixels = smooth[0].size
    count = max(1, min(pixels // 100, int(BRIGHT_MM2 / pixel_mm2)))
    return np.partition(smooth.reshape(len(smooth), pixels), pixels - count, axis=1)[:, pixels - count]


def limbs_of(foreground: Mask, in_plane_mm: npt.NDArray[np.float64]) -> Mask:
    """Return the limbs in a slice's foreground: filled, smoothed, without the parts too small to be one."""
    closed = ~opened(~ndimage.binary_fill_holes(foreground), 2.0, in_plane_mm)
    solid = opened(ndimage.binary_fill_holes(closed), 4.0, in_plane_mm)
    parts, count = ndimage.label(solid)
    if count == 0:
        return solid
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= SMALLEST_PART * sizes.max())[parts])


def _air_threshold(values: npt.NDArray[np.floating]) -> float:
    """Return the threshold between air and tissue of a slice (square root of signal).

    Where little air is in the slice, Otsu's threshold falls between muscle and fat; the darker class then divides
    again into two classes far apart. Background masked to zero tells nothing of the noise and is left out.
    """
    positive = values[values > 0]
    threshold = otsu_threshold(positive)
    darker = positive[positive <= threshold]
    if darker.size > 1:
        second = otsu_threshold(darker)
        air, tissue = darker[darker <= second], darker[darker > second]
        if air.size and tissue.size and np.ptp([air.mean(), tissue.mean()]) > APART * (air.std() + tissue.std()):
            return second
    return threshold


def otsu_threshold(values: npt.NDArray[np.floating]) -> float:
    """Return the threshold that divides values into two classes of greatest between-class variance."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * centres)
    above, rest = counts.sum() - below, sums[-1] - sums[:-1]
    occupied = (below > 0) & (above > 0)
    if not occupied.any():
        return float(edges[-1])
    means = sums[:-1][occupied] / below[occupied], rest[occupied] / above[occupied]
    variance = below[occupied] * above[occupied] * (means[0] - means[1]) ** 2
    best = np.flatnonzero(occupied)[np.flatnonzero(variance == variance.max())]
    return float(edges[1 + (best[0] + best[-1]) // 2])


def opened(mask: Mask, radius_mm: float, in_plane_mm: npt.NDArray[np.float64]) -> Mask:
    """Return the opening of a 2D mask by a disc in mm; beyond the image's edge the mask is taken to go on."""
    margin = np.ceil(radius_mm / in_plane_mm).astype(int) + 1
    padded = np.pad(mask, [(m, m) for m in margin], mode="edge")
    if padded.all() or not padded.any():
        return mask
    core = _deeper(padded, radius_mm, in_plane_mm)
    if not core.any():
        return np.zeros_like(mask)
    grown = np.zeros_like(core)
    near = _around(core, margin)
    grown[near] = ndimage.distance_transform_edt(~core[near], sampling=in_plane_mm) <= radius_mm
    rows, columns = margin
    return np.asarray(grown[rows:-rows, columns:-columns])


def eroded(mask: Mask, depth_mm: float, in_plane_mm: npt.NDArray[np.float64]) -> Mask:
    """Return where a 2D mask is deeper than ``depth_mm``; the image's edge is no border of the mask."""
    if mask.all() or not mask.any() or depth_mm <= 0:
        return mask
    return _deeper(mask, depth_mm, in_plane_mm)


def _deeper(mask: Mask, depth_mm: float, in_plane_mm: npt.NDArray[np.float64]) -> Mask:
    # What lies nearest to a voxel of the mask is at most one voxel outside the rectangle around the mask.
    deep = np.zeros_like(mask)
    near = _around(mask, np.array([1, 1]))
    deep[near] = ndimage.distance_transform_edt(mask[near], sampling=in_plane_mm) > depth_mm
    return deep


def _around(mask: Mask, margin: npt.NDArray[np.int_]) -> tuple[slice, slice]:
    """Return rows and columns of the rectangle around a 2D mask that is not empty, with a margin in voxels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0] - margin[0])), int(rows[-1] + margin[0]) + 1),
        slice(max(0, int(columns[0] - margin[1])), int(columns[-1] + margin[1]) + 1),
    )
