"""Images laid before a described network, and its scores brought back onto the images' grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.engines.description import EngineDescription, Normalisation

Floats = npt.NDArray[np.float32]


def prepared(images: Sequence[sitk.Image], description: EngineDescription) -> tuple[Floats, sitk.Image]:
    """Return the channels (channel, x, y, z) that the network sees, and the grid on which they lie.

    Args:
        images: One per channel, on one grid.
        description: Orientation, spacing, cropping, normalisation.

    Raises:
        InputError: Cropped to the foreground nothing is left.
    """
    grid = _grid(images[0], description)
    on_grid = [
        sitk.Resample(sitk.Cast(image, sitk.sitkFloat32), grid, sitk.Transform(), sitk.sitkLinear, 0.0)
        for image in images
    ]
    normalised = [_with_values(image, normalise(_values(image), description.normalisation)) for image in on_grid]
    if description.foreground_margin >= 0:
        box = _foreground(on_grid, description.foreground_margin)
        normalised = [image[box] for image in normalised]
    arrays = [_values(image).transpose(2, 1, 0) for image in normalised]
    return np.stack(arrays), normalised[0]


def scores_on(scores: Floats, grid: sitk.Image, reference: sitk.Image) -> Iterator[Floats]:
    """Yield the scores of each class in turn on another grid, as arrays (slice, row, column).

    Where the grid does not reach, the background has the highest score.

    Args:
        scores: (class, x, y, z) on the grid.
        grid: As `prepared` returned it.
        reference: The grid wanted.
    """
    ceiling = float(np.abs(scores).max()) + 20.0
    for number, score in enumerate(scores):
        image = _with_values(grid, score.transpose(2, 1, 0))
        outside = ceiling if number == 0 else -ceiling
        moved = sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear, outside, sitk.sitkFloat32)
        yield sitk.GetArrayFromImage(moved)


def normalise(values: Floats, how: Normalisation) -> Floats:
    """Return the values of one channel, scaled."""
    values = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    if how is Normalisation.Z_SCORE:
        return np.asarray((values - values.mean()) / max(float(values.std()), 1e-8), np.float32)
    if how is Normalisation.Z_SCORE_NONZERO:
        used = values != 0
        if used.any():
            mean, spread = float(values[used].mean()), float(values[used].std())
            values[used] = (values[used] - mean) / (spread or 1.0)
        return values
    if how is Normalisation.NONE:
        return values
    limits = (0, 100) if how is Normalisation.RANGE else (1, 99)
    low, high = np.percentile(values, limits)
    return np.asarray(np.clip((values - low) / max(float(high - low), 1e-8), 0, 1), np.float32)


def _grid(image: sitk.Image, description: EngineDescription) -> sitk.Image:
    """Return an empty image over the same space in the orientation and spacing wanted."""
    blank = sitk.Image(image.GetSize(), sitk.sitkUInt8)
    blank.CopyInformation(image)
    oriented = sitk.DICOMOrient(blank, description.orientation)
    old = np.array(oriented.GetSpacing())
    spacing = np.where(np.array(description.spacing_mm) > 0, description.spacing_mm, old)
    length = np.array(oriented.GetSize()) * old
    size = np.maximum(1, np.round(length / spacing)).astype(int)
    # Rounded down, coarse voxels would not reach the last fine ones, which would then be background.
    size += size * spacing < length - old / 2
    grid = sitk.Image([int(length) for length in size], sitk.sitkUInt8)
    grid.SetSpacing(spacing.tolist())
    grid.SetDirection(oriented.GetDirection())
    # The outer faces of the voxels stay where they are.
    shift = np.array(oriented.GetDirection()).reshape(3, 3) @ ((spacing - old) / 2)
    grid.SetOrigin((np.array(oriented.GetOrigin()) + shift).tolist())
    return grid


def _foreground(images: Sequence[sitk.Image], margin: int) -> tuple[slice, slice, slice]:
    bright = np.any([_values(image) > 0 for image in images], axis=0)
    if not bright.any():
        raise InputError("No voxel of the images is brighter than 0, so there is nothing to segment.")
    box = []
    for axis in (2, 1, 0):
        used = np.flatnonzero(bright.any(axis=tuple({0, 1, 2} - {axis})))
        box.append(slice(max(0, int(used[0]) - margin), min(bright.shape[axis], int(used[-1]) + margin + 1)))
    return box[0], box[1], box[2]


def _values(image: sitk.Image) -> Floats:
    return np.asarray(sitk.GetArrayFromImage(image), np.float32)


def _with_values(grid: sitk.Image, values: Floats) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(values))
    image.CopyInformation(grid)
    return image
