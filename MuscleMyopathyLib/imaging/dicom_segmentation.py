"""DICOM Segmentation objects (PS3.3 A.51, A.101) as a `Segmentation`: binary and label-map segments.

A segment's structure is read from its type and laterality codes (FMA or this extension's own), else from its
label. Frames without a voxel are usually left out of the file; background fills the gaps that they leave.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import GeometryError, InputError, ParameterError
from MuscleMyopathyLib.imaging.aligned_grid import on_grid_of
from MuscleMyopathyLib.imaging.geometry import TOLERANCE_MM
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import structure_from_text
from MuscleMyopathyLib.terminology import structure_of_codes

Frames = npt.NDArray[np.integer[Any]]

_SEGMENTATION_STORAGE = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_DAMAGE = (
    InvalidDicomError,
    OSError,
    EOFError,
    struct.error,
    zlib.error,
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What pydicom raises on files that are no DICOM, break off or hold nonsense."""


def is_dicom_segmentation(path: str | Path) -> bool:
    """Tell whether a file is a DICOM Segmentation."""
    try:
        header = pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True)
    except _DAMAGE:
        return False
    return str(header.get("SOPClassUID", "")) in _SEGMENTATION_STORAGE


def read_dicom_segmentation(path: str | Path, image: sitk.Image | None = None) -> Segmentation:
    """Read a DICOM Segmentation.

    Args:
        path: The file.
        image: The image that was segmented; the result is then on its grid. Without it, the result covers the
            slices from the first to the last that has a segment.

    Returns:
        The structures, under this extension's own label numbers.

    Raises:
        InputError: The file is truncated or no segmentation, a segment is fractional, names no known structure, or
            overlaps another one.
        GeometryError: The frames lie on no regular grid, or not on the voxels of the image.
    """
    path = Path(path)
    try:
        dataset = pydicom.dcmread(path)
        if str(dataset.get("SOPClassUID", "")) not in _SEGMENTATION_STORAGE:
            raise InputError(f"{path.name} is a DICOM object, but no segmentation.")
        kind = str(dataset.get("SegmentationType", ""))
        if kind not in ("BINARY", "LABELMAP"):
            raise InputError(f"{path.name} is a {kind.lower()} segmentation. Export it as a binary one.")
        structures = _structures(dataset, path.name)
        frames = dataset.pixel_array.reshape(-1, int(dataset.Rows), int(dataset.Columns))
        heights, like = _grid(dataset, len(frames), path.name)
        labels = _labels(dataset, kind, frames, heights, structures, like.GetDepth(), path.name)
    except _DAMAGE as error:
        raise InputError(
            f"{path.name} is truncated, damaged or no DICOM segmentation ({error}). Export or copy it again."
        ) from error
    segmentation = Segmentation.from_array(labels, {s.label: s for s in structures.values()}, like)
    return segmentation if image is None else on_grid_of(segmentation, image, path.name)


def _structures(dataset: Dataset, name: str) -> dict[int, Structure]:
    structures: dict[int, Structure] = {}
    for segment in dataset.SegmentSequence:
        number, label = int(segment.SegmentNumber), str(segment.get("SegmentLabel", ""))
        if number == 0:
            continue
        structure = _structure_of(segment, label)
        if structure is None:
            raise InputError(
                f"{name}, segment {number}: neither its codes nor its label {label!r} name a structure."
            )
        if structure in structures.values():
            raise InputError(f"{name} holds two segments of {structure.name}. Remove or rename one.")
        structures[number] = structure
    return structures


def _structure_of(segment: Dataset, label: str) -> Structure | None:
    modifiers = [
        code
        for item in segment.get("AnatomicRegionSequence") or []
        for code in item.get("AnatomicRegionModifierSequence") or []
    ]
    for kind in segment.get("SegmentedPropertyTypeCodeSequence") or []:
        sides = [*(kind.get("SegmentedPropertyTypeModifierCodeSequence") or []), *modifiers]
        side = str(sides[0].get("CodeValue", "")) if sides else ""
        found = structure_of_codes(str(kind.CodingSchemeDesignator), str(kind.get("CodeValue", "")), side)
        if found is not None:
            return found
    try:
        return structure_from_text(label)
    except ParameterError:
        return None


