"""Single segments of a segmentation node changed in place; the other segments, views and undo steps stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from MuscleMyopathyLib.anatomy import Region, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.erosion import eroded_in_plane
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.segmentations import read_segmentation_node, terminology_entry
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.segmentation.mirroring import copy_to_other_side


def copy_segment_to_other_side(node: Any, structure: Structure, volume_node: Any, region: Region) -> Structure:
    """Draw a structure on the other leg, see `segmentation.mirroring`; return the structure drawn.

    Raises:
        InputError, GeometryError: As `read_segmentation_node` and `mirroring.copy_to_other_side`.
    """
    reading = read_segmentation_node(node, volume_node)
    made = copy_to_other_side(reading.segmentation, structure, image_from_volume_node(volume_node), region)
    (other,) = (
        one for one in made.structures.values() if one.code == structure.code and one.side is not structure.side
    )
    _write(node, other, made, volume_node, reading.segment_ids.get(other))
    return other


def erode_segment(node: Any, structure: Structure, erosion_mm: float, volume_node: Any) -> None:
    """Take away what lies within a distance of a structure's border, slice by slice.

    Raises:
        InputError, GeometryError: As `read_segmentation_node`; or nothing would be left, or nothing would go.
    """
    reading = read_segmentation_node(node, volume_node)
    label = reading.segmentation.label_of(structure)
    alone = Segmentation.from_array(
        np.where(reading.segmentation.array == label, 1, 0).astype(np.uint8),
        {1: structure},
        reading.segmentation.image,
    )
    made = eroded_in_plane(alone, erosion_mm)
    if not made.array.any():
        raise InputError(f"Eroded by {erosion_mm:g} mm nothing is left of {structure.name}. Erode by less.")
    if np.array_equal(made.array, alone.array):
        pixel_mm = min(made.image.GetSpacing()[:2])
        raise InputError(
            f"Eroded by {erosion_mm:g} mm, {structure.name} stays as it is: its pixels are {pixel_mm:.2g} mm "
            "wide. Erode by at least a pixel."
        )
    _write(node, structure, made, volume_node, reading.segment_ids[structure])


def _write(node: Any, structure: Structure, made: Segmentation, volume_node: Any, segment_id: str | None) -> None:
    """Write a structure's voxels into its segment, which is made where it is missing."""
    if segment_id is None:
        color = tuple(channel / 255 for channel in structure.type.color)
        segment_id = node.GetSegmentation().AddEmptySegment(structure.identifier, structure.name, color)
        segment = node.GetSegmentation().GetSegment(segment_id)
        segment.SetTerminology(terminology_entry(structure))
        segment.SetTag(attributes.STRUCTURE_TAG, structure.identifier)
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        made.mask(structure).astype(np.uint8), node, segment_id, volume_node
    )
