"""A simulated second reader: every contour displaced by a smooth random amount of a stated size, within its slice.

Two parts add up. A shared field moves all contours together, as a reader does who places the whole limb's contours
a little to one side; each structure, and the background, also has a field of its own, which decides who wins a
voxel at the border between neighbours. Both are Gaussian random fields. Muscles that touch go on touching, and no
voxel belongs to two.

It stands in for a second reader where there is none, and is never evidence about readers: what is made here is
recorded as simulated (`readings.Reading.simulated`). It does not imitate a muscle mistaken for its neighbour, or
another choice of the first and last slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, each, silent

Field = npt.NDArray[np.float32]
Box = tuple[slice, slice, slice]

_BACKGROUND, _SHARED, _OWN = range(3)
"""Streams of random numbers, so that a structure's displacement does not hang on which others are drawn."""

_REACH_SD = 4.0
"""A normally distributed displacement lies within four standard deviations but for 6 in 100 000 places."""


@dataclass(frozen=True)
class PerturbationParameters:
    """How far, how smoothly and how much together the contours move.

    Attributes:
        displacement_mm: Root mean square of a contour's displacement along its normal. The mean distance between
            the two contours is about 0.8 times as large.
        correlation_mm: Distance over which the displacement stays alike (its autocorrelation falls to 1/e), also
            across slices: thick slices move independently.
        shared: Share of the variance, 0 to 1, that moves all structures together; the rest is each one's own.
        seed: Number of the simulated reading; the same one gives the same contours.
    """

    displacement_mm: float = 1.0
    correlation_mm: float = 15.0
    shared: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.displacement_mm <= 20:
            raise ParameterError(f"displacement_mm = {self.displacement_mm} must lie between 0 and 20.")
        if not self.correlation_mm > 0:
            raise ParameterError(f"correlation_mm = {self.correlation_mm} must be above 0.")
        if not 0 <= self.shared <= 1:
            raise ParameterError(f"shared = {self.shared} must lie between 0 and 1.")
        if self.seed < 0:
            raise ParameterError(f"seed = {self.seed} must not be negative.")


def perturb_contours(
    segmentation: Segmentation,
    parameters: PerturbationParameters | None = None,
    progress: Progress = silent,
) -> Segmentation:
    """Return the segmentation as a simulated second reader would have drawn it.

    Args:
        segmentation: Structures on slices; the contours move within the slices, never across them.
        parameters: Size, smoothness and seed.
        progress: Told of each structure.

    Returns:
        The same structures, labels and grid; labels that name no structure become background.
    """
    parameters = parameters or PerturbationParameters()
    labels = segmentation.array
    column_mm, row_mm, slice_mm = segmentation.image.GetSpacing()
    spacing = (slice_mm, row_mm, column_mm)
    named = np.where(np.isin(labels, list(segmentation.structures)), labels, 0)
    if parameters.displacement_mm == 0 or not named.any():
        return Segmentation.from_array(named, segmentation.structures, segmentation.image)

    shared_mm = parameters.displacement_mm * np.sqrt(parameters.shared)
    # The border between two structures moves by half the difference of their two fields.
    own_mm = parameters.displacement_mm * np.sqrt(2 * (1 - parameters.shared))
    margin_mm = 2 * _REACH_SD * parameters.displacement_mm
    near = _grown(_extent(named > 0), spacing, margin_mm, named.shape)
    drawn = named[near]
    shift = [
        _smooth_field(drawn.shape, spacing, parameters, (_SHARED, axis)) * np.float32(shared_mm) for axis in (1, 2)
    ]
    winner = np.zeros_like(drawn)
    best = np.full(drawn.shape, -np.inf, dtype=np.float32)
    claims = [label for label in (0, *segmentation.structures) if (drawn == label).any()]
    for label in each(claims, progress, lambda label: f"contour of {_name(segmentation, label)}"):
        inside = drawn == label
        box = _grown(_extent(inside), spacing, margin_mm, drawn.shape)
        stream = (_OWN, segmentation.structures[label].label) if label else (_BACKGROUND, 0)
        own = _smooth_field(inside[box].shape, spacing, parameters, stream) * np.float32(own_mm)
        claim = own + _shifted(_depth_mm(inside[box], spacing), [field[box] for field in shift], spacing)
        wins = claim > best[box]
        best[box][wins] = claim[wins]
        winner[box][wins] = label
    named[near] = winner
    return Segmentation.from_array(named, segmentation.structures, segmentation.image)