def _group(dataset: Dataset, index: int, sequence: str) -> Dataset:
    """Return the first item of a functional group of a frame: its own before the shared one (C.7.6.16)."""
    own = dataset.PerFrameFunctionalGroupsSequence[index]
    items = own.get(sequence) or dataset.SharedFunctionalGroupsSequence[0][sequence].value
    item: Dataset = items[0]
    return item


def _grid(dataset: Dataset, frames: int, name: str) -> tuple[npt.NDArray[np.int64], sitk.Image]:
    """Return the slice of each frame, and an empty image on the grid that all slices lie on."""
    cosines = np.array(_group(dataset, 0, "PlaneOrientationSequence").ImageOrientationPatient, dtype=float)
    row, column = cosines.reshape(2, 3)
    normal = np.cross(row, column)
    for index in range(1, frames):
        other = np.array(_group(dataset, index, "PlaneOrientationSequence").ImageOrientationPatient, dtype=float)
        if np.abs(other - cosines).max() > 1e-4:
            raise GeometryError(f"The frames of {name} are not parallel, so they lie on no one grid.")
    positions = np.array(
        [_group(dataset, index, "PlanePositionSequence").ImagePositionPatient for index in range(frames)],
        dtype=float,
    )
    measures = _group(dataset, 0, "PixelMeasuresSequence")
    heights = positions @ normal
    step = _step_mm(np.unique(np.round(heights, 3)), measures)
    slices = np.round((heights - heights.min()) / step).astype(np.int64)
    first = positions[int(np.argmin(heights))]
    off_grid = np.abs(positions - (first + np.outer(slices * step, normal))).max()
    if off_grid > TOLERANCE_MM:
        raise GeometryError(
            f"The frames of {name} lie on no regular grid of slices: up to {off_grid:.3g} mm beside it."
        )
    between_rows, between_columns = (float(value) for value in measures.PixelSpacing)
    like = sitk.Image(int(dataset.Columns), int(dataset.Rows), int(slices.max()) + 1, sitk.sitkUInt8)
    like.SetSpacing((between_columns, between_rows, step))
    like.SetOrigin(first.tolist())
    like.SetDirection(np.stack((row, column, normal), axis=1).ravel().tolist())
    return slices, like


def _step_mm(heights: npt.NDArray[np.float64], measures: Dataset) -> float:
    """Return the distance of neighbouring slices; a stated one only where it fits the positions."""
    stated = [float(measures[tag].value) for tag in ("SpacingBetweenSlices", "SliceThickness") if tag in measures]
    gaps = np.diff(heights)
    for step in stated:
        if step > 0 and np.abs(gaps - np.round(gaps / step) * step).max(initial=0.0) <= TOLERANCE_MM:
            return step
    return float(gaps.min()) if gaps.size else 1.0


def _labels(
    dataset: Dataset,
    kind: str,
    frames: Frames,
    slices: npt.NDArray[np.int64],
    structures: Mapping[int, Structure],
    depth: int,
    name: str,
) -> npt.NDArray[np.uint8]:
    labels = np.zeros((depth, *frames.shape[1:]), dtype=np.uint8)
    for index, (frame, slice_) in enumerate(zip(frames, slices, strict=True)):
        if kind == "LABELMAP":
            unknown = sorted(set(np.unique(frame).tolist()) - {0} - set(structures))
            if unknown:
                raise InputError(f"{name} holds voxels of segments that it does not describe: {unknown}.")
            for number, structure in structures.items():
                labels[slice_][frame == number] = structure.label
            continue
        number = int(_group(dataset, index, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        drawn = frame > 0
        taken = labels[slice_][drawn]
        if taken.any():
            others = {structure.label: structure.name for structure in structures.values()}
            other = others[int(taken[taken > 0][0])]
            raise InputError(
                f"{name}: {structures[number].name} overlaps {other} in {np.count_nonzero(taken)} voxels "
                "of a slice, and a voxel belongs to one structure here. Remove one of the two, or their overlap."
            )
        labels[slice_][drawn] = structures[number].label
    return labels
