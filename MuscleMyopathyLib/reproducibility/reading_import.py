"""Segmentations that readers drew in other programs: ITK-SNAP, 3D Slicer, and what writes NIfTI or DICOM SEG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.aligned_grid import on_grid_of
from MuscleMyopathyLib.imaging.dicom_segmentation import is_dicom_segmentation, read_dicom_segmentation
from MuscleMyopathyLib.imaging.files import image_suffix, read_label_image
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import own_scheme, read_label_scheme, structure_from_text
from MuscleMyopathyLib.terminology import structure_of_codes

_LABEL_FILE_SUFFIXES = (".txt", ".label", ".lbl")
_TERMINOLOGY = re.compile(r"TerminologyEntry:[^~|]*~[^~|]*~(?P<type>[^~|]*)~(?P<modifier>[^~|]*)")


def read_segmentation_file(
    path: str | Path, label_scheme: str | Path | None = None, image: sitk.Image | None = None
) -> Segmentation:
    """Read a segmentation that another program wrote.

    Args:
        path: NIfTI, NRRD (3D Slicer's ``.seg.nrrd`` included), MetaImage or DICOM SEG file.
        label_scheme: What the labels mean: a shipped scheme by name, or a JSON or ITK-SNAP label file. By default
            what the file itself says (DICOM SEG, ``.seg.nrrd``), else an ITK-SNAP label file of the same name
            beside it, else this extension's own numbers.
        image: The image that was segmented, to check that both share one grid.

    Raises:
        InputError: The file cannot be read, holds a label without a meaning, or segments that overlap.
        GeometryError: It does not lie on the image's grid; both are shown.
    """
    path = Path(path)
    if image_suffix(path) is None and is_dicom_segmentation(path):
        return read_dicom_segmentation(path, image)
    labels = read_label_image(path)
    scheme = read_label_scheme(label_scheme) if label_scheme is not None else _scheme_of(path)
    present = {int(label) for label in np.unique(sitk.GetArrayViewFromImage(labels))} - {0}
    unknown = sorted(present - set(scheme))
    if unknown:
        raise InputError(
            f"{path} holds labels without a meaning: {', '.join(map(str, unknown))}. "
            "Name the label scheme that it was drawn with, or add these labels to it."
        )
    segmentation = Segmentation(labels, scheme)
    if image is not None and _is_slicers(path):
        return on_grid_of(segmentation, image, path.name)
    if image is not None:
        require_same_geometry(image, labels, "image", f"segmentation {path.name}")
    return segmentation


def _is_slicers(path: Path) -> bool:
    return path.name.lower().endswith(".seg.nrrd")


def _scheme_of(path: Path) -> Mapping[int, Structure]:
    if _is_slicers(path):
        return _slicer_scheme(path)
    stem = path.name[: -len(image_suffix(path) or path.suffix)]
    for suffix in _LABEL_FILE_SUFFIXES:
        beside = path.with_name(stem + suffix)
        if beside.is_file():
            return read_label_scheme(beside)
    return own_scheme()


def _slicer_scheme(path: Path) -> dict[int, Structure]:
    """Read the terminology, name and label that 3D Slicer writes into the header for each segment."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    fields = {key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys()}
    scheme: dict[int, Structure] = {}
    for key, value in fields.items():
        if match := re.fullmatch(r"Segment(\d+)_LabelValue", key):
            segment = f"Segment{match[1]}"
            name = fields.get(f"{segment}_Name", "")
            structure = _structure_of_tags(fields.get(f"{segment}_Tags", "")) or _structure_of_name(name)
            if structure is None:
                raise InputError(f"{path}: the segment {name!r} names no structure that this extension knows.")
            scheme[int(value)] = structure
    if not scheme:
        raise InputError(f"{path} describes no segments. Save the segmentation from 3D Slicer again.")
    return scheme


def _structure_of_tags(tags: str) -> Structure | None:
    match = _TERMINOLOGY.search(tags)
    if match is None:
        return None
    scheme, value = [*match["type"].split("^"), ""][:2]
    modifier = [*match["modifier"].split("^"), ""][1]
    return structure_of_codes(scheme, value, modifier)


def _structure_of_name(name: str) -> Structure | None:
    try:
        return structure_from_text(name)
    except ParameterError:
        return None
