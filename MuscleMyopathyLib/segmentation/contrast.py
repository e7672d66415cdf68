"""What the images say about tissue: how much signal there is, and how much of it is fat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.outline import eroded, otsu_threshold

Mask = npt.NDArray[np.bool_]
Volume = npt.NDArray[np.float32]

CLASS_ROUNDS = 4
LEVEL_SMOOTHING_MM = 20.0


@dataclass(frozen=True)
class Contrast:
    """Signal and fat content of every voxel, along the patient's axes.

    Attributes:
        signal: Magnitude of all tissue, arbitrary unit, not negative.
        fat_percent: Fat content, 0 to 100; from one image it is a scale between the local levels of lean
            tissue (0) and fat (100), not a measurement.
        inverted: Fat was found darker than lean tissue in the one image given.
    """

    signal: Volume
    fat_percent: Volume
    inverted: bool = False


def contrast_of_water_and_fat(water: Volume, fat: Volume) -> Contrast:
    """Return the contrast of a Dixon pair; negative values, which some reconstructions leave, count as 0."""
    water, fat = np.maximum(water, 0), np.maximum(fat, 0)
    signal = water + fat
    fraction = np.divide(100 * fat, signal, out=np.zeros_like(signal), where=signal > 0)
    return Contrast(signal, fraction)


def contrast_of_one_image(image: Volume, outline: Mask, spacing_mm: tuple[float, float, float]) -> Contrast:
    """Return the contrast of one image of two tissue levels, such as T1w.

    Lean tissue and fat are two classes whose levels vary slowly over the slice (coil shading): starting from
    Otsu's threshold the local mean of each class and the border midway are found in turns. The layer below
    the skin tells which class is fat.

    Args:
        image: T1w magnitude (slice, row, column).
        outline: Where the body is.
        spacing_mm: Distance of slices, rows and columns.
    """
    image = np.maximum(image, 0)
    in_plane = np.array(spacing_mm[1:])
    fat_percent = np.zeros_like(image)
    brighter_below_skin: list[float] = []
    levels: list[tuple[Volume, Volume] | None] = []
    for index in range(image.shape[0]):
        body = outline[index]
        if not body.any():
            levels.append(None)
            continue
        dark_limit = 0.35 * np.median(image[index][body])
        tissue = body & (image[index] > dark_limit)
        border = np.full(body.shape, otsu_threshold(image[index][tissue]), dtype=np.float32)
        for _ in range(CLASS_ROUNDS):
            high = local_mean(image[index], tissue & (image[index] > border), LEVEL_SMOOTHING_MM, in_plane)
            low = local_mean(image[index], tissue & (image[index] <= border), LEVEL_SMOOTHING_MM, in_plane)
            border = (high + low) / 2
        levels.append((low, high))
        layer = eroded(body, 3.0, in_plane) & ~eroded(body, 6.0, in_plane)
        brighter_below_skin.append(float((image[index] > border)[layer].mean()) if layer.any() else 0.5)
    inverted = bool(brighter_below_skin) and float(np.median(brighter_below_skin)) < 0.5
    for index, level in enumerate(levels):
        if level is None:
            continue
        low, high = level
        scale = (image[index] - low) / np.maximum(high - low, 1e-6)
        fat_percent[index] = 100 * np.clip(1 - scale if inverted else scale, 0, 1)
    return Contrast(image, fat_percent, inverted)


def local_mean(values: Volume, where: Mask, sigma_mm: float, in_plane_mm: npt.NDArray[np.float64]) -> Volume:
    """Return the Gaussian-weighted mean of a slice's values in a mask, drawn to their overall mean far from it.

    The mean varies slowly, so it is computed on blocks of a quarter of the Gaussian's width.
    """
    block = np.maximum(np.round(sigma_mm / 4 / in_plane_mm), 1).astype(int)
    weight = _block_sums(where.astype(np.float32), block)
    total = _block_sums(np.where(where, values, 0).astype(np.float32), block)
    sigma = sigma_mm / (block * in_plane_mm)
    smooth_weight = ndimage.gaussian_filter(weight, sigma)
    smooth_total = ndimage.gaussian_filter(total, sigma)
    overall = float(values[where].mean()) if where.any() else 0.0
    prior = np.float32(0.02 * block.prod())
    coarse = (smooth_total + prior * overall) / (smooth_weight + prior)
    rows, columns = ((np.arange(n) + 0.5) / b - 0.5 for n, b in zip(values.shape, block, strict=True))
    where_to = np.meshgrid(rows, columns, indexing="ij")
    return np.asarray(ndimage.map_coordinates(coarse, where_to, order=1, mode="nearest"), dtype=np.float32)


def _block_sums(values: Volume, block: npt.NDArray[np.intp]) -> Volume:
    rows, columns = (-(-n // b) for n, b in zip(values.shape, block, strict=True))
    padded = np.pad(values, [(0, r * b - n) for n, r, b in zip(values.shape, (rows, columns), block, strict=True)])
    return np.asarray(padded.reshape(rows, block[0], columns, block[1]).sum(axis=(1, 3)))
