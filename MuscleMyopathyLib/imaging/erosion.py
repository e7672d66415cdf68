"""Erosion of every structure of a label image at once, within the slices and in millimetres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.imaging.segmentation import Segmentation


def eroded_in_plane(segmentation: Segmentation, erosion_mm: float) -> Segmentation:
    """Remove from every structure what lies within ``erosion_mm`` of its border, slice by slice.

    The distance of a voxel is that of its centre to the centre of the nearest voxel outside the structure in the
    same slice; voxels at no more than ``erosion_mm`` go. Slices are not eroded against one another, because
    muscle MRI has slices of 5 to 25 mm. Outside the image counts as inside, so that a limb that the field of view
    cuts off is not eroded from the cut.

    Args:
        segmentation: Structures; unchanged.
        erosion_mm: 0 or more; 0 returns the segmentation as it is.

    Raises:
        ValueError: A negative erosion.
    """
    if erosion_mm < 0:
        raise ValueError(f"erosion_mm must be 0 or more, not {erosion_mm}.")
    if erosion_mm == 0:
        return segmentation
    labels = segmentation.array
    column_mm, row_mm, _ = segmentation.image.GetSpacing()
    kept = np.zeros_like(labels)
    for slice_index, plane in enumerate(labels):
        for label, box in _boxes(plane):
            inside = plane[box] == label
            if inside.all():
                kept[(slice_index, *box)] = plane[box]
                continue
            distance = ndimage.distance_transform_edt(inside, sampling=(row_mm, column_mm))
            kept[(slice_index, *box)][distance > erosion_mm] = label
    return Segmentation.from_array(kept, segmentation.structures, segmentation.image)


def _boxes(plane: npt.NDArray[np.integer]) -> list[tuple[int, tuple[slice, slice]]]:
    """Return each label with its bounding box in the plane, widened by one voxel."""
    rows, columns = plane.shape
    boxes: list[tuple[int, tuple[slice, slice]]] = []
    for label, box in enumerate(ndimage.find_objects(plane.astype(np.int32)), start=1):
        if box is not None:
            high, wide = box
            grown = (
                slice(max(high.start - 1, 0), min(high.stop + 1, rows)),
                slice(max(wide.start - 1, 0), min(wide.stop + 1, columns)),
            )
            boxes.append((label, grown))
    return boxes
