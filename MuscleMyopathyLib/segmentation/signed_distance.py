"""Signed distances to the outlines of structures in a slice, and labels from them without overlaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Distances = npt.NDArray[np.float32]


def signed_distance_mm(mask: npt.NDArray[np.bool_], pixel_mm: tuple[float, float]) -> Distances:
    """Return the distance in mm to the outline of a structure in a slice: positive inside, negative outside.

    Args:
        mask: Bool (row, column); neither empty nor full.
        pixel_mm: Height and width of a pixel.
    """
    inside = ndimage.distance_transform_edt(mask, sampling=pixel_mm)
    outside = ndimage.distance_transform_edt(~mask, sampling=pixel_mm)
    return np.asarray(inside - outside, dtype=np.float32)


def distances_of_labels(
    slices: Sequence[npt.NDArray[np.integer]], labels: Sequence[int], pixel_mm: tuple[float, float]
) -> list[Distances]:
    """Return the signed distances of every label in each of some drawn slices.

    A label that one of the slices lacks ends somewhere between it and the others. There it stands, in the place of
    a distance, the largest depth of the label in the other slices with a minus sign: on the way to that slice the
    structure shrinks evenly, and is gone half way.

    Args:
        slices: Label arrays (row, column).
        labels: Which labels; each occurs in at least one of the slices.
        pixel_mm: Height and width of a pixel.

    Returns:
        For each slice an array (label, row, column) in mm.
    """
    distances = [np.empty((len(labels), *drawn.shape), np.float32) for drawn in slices]
    for place, label in enumerate(labels):
        masks = [drawn == label for drawn in slices]
        depth = 0.0
        for mask, of_slice in zip(masks, distances, strict=True):
            if mask.any():
                of_slice[place] = signed_distance_mm(mask, pixel_mm)
                depth = max(depth, float(of_slice[place].max()))
        for mask, of_slice in zip(masks, distances, strict=True):
            if not mask.any():
                of_slice[place] = -depth
    return distances


def labels_of_distances(distances: Distances, labels: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the label with the largest signed distance at every pixel, and 0 where all are outside.

    Args:
        distances: (label, row, column) in mm.
        labels: The labels in the order of the first axis.
    """
    largest = distances.argmax(axis=0)
    return np.where(distances.max(axis=0) > 0, np.asarray(labels)[largest], 0)
