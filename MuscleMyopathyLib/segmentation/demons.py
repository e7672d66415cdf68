"""Demons registration of two slices of several channels: a smooth displacement that makes one look like the other.

Thirion JP, Med Image Anal 1998;2:243–260; with the symmetric force of Vercauteren T et al., NeuroImage
2009;45:S61–S72. Several channels are registered at once (an image, or the signed distances of all structures),
which the filters of SimpleITK do not offer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Channels = npt.NDArray[np.float32]
"""Float (channel, row, column)."""
Displacement = npt.NDArray[np.float32]
"""Float (2, row, column): rows and columns, in pixels, from a place in the fixed slice to the moving one."""


@dataclass(frozen=True)
class DemonsSettings:
    """Levels of resolution from coarse to fine.

    Attributes:
        level_mm: Pixel size of each level; finer ones than the slice's own are left out.
        iterations: At each level.
        smoothing_pixels: Standard deviation of the Gaussian that smooths the displacement after each iteration,
            in pixels of the level.
    """

    level_mm: tuple[float, ...]
    iterations: tuple[int, ...]
    smoothing_pixels: float


LONGEST_STEP_PIXELS = 1.0


def register_slices(
    fixed: Channels, moving: Channels, pixel_mm: tuple[float, float], settings: DemonsSettings
) -> Displacement:
    """Return the displacement u such that moving(x + u(x)) looks like fixed(x), the channels within about 0 to 1.

    Args:
        fixed: (channel, row, column).
        moving: The same shape.
        pixel_mm: Height and width of a pixel.
        settings: Levels, iterations, smoothness.
    """
    size = np.array(fixed.shape[1:])
    displacement = np.zeros((2, *size), np.float32)
    done = set()
    for level, iterations in zip(settings.level_mm, settings.iterations, strict=True):
        factor = max(1, round(level / float(np.mean(pixel_mm))))
        if factor in done:
            continue
        done.add(factor)
        coarse_fixed, coarse_moving = _coarser(fixed, factor), _coarser(moving, factor)
        displacement = _resized(displacement, coarse_fixed.shape[1:])
        displacement = _iterate(coarse_fixed, coarse_moving, displacement, iterations, settings.smoothing_pixels)
    return _resized(displacement, tuple(size))


def _iterate(
    fixed: Channels, moving: Channels, displacement: Displacement, iterations: int, smoothing_pixels: float
) -> Displacement:
    gradient_of_fixed = _gradient(fixed)
    for _ in range(iterations):
        moved = warped(moving, displacement)
        gradient = (gradient_of_fixed + _gradient(moved)) / 2
        difference = fixed - moved
        force = (gradient * difference).sum(axis=1)
        # With this second term no step is longer than the longest.
        norm = (gradient**2).sum(axis=(0, 1)) + (difference**2).sum(axis=0) / (4 * LONGEST_STEP_PIXELS**2)
        displacement = displacement + force / (norm + 1e-6)
        displacement = ndimage.gaussian_filter(displacement, (0, smoothing_pixels, smoothing_pixels))
    return displacement


def _gradient(channels: Channels) -> npt.NDArray[np.float32]:
    rows, columns = np.gradient(channels, axis=(1, 2))
    return np.stack([rows, columns])


def warped(channels: Channels, displacement: Displacement) -> Channels:
    """Return channels(x + u(x)), linearly between pixels; beyond the border the value of the border."""
    rows, columns = displacement.shape[1:]
    places = np.mgrid[:rows, :columns].astype(np.float32) + displacement
    return np.stack([ndimage.map_coordinates(part, places, order=1, mode="nearest") for part in channels])


def composed(outer: Displacement, inner: Displacement) -> Displacement:
    """Return the displacement that goes first by ``inner`` and from there by ``outer``."""
    return inner + warped(outer, inner)


def inverted(displacement: Displacement, iterations: int = 10) -> Displacement:
    """Return the displacement that undoes another one, by fixed-point iteration (Chen M et al., Med Phys 2008)."""
    inverse = -displacement
    for _ in range(iterations):
        inverse = -warped(displacement, inverse)
    return inverse


def _coarser(channels: Channels, factor: int) -> Channels:
    if factor == 1:
        return channels
    smooth = ndimage.gaussian_filter(channels, (0, 0.5 * factor, 0.5 * factor))
    size = tuple(max(1, round(length / factor)) for length in channels.shape[1:])
    return np.stack([_zoomed(part, size) for part in smooth])


def _resized(displacement: Displacement, size: tuple[int, ...]) -> Displacement:
    if displacement.shape[1:] == size:
        return displacement
    scales = [new / old for new, old in zip(size, displacement.shape[1:], strict=True)]
    return np.stack([scale * _zoomed(part, size) for scale, part in zip(scales, displacement, strict=True)])


def _zoomed(plane: npt.NDArray[np.float32], size: tuple[int, ...]) -> npt.NDArray[np.float32]:
    scale = [new / old for new, old in zip(size, plane.shape, strict=True)]
    zoomed: npt.NDArray[np.float32] = ndimage.zoom(plane, scale, order=1, mode="nearest", grid_mode=True)
    return zoomed
