"""Segmentation node ↔ `Segmentation`: structures with their terminology, colour, order and voxels.

What a segment is, is read from its terminology entry (the type's code and the modifier Left or Right), else from
the tag that this extension sets, else from its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
import slicer
import vtk
from vtk.util import numpy_support

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.geometry import index_to_lps
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import structure_from_text
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.geometry import (
    RAS_LPS,
    array_from_vtk_matrix,
    parent_transform_to_world,
    split_affine,
    vtk_matrix_from_array,
)
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.terminology import CONTEXT_NAME, SIDE_MODIFIERS, TISSUE, structure_of_codes, type_code

_LABELMAP = "Binary labelmap"


@dataclass(frozen=True)
class SegmentationReading:
    """What was read from a segmentation node.

    Attributes:
        segmentation: The segments that are known structures.
        segment_ids: For each structure, the segment that it was read from.
        problems: In words, the segments that were left out or that contradict themselves.
    """

    segmentation: Segmentation
    segment_ids: dict[Structure, str]
    problems: tuple[str, ...]


def segmentation_node_from(
    segmentation: Segmentation, name: str, reference_volume: Any = None, node: Any = None
) -> Any:
    """Put a segmentation into a segmentation node, all segments in one layer.

    Each structure becomes a segment in the order of the labels' mapping, also where it has no voxel, with its
    English name, terminology entry, colour and label number. Voxels whose label names no structure become
    background.

    Args:
        segmentation: The structures.
        name: Name of the node.
        reference_volume: The ``vtkMRMLScalarVolumeNode`` that it was drawn on; the Segment Editor takes its grid.
        node: A ``vtkMRMLSegmentationNode`` whose segments are replaced. None makes a new one.

    Returns:
        The ``vtkMRMLSegmentationNode``.
    """
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.SetName(attributes.node_name(name))
    node.SetAndObserveTransformNodeID(None)
    node.CreateDefaultDisplayNodes()
    segments = node.GetSegmentation()
    segments.RemoveAllSegments()
    segments.SetSourceRepresentationName(_LABELMAP)

    labelmap = _oriented_image(segmentation)
    for label, structure in segmentation.structures.items():
        segment = slicer.vtkSegment()
        segment.SetName(structure.name)
        segment.SetColor(*(channel / 255 for channel in structure.type.color))
        segment.SetTerminology(terminology_entry(structure))
        segment.SetTag(attributes.STRUCTURE_TAG, structure.identifier)
        segment.SetLabelValue(label)
        segment.AddRepresentation(_LABELMAP, labelmap)
        segments.AddSegment(segment, structure.identifier)
    if reference_volume is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference_volume)
    else:
        # Slicer crops labelmaps to what is drawn; this parameter keeps the whole grid.
        segments.SetConversionParameter(
            slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
            slicer.vtkSegmentationConverter.SerializeImageGeometry(labelmap),
        )
    return node


def segmentation_from_node(node: Any, reference_volume: Any = None) -> Segmentation:
    """Return the structures of a segmentation node, every segment of which must be a known structure.

    Args:
        node: ``vtkMRMLSegmentationNode``; its source may also be closed surfaces.
        reference_volume: The volume whose grid the labels get, by nearest neighbour where the grids differ. None
            takes the volume that it was drawn on, else the grid of the segments themselves.

    Raises:
        InputError: There is no node or no segment, segments overlap, a structure is there twice, or a segment is
            no known structure. `read_segmentation_node` returns the latter as problems instead.
        GeometryError: A parent transform bends or shears the grid.
    """
    reading = read_segmentation_node(node, reference_volume)
    if reading.problems:
        raise InputError(
            f"The segmentation {node.GetName()} cannot be used as it is:\n  " + "\n  ".join(reading.problems)
        )
    return reading.segmentation


def read_segmentation_node(node: Any, reference_volume: Any = None) -> SegmentationReading:
    """Return the known structures of a segmentation node, and what was left out, in words.

    Labels are the segments' label values where these are unique, else 1, 2, 3 … in the order of the segments.

    Args:
        node: As for `segmentation_from_node`.
        reference_volume: As for `segmentation_from_node`.

    Raises:
        InputError: There is no node or no known segment, known segments overlap, or a structure is there twice.
        GeometryError: A parent transform bends or shears the grid.
    """
    if node is None:
        raise InputError("No segmentation is chosen. Choose one.")
    segments = node.GetSegmentation()
    if segments.GetNumberOfSegments() == 0:
        raise InputError(f"The segmentation {node.GetName()} has no segment. Draw one or choose another one.")
    known, problems = _known_structures(node)
    if not known:
        raise InputError(
            f"The segmentation {node.GetName()} has no segment that is a known structure:\n  "
            + "\n  ".join(problems)
        )
    if not segments.ContainsRepresentation(_LABELMAP) and not node.CreateBinaryLabelmapRepresentation():
        raise InputError(f"The surfaces of the segmentation {node.GetName()} cannot be made into voxels.")

    grid = _grid(node, reference_volume)
    values = {segment_id: segments.GetSegment(segment_id).GetLabelValue() for segment_id in known}
    if len(set(values.values())) == len(values):
        labels = values
    else:
        labels = {segment_id: number for number, segment_id in enumerate(known, start=1)}
    array = _merge_layers(node, grid, labels)
    return SegmentationReading(
        Segmentation.from_array(array, {labels[segment_id]: known[segment_id] for segment_id in known}, grid),
        {structure: segment_id for segment_id, structure in known.items()},
        tuple(problems),
    )


def terminology_entry(structure: Structure) -> str:
    """Return the serialized terminology entry of a structure, as a segment stores it."""
    kind = type_code(structure.type)
    modifier = SIDE_MODIFIERS.get(structure.side)
    side = ("", "", "") if modifier is None else (modifier.value, modifier.scheme, modifier.meaning)
    return str(
        slicer.vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry(
            CONTEXT_NAME,
            *(TISSUE.value, TISSUE.scheme, TISSUE.meaning),
            *(kind.value, kind.scheme, kind.meaning),
            *side,
            *("", "", "", "", "", "", ""),
        )
    )


def structure_of_segment(segment: Any) -> Structure | None:
    """Return what a ``vtkSegment`` is, from its terminology, else its tag, else its name; None if none tells."""
    return _structure_from_terminology(segment) or _structure_from_tag(segment) or _structure_from_name(segment)


def _structure_from_terminology(segment: Any) -> Structure | None:
    entry = slicer.vtkSlicerTerminologyEntry()
    serialized = segment.GetTerminology()
    if not serialized or not slicer.vtkSlicerTerminologiesModuleLogic.DeserializeTerminologyEntry(
        serialized, entry
    ):
        return None
    kind = entry.GetTypeObject()
    side = entry.GetTypeModifierObject()
    return structure_of_codes(
        kind.GetCodingSchemeDesignator() or "", kind.GetCodeValue() or "", side.GetCodeValue() or ""
    )


def _structure_from_tag(segment: Any) -> Structure | None:
    identifier = vtk.reference("")
    if not segment.GetTag(attributes.STRUCTURE_TAG, identifier):
        return None
    try:
        return Structure.parse(str(identifier))
    except ParameterError:
        return None


def _structure_from_name(segment: Any) -> Structure | None:
    try:
        return structure_from_text(segment.GetName() or "")
    except ParameterError:
        return None


def _known_structures(node: Any) -> tuple[dict[str, Structure], list[str]]:
    known: dict[str, Structure] = {}
    problems = []
    segments = node.GetSegmentation()
    for segment_id in segments.GetSegmentIDs():
        segment = segments.GetSegment(segment_id)
        name = segment.GetName()
        structure = structure_of_segment(segment)
        if structure is None:
            problems.append(
                f"segment {name!r} is no structure that this extension knows and was left out: "
                "set its terminology, or name it like 'RF left'"
            )
            continue
        if structure in known.values():
            twin = segments.GetSegment(next(i for i, s in known.items() if s == structure)).GetName()
            raise InputError(
                f"The segments {twin!r} and {name!r} of {node.GetName()} are both {structure.name}. "
                "Merge them or set the terminology of one."
            )
        named = _structure_from_name(segment)
        if named is not None and named != structure:
            problems.append(
                f"segment {name!r} is {structure.name} by its terminology, which was taken, though its name says "
                f"{named.name}: make the two agree"
            )
        known[segment_id] = structure
    return known, problems


def _oriented_image(segmentation: Segmentation) -> Any:
    array = segmentation.array
    highest = max(segmentation.structures, default=0)
    dtype = np.uint8 if highest <= 255 else np.int16 if highest <= 32767 else np.int32
    known = np.where(np.isin(array, list(segmentation.structures)), array, 0).astype(dtype)
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(segmentation.image.GetSize())
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(known.ravel(), deep=True))
    image.SetImageToWorldMatrix(vtk_matrix_from_array(RAS_LPS @ index_to_lps(segmentation.image)))
    return image


def _image_from_oriented(data: Any, to_world: npt.NDArray[np.float64] | None, name: str) -> sitk.Image:
    """Return a ``vtkOrientedImageData``, whose extent may start anywhere, as an image in world coordinates."""
    extent = data.GetExtent()
    matrix = vtk.vtkMatrix4x4()
    data.GetImageToWorldMatrix(matrix)
    index_to_ras = array_from_vtk_matrix(matrix)
    index_to_ras[:, 3] = index_to_ras @ (extent[0], extent[2], extent[4], 1)
    if to_world is not None:
        index_to_ras = to_world @ index_to_ras
    direction, spacing, origin = split_affine(RAS_LPS @ index_to_ras, name)
    scalars = data.GetPointData().GetScalars()
    if scalars is None or data.IsEmpty():
        image = sitk.Image(1, 1, 1, sitk.sitkUInt8)
    else:
        shape = tuple(reversed(data.GetDimensions()))
        image = sitk.GetImageFromArray(numpy_support.vtk_to_numpy(scalars).reshape(shape))
    image.SetDirection(direction.ravel().tolist())
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(origin.tolist())
    return image


def _grid(node: Any, reference_volume: Any) -> sitk.Image:
    """Return an image on the grid that the labels shall have."""
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    volume = reference_volume or node.GetNodeReference(role)
    if volume is not None:
        return image_from_volume_node(volume)
    segments = node.GetSegmentation()
    geometry = segments.GetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    ) or segments.DetermineCommonLabelmapGeometry(slicer.vtkSegmentation.EXTENT_UNION_OF_SEGMENTS, None)
    grid = slicer.vtkOrientedImageData()
    slicer.vtkSegmentationConverter.DeserializeImageGeometry(geometry, grid, True)
    return _image_from_oriented(grid, parent_transform_to_world(node), node.GetName())


def _merge_layers(node: Any, grid: sitk.Image, labels: dict[str, int]) -> npt.NDArray[np.integer]:
    """Return the wanted segments of all layers as one array (slice, row, column) of their labels."""
    segments = node.GetSegmentation()
    to_world = parent_transform_to_world(node)
    highest = max(labels.values())
    dtype = np.uint8 if highest <= 255 else np.int16 if highest <= 32767 else np.int32
    merged = np.zeros(tuple(reversed(grid.GetSize())), dtype)
    overlaps: dict[tuple[int, int], int] = {}
    for layer in range(segments.GetNumberOfLayers(_LABELMAP)):
        wanted = [i for i in segments.GetSegmentIDsForLayer(layer, _LABELMAP) if i in labels]
        if not wanted:
            continue
        image = _image_from_oriented(
            segments.GetLayerDataObject(layer, _LABELMAP), to_world, f"{node.GetName()}, layer {layer + 1}"
        )
        resampled = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0, image.GetPixelID())
        on_grid = sitk.GetArrayViewFromImage(resampled)
        layer_labels = np.zeros_like(merged)
        for segment_id in wanted:
            layer_labels[on_grid == segments.GetSegment(segment_id).GetLabelValue()] = labels[segment_id]
        both = (merged > 0) & (layer_labels > 0)
        for pair, count in zip(
            *np.unique(np.stack([merged[both], layer_labels[both]], axis=1), axis=0, return_counts=True),
            strict=True,
        ):
            overlaps[int(pair[0]), int(pair[1])] = int(count)
        merged[layer_labels > 0] = layer_labels[layer_labels > 0]
    if overlaps:
        name = {label: segments.GetSegment(segment_id).GetName() for segment_id, label in labels.items()}
        shared = "; ".join(f"{name[a]} and {name[b]} in {count} voxels" for (a, b), count in overlaps.items())
        raise InputError(
            f"Segments of {node.GetName()} overlap: {shared}. One voxel can be one structure only: "
            "in the Segment Editor, set Modify other segments to 'Overwrite all' and paint, or subtract one from "
            "the other with Logical operators."
        )
    return merged
