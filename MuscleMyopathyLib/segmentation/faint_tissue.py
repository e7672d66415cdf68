"""The outline of limbs most of which is faint beside something bright, as in fat-suppressed images.

Where fat is suppressed, the layer below the skin is hardly brighter than air, and oedema or a tumour may outshine
muscle many times. `body_outline` then follows the bright tissue. Here the outermost threshold is looked for along
which the image really falls off, on a coarse grid: in air the border of any threshold follows noise, and the fall
across it is small.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.outline import limbs_of

COARSE_MM = 3.0
SMOOTHING = 0.6
"""Standard deviation of the smoothing, in coarse pixels."""
THRESHOLDS = 20
RING = 3.5
"""Depth, in coarse pixels, of the layers inside and outside a border that are compared."""
LEAST_FALL = 0.15
"""Three quarters of a border must fall by this much: logarithm of the square roots of the signal on both sides."""
LARGER = 1.15
"""An outline is exchanged for one at least this much larger."""
FAINTEST = 0.27
"""What is added must reach this fraction of what is bright (square roots of signal); ghosts and noise do not."""
ALIKE = (0.6, 1.6)
"""Areas of neighbouring slices' outlines, one divided by the other, when one's threshold serves the other."""
MASKED = 0.5
"""Where more than this fraction of the surroundings is exactly zero, air was masked and tells nothing."""

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


def with_faint_tissue(outline: Mask, signal: Floats, spacing_mm: tuple[float, float, float]) -> Mask:
    """Return an outline that also holds faint tissue; slices without such stay as they are.

    Args:
        outline: Of the bright tissue, from `body_outline` (slice, row, column).
        signal: Magnitude of one image.
        spacing_mm: Distance of slices, rows and columns.
    """
    in_plane = np.array(spacing_mm[1:])
    root = _root(signal, in_plane)
    result = outline.copy()
    thresholds: dict[int, float] = {}
    shown = [int(index) for index in np.flatnonzero(outline.any(axis=(1, 2)))]
    for index in shown:
        threshold = _outermost_threshold(_Coarse(root[index], signal[index] == 0, in_plane))
        if threshold is not None:
            found = _within(root[index], outline[index], threshold, in_plane)
            if found is not None:
                result[index], thresholds[index] = found, threshold
    own = sorted(thresholds)
    for index in shown if own else ():
        if index in thresholds:
            continue
        neighbour = min(own, key=lambda other: abs(other - index))
        found = _within(root[index], outline[index], thresholds[neighbour], in_plane)
        if found is not None and ALIKE[0] <= found.sum() / result[neighbour].sum() <= ALIKE[1]:
            result[index] = found
    return result


class _Coarse:
    """A slice on a coarse grid: square root of the smoothed signal, and where air was masked to zero."""

    def __init__(self, root: Floats, zero: Mask, in_plane_mm: npt.NDArray[np.float64]) -> None:
        step = np.maximum(np.round(COARSE_MM / in_plane_mm), 1).astype(int)
        pick = tuple(slice(int(n) // 2, None, int(n)) for n in step)
        self.pixel_mm = step * in_plane_mm
        self.root = root[pick]
        self.masked = ndimage.gaussian_filter(zero.astype(np.float32), step)[pick] > MASKED


def _root(signal: Floats, in_plane_mm: npt.NDArray[np.float64]) -> Floats:
    """Return the square root of the signal, smoothed within each slice."""
    widths = (0, *(SMOOTHING * COARSE_MM / in_plane_mm))
    smooth = ndimage.gaussian_filter(np.maximum(signal, 0).astype(np.float32), widths)
    return np.asarray(np.sqrt(smooth))


def _outermost_threshold(coarse: _Coarse) -> float | None:
    """Return the lowest threshold whose border is sharper than those just inside it; None if none is sharp."""
    best, threshold = 0.0, None
    for candidate in _candidates(coarse):
        fall = _fall(coarse, limbs_of(coarse.root > candidate, coarse.pixel_mm))
        if threshold is not None and fall < best:
            break
        if fall >= LEAST_FALL:
            best, threshold = fall, candidate
    return threshold


def _candidates(coarse: _Coarse) -> Iterator[float]:
    """Yield thresholds from the level of air to that of bright tissue, each higher by the same factor."""
    seen = coarse.root[~coarse.masked & (coarse.root > 0)]
    if seen.size:
        air, bright = np.percentile(seen, (20, 97))
        yield from map(float, np.geomspace(air, bright, THRESHOLDS))


def _fall(coarse: _Coarse, inside: Mask) -> float:
    """Return how much three quarters of the border of a mask fall at least; 0 where it has no border to see."""
    if not inside.any() or inside.all():
        return 0.0
    logarithm = np.log(np.maximum(coarse.root, 1e-3 * coarse.root.max()))
    depth, distance = ndimage.distance_transform_edt(inside), ndimage.distance_transform_edt(~inside)
    within, beyond = ((d > 1) & (d <= RING) & ~coarse.masked for d in (depth, distance))
    levels, weights = [], []
    for layer in (within, beyond):
        weight = ndimage.gaussian_filter(layer.astype(np.float64), 2.0)
        levels.append(ndimage.gaussian_filter(np.where(layer, logarithm, 0), 2.0) / np.maximum(weight, 1e-9))
        weights.append(weight)
    border = (depth == 1) & (weights[0] > 0.01) & (weights[1] > 0.01)
    return float(np.percentile((levels[0] - levels[1])[border], 25)) if border.sum() >= 10 else 0.0


def _within(root: Floats, bright: Mask, threshold: float, in_plane_mm: npt.NDArray[np.float64]) -> Mask | None:
    """Return the limbs above a threshold that hold bright tissue; None if what joins the bright is no tissue."""
    parts, _ = ndimage.label(limbs_of(root > threshold, in_plane_mm) | bright)
    found = np.isin(parts, np.unique(parts[bright]))
    added = found & ~bright
    if found.sum() < LARGER * bright.sum() or np.median(root[added]) < FAINTEST * np.median(root[bright]):
        return None
    return found
