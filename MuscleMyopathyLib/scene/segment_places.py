"""Where a structure is largest in a segmentation node: the slice that a reader looks at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.scene.segmentations import read_segmentation_node

HEADS = {"BF": ("BFL", "BFS")}
"""Muscles that scales score as a whole and segmentations may hold as heads."""


@dataclass(frozen=True)
class SegmentPlace:
    """One structure in a segmentation node.

    Attributes:
        segment_ids: Its segments; several where a muscle is drawn as its heads.
        slice_index: Slice of the labels' grid with the most voxels of it, from 0.
        center_ras: Centroid of its voxels in that slice, in mm, RAS as the slice views count.
    """

    segment_ids: tuple[str, ...]
    slice_index: int
    center_ras: tuple[float, float, float]


def segment_places(node: Any, reference_volume: Any = None) -> dict[Structure, SegmentPlace]:
    """Return where each known structure of a segmentation node is largest; empty segments are left out.

    Args:
        node: ``vtkMRMLSegmentationNode``.
        reference_volume: Its slices are counted; None takes the volume that the segmentation was drawn on.

    Raises:
        InputError, GeometryError: As `segmentations.read_segmentation_node`.
    """
    reading = read_segmentation_node(node, reference_volume)
    image, labels = reading.segmentation.image, reading.segmentation.array
    wanted: dict[Structure, tuple[Structure, ...]] = {one: (one,) for one in reading.segment_ids}
    for structure in list(wanted):
        for whole, heads in HEADS.items():
            parts = tuple(Structure(head, structure.side) for head in heads)
            if structure in parts and Structure(whole, structure.side) not in reading.segment_ids:
                wanted[Structure(whole, structure.side)] = tuple(part for part in parts if part in wanted)
    label_of = {structure: reading.segmentation.label_of(structure) for structure in reading.segment_ids}
    counts = np.array([np.bincount(one.ravel(), minlength=max(label_of.values()) + 1) for one in labels])
    places = {}
    for structure, parts in wanted.items():
        values = [label_of[part] for part in parts]
        per_slice = counts[:, values].sum(axis=1)
        if not per_slice.any():
            continue
        index = int(per_slice.argmax())
        row, column = np.argwhere(np.isin(labels[index], values)).mean(axis=0)
        x, y, z = image.TransformContinuousIndexToPhysicalPoint((float(column), float(row), float(index)))
        ids = tuple(reading.segment_ids[part] for part in parts)
        places[structure] = SegmentPlace(ids, index, (-x, -y, z))
    return places