def _name(segmentation: Segmentation, label: int) -> str:
    return segmentation.structures[label].name if label else "background"


def _smooth_field(
    shape: tuple[int, ...],
    spacing: tuple[float, float, float],
    parameters: PerturbationParameters,
    stream: tuple[int, int],
) -> Field:
    """Return a stationary Gaussian random field of mean 0 and variance 1, smoothed in the frequency domain.

    White noise under a Gaussian of standard deviation s has the autocorrelation exp(-r² / 4s²), so that s is half
    the correlation length.
    """
    rng = np.random.default_rng([parameters.seed, *stream])
    # Padded: a Fourier transform joins opposite borders, which would then move alike.
    padded = [
        fft.next_fast_len(size + int(np.ceil(2 * parameters.correlation_mm / step)), real=axis == 2)
        for axis, (size, step) in enumerate(zip(shape, spacing, strict=True))
    ]
    noise = rng.standard_normal(padded, dtype=np.float32)
    sd = parameters.correlation_mm / 2
    filters = [
        np.exp(-2 * (np.pi * sd * np.fft.fftfreq(size, step)) ** 2)
        for size, step in zip(padded, spacing, strict=True)
    ]
    power = float(np.prod([np.mean(one**2) for one in filters]))
    last = filters[2][: padded[2] // 2 + 1]
    response = filters[0][:, None, None] * filters[1][None, :, None] * last[None, None, :]
    spectrum = fft.rfftn(noise) * (response / np.sqrt(power)).astype(np.float32)
    field = fft.irfftn(spectrum, s=padded)[tuple(slice(size) for size in shape)]
    return np.asarray(field, dtype=np.float32)


def _depth_mm(inside: npt.NDArray[np.bool_], spacing: tuple[float, float, float]) -> Field:
    """Return how deep each voxel's centre lies inside the structure within its slice; negative outside.

    Distances run to the border between voxels, half a voxel before the nearest centre on the other side. A slice
    without the structure is infinitely far outside, one that it fills is infinitely deep.
    """
    plane = spacing[1:]
    half = (plane[0] + plane[1]) / 4
    depth = np.full(inside.shape, -np.inf, dtype=np.float32)
    for index, mask in enumerate(inside):
        if mask.all():
            depth[index] = np.inf
        elif mask.any():
            within = ndimage.distance_transform_edt(mask, sampling=plane)
            outside = ndimage.distance_transform_edt(~mask, sampling=plane)
            depth[index] = np.where(mask, within - half, half - outside)
    return depth


def _shifted(
    values: Field, shift_mm: Sequence[Field], spacing: tuple[float, float, float]
) -> npt.NDArray[np.float32]:
    """Return the values displaced within each slice, by linear interpolation."""
    moved = np.empty_like(values)
    rows, columns = np.indices(values.shape[1:], dtype=np.float32)
    for index, plane in enumerate(values):
        if np.isinf(plane).any():
            moved[index] = plane
            continue
        places = (rows - shift_mm[0][index] / spacing[1], columns - shift_mm[1][index] / spacing[2])
        moved[index] = ndimage.map_coordinates(plane, places, order=1, mode="nearest")
    return moved


def _extent(mask: npt.NDArray[np.bool_]) -> Box:
    edges = [np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    first, second, third = (slice(int(edge[0]), int(edge[-1]) + 1) for edge in edges)
    return first, second, third


def _grown(box: Box, spacing: tuple[float, float, float], margin_mm: float, shape: tuple[int, ...]) -> Box:
    """Return the box widened within the slices, inside the image."""
    steps = [int(np.ceil(margin_mm / step)) + 1 for step in spacing[1:]]
    rows, columns = (
        slice(max(side.start - step, 0), min(side.stop + step, size))
        for side, step, size in zip(box[1:], steps, shape[1:], strict=True)
    )
    return box[0], rows, columns
