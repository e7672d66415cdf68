"""nnU-Net's preparation of images and its resampling, so that its weights see what they were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.engines.nnunet_plans import Order, Resampling

Floats = npt.NDArray[np.float32]
Box = tuple[slice, slice, slice]

THICK_SLICES = 3.0
"""Slices this many times thicker than the pixels are resampled by themselves (nnU-Net's ANISO_THRESHOLD)."""


def nonzero_box(channels: Floats) -> tuple[npt.NDArray[np.bool_], Box]:
    """Return where any channel is not 0, holes filled, within the box around it, and the box.

    Args:
        channels: (channel, and three axes).
    """
    mask = ndimage.binary_fill_holes((channels != 0).any(axis=0))
    sides = []
    for axis in range(3):
        used = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        sides.append(slice(int(used[0]), int(used[-1]) + 1))
    box = (sides[0], sides[1], sides[2])
    return mask[box], box


def normalised(
    values: Floats, mask: npt.NDArray[np.bool_], scheme: str, masked: bool, intensities: Mapping[str, float]
) -> Floats:
    """Return one channel normalised by one of nnU-Net's schemes."""
    if scheme == "NoNormalization":
        return values
    if scheme == "RescaleTo01Normalization":
        shifted = values - values.min()
        return np.asarray(shifted / max(float(shifted.max()), 1e-8), np.float32)
    if scheme == "CTNormalization":
        limited = np.clip(values, intensities["percentile_00_5"], intensities["percentile_99_5"])
        return np.asarray((limited - intensities["mean"]) / max(intensities["std"], 1e-8), np.float32)
    where = mask if masked else np.ones_like(mask)
    mean, spread = float(values[where].mean()), float(values[where].std())
    scaled = (values - mean) / max(spread, 1e-8)
    return np.asarray(np.where(where, scaled, values), np.float32)


def resized_shape(
    shape: Sequence[int], spacing_mm: Sequence[float], wanted_mm: Sequence[float]
) -> tuple[int, ...]:
    """Return the number of voxels that cover the same length in another spacing, at least one."""
    return tuple(
        max(1, round(length * old / new)) for length, old, new in zip(shape, spacing_mm, wanted_mm, strict=True)
    )


def resampled(
    volume: Floats,
    shape: tuple[int, ...],
    spacing_mm: Sequence[float],
    wanted_mm: Sequence[float],
    how: Resampling,
) -> Floats:
    """Return one channel (three axes) on another number of voxels, as nnU-Net's default does it.

    Args:
        volume: The channel.
        shape: Wanted.
        spacing_mm: Of the channel, per axis.
        wanted_mm: The spacing that ``shape`` amounts to.
        how: Orders of the splines.
    """
    if volume.shape == shape:
        return volume
    axis = _thick_axis(spacing_mm, wanted_mm, how.separate_slices)
    if axis is None:
        return _resized(volume, shape, how.order)
    planes = np.moveaxis(volume, axis, 0)
    in_plane = tuple(length for number, length in enumerate(shape) if number != axis)
    resized = np.stack([_resized(plane, in_plane, how.order) for plane in planes])
    if len(resized) != shape[axis]:
        places = (np.arange(shape[axis]) + 0.5) * len(resized) / shape[axis] - 0.5
        grid = np.stack(
            np.meshgrid(places, *(np.arange(length, dtype=np.float64) for length in in_plane), indexing="ij")
        )
        resized = ndimage.map_coordinates(resized, grid, order=how.order_between_slices, mode="nearest")
    return np.asarray(np.moveaxis(resized, 0, axis), np.float32)


def _thick_axis(spacing_mm: Sequence[float], wanted_mm: Sequence[float], separate: bool | None) -> int | None:
    """Return the axis along which slices are thick, or None where all three are resampled together."""
    for spacing in (spacing_mm, wanted_mm):
        if separate or (separate is None and max(spacing) / min(spacing) > THICK_SLICES):
            thick = [axis for axis, length in enumerate(spacing) if length == max(spacing)]
            return thick[0] if len(thick) == 1 else None
    return None


def _resized(values: Floats, shape: tuple[int, ...], order: Order) -> Floats:
    scale = [new / old for new, old in zip(shape, values.shape, strict=True)]
    zoomed = ndimage.zoom(values.astype(np.float64), scale, order=order, mode="nearest", grid_mode=True)
    return np.asarray(np.clip(zoomed, values.min(), values.max()), np.float32)
