"""How structures move from one drawn slice to the next, and where that puts them in the slices between.

A muscle that slants across the limb may not overlap itself in the next drawn slice: an average of signed distances
then loses it. Here contours travel, from both drawn slices, along a displacement that leads from the one to the
other, and the distances are averaged on the way. Without an image the two slices are registered by the signed
distances of all structures at once; with one, its slices are registered from neighbour to neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.demons import (
    Channels,
    DemonsSettings,
    Displacement,
    composed,
    inverted,
    register_slices,
    warped,
)
from MuscleMyopathyLib.segmentation.signed_distance import Distances

MOTION = DemonsSettings(level_mm=(6.0, 3.0, 1.5), iterations=(60, 40, 20), smoothing_pixels=1.5)
NEIGHBOURS = DemonsSettings(level_mm=(6.0, 3.0, 1.5), iterations=(60, 40, 20), smoothing_pixels=2.0)
DISTANCE_RANGE_MM = 10.0
"""Signed distances beyond this say nothing more about how an outline moves."""
LOCAL_CONTRAST_MM = 4.5
"""Radius within which an image is normalised: fasciae then look alike in fatty and in healthy muscle."""


@dataclass(frozen=True)
class Arrival:
    """The signed distances that the drawn slices on both sides send to one undrawn slice.

    Attributes:
        forwards: From the drawn slice before it: (label, row, column) in mm.
        backwards: From the drawn slice after it.
        share: How far the slice lies on the way from the one to the other, 0 to 1.
    """

    forwards: Distances
    backwards: Distances
    share: float

    @property
    def blended(self) -> Distances:
        """The mean of both, weighted by nearness."""
        return (1 - self.share) * self.forwards + self.share * self.backwards


def by_shape(ends: tuple[Distances, Distances], count: int) -> Iterator[Arrival]:
    """Yield the arrivals in ``count`` slices between two drawn ones, nothing moving."""
    for share in _shares(count):
        yield Arrival(*ends, share)


def by_motion(
    ends: tuple[Distances, Distances], in_both: Sequence[int], count: int, pixel_mm: tuple[float, float]
) -> Iterator[Arrival]:
    """Yield the arrivals in ``count`` slices between two drawn ones, along the motion of the structures.

    Args:
        ends: The signed distances in the two drawn slices, (label, row, column) in mm.
        in_both: Places on the first axis of the labels that both slices hold; they tell the motion.
        count: Slices between the two.
        pixel_mm: Height and width of a pixel.
    """
    motion = _shape_motion(ends[0], ends[1], in_both, pixel_mm)
    for share in _shares(count):
        to_first = inverted(share * motion)
        to_last = composed(motion, to_first)
        yield Arrival(warped(ends[0], to_first), warped(ends[1], to_last), share)


def by_image(
    ends: tuple[Distances, Distances], in_both: Sequence[int], image: Channels, pixel_mm: tuple[float, float]
) -> Iterator[Arrival]:
    """Yield the arrivals in the slices between two drawn ones, images registered from neighbour to neighbour.

    Where the chain of registrations ends, the shapes that arrive there differ from those drawn. The motion from
    the ones to the others is shared out over the slices on the way, so that the chain meets both drawn slices.

    Args:
        ends: The signed distances in the two drawn slices, (label, row, column) in mm.
        in_both: Places on the first axis of the labels that both slices hold.
        image: The slices from the first drawn one to the second, (slice, row, column), locally normalised.
        pixel_mm: Height and width of a pixel.
    """
    to_first = displacements_to_first(image, pixel_mm)
    to_last = displacements_to_first(image[::-1], pixel_mm)[::-1]
    missed_last = _shape_motion(ends[1], warped(ends[0], to_first[-1]), in_both, pixel_mm)
    missed_first = _shape_motion(ends[0], warped(ends[1], to_last[0]), in_both, pixel_mm)
    for index, share in enumerate(_shares(len(image) - 2), start=1):
        forwards = composed(to_first[index], share * warped(missed_last, to_last[index]))
        backwards = composed(to_last[index], (1 - share) * warped(missed_first, to_first[index]))
        yield Arrival(warped(ends[0], forwards), warped(ends[1], backwards), share)


def displacements_to_first(image: Channels, pixel_mm: tuple[float, float]) -> list[Displacement]:
    """Return for every slice the displacement to its place in the first one, neighbour by neighbour."""
    displacements = [np.zeros((2, *image.shape[1:]), np.float32)]
    for index in range(1, len(image)):
        step = register_slices(image[index : index + 1], image[index - 1 : index], pixel_mm, NEIGHBOURS)
        displacements.append(composed(displacements[-1], step))
    return displacements


def locally_normalised(image: npt.NDArray[np.floating], pixel_mm: tuple[float, float]) -> Channels:
    """Return each slice less its local mean, over its local standard deviation, about 0.5: (slice, row, column).

    Values that are no numbers count as 0.
    """
    values = np.nan_to_num(np.asarray(image, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    bright = np.percentile(values[values > 0], 99) if (values > 0).any() else 1.0
    values = np.clip(values / bright, 0, 1)
    radius = (0.0, *(max(LOCAL_CONTRAST_MM / size, 1.5) for size in pixel_mm))
    mean = ndimage.gaussian_filter(values, radius)
    variance = ndimage.gaussian_filter(values**2, radius) - mean**2
    # A twentieth of the brightest keeps the noise of air from counting as contrast.
    contrast = np.sqrt(np.maximum(variance, 0)) + 0.05
    return np.asarray(0.5 + 0.25 * (values - mean) / contrast, dtype=np.float32)


def _shape_motion(
    fixed: Distances, moving: Distances, in_both: Sequence[int], pixel_mm: tuple[float, float]
) -> Displacement:
    """Return the displacement from the shapes of one slice to those of another; none where they share no label."""
    if not in_both:
        return np.zeros((2, *fixed.shape[1:]), np.float32)
    outlines = [np.clip(shapes[list(in_both)] / (2 * DISTANCE_RANGE_MM), -0.5, 0.5) for shapes in (fixed, moving)]
    return register_slices(outlines[0], outlines[1], pixel_mm, MOTION)


def _shares(count: int) -> list[float]:
    return [index / (count + 1) for index in range(1, count + 1)]
