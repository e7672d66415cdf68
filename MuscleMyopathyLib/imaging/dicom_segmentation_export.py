"""A `Segmentation` as a DICOM Segmentation object (PS3.3 A.51) that refers to the series it was drawn on.

Written by highdicom (Bridge CP et al., J Digit Imaging 2022;35:1719): one binary segment per structure, coded by
this extension's terminology, so that `dicom_segmentation.read_dicom_segmentation` reads it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import GeometryError, InputError, MissingPackageError, OutputError
from MuscleMyopathyLib.imaging.geometry import TOLERANCE_MM
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.terminology import SIDE_MODIFIERS, TISSUE, Code, type_code

MANUFACTURER = "MuscleMyopathy"


def require_highdicom() -> None:
    """Refuse to write DICOM segmentations without highdicom, before long work begins.

    Raises:
        MissingPackageError: highdicom is not installed.
    """
    try:
        import highdicom.seg  # noqa: F401
    except ImportError as error:
        raise MissingPackageError(
            f"DICOM segmentations are written by highdicom; {error.name} is not installed. Install it with "
            "pip install 'muscle-myopathy[dicom-seg]', or export as NIfTI."
        ) from error


def write_dicom_segmentation(segmentation: Segmentation, source_files: Sequence[Path], path: Path) -> Path:
    """Write a DICOM Segmentation of the structures that have a voxel.

    Patient and study are those of the source series: the file names the patient as the source does.

    Args:
        segmentation: On the grid of the source series.
        source_files: Single-frame DICOM files of the series that was segmented, in any order.
        path: File to write.

    Raises:
        InputError: A source file cannot be read, the source is no series of single-frame images, or nothing is
            drawn.
        GeometryError: A source slice is no slice of the segmentation.
        MissingPackageError: highdicom is not installed.
        OutputError: The file cannot be written.
    """
    require_highdicom()
    import highdicom
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentationTypeValues, SegmentDescription

    drawn = [structure for structure in segmentation.structures.values() if segmentation.mask(structure).any()]
    if not drawn:
        raise InputError("Nothing is drawn, so there is no segmentation to write.")
    try:
        source = [pydicom.dcmread(file) for file in source_files]
    except (OSError, pydicom.errors.InvalidDicomError) as error:
        raise InputError(f"The series that was segmented cannot be read: {error}") from error
    for dataset in source:
        for keyword in _MAY_BE_EMPTY:
            if keyword not in dataset:
                setattr(dataset, keyword, "")
    planes = [_plane(dataset, segmentation.image) for dataset in source]
    if len(set(planes)) != len(planes):
        raise InputError("Two source files lie at the same place: name the files of one series, without echoes.")
    # Frames of each structure in the order of the source files: (file, row, column, structure).
    pixels = np.stack([segmentation.mask(structure)[planes] for structure in drawn], axis=-1)
    descriptions = [
        SegmentDescription(
            segment_number=number,
            segment_label=structure.name,
            segmented_property_category=_concept(TISSUE),
            segmented_property_type=_concept(type_code(structure.type)),
            algorithm_type=SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
            algorithm_identification=highdicom.AlgorithmIdentificationSequence(
                name=MANUFACTURER, version=__version__, family=_concept(_FAMILY)
            ),
            display_color=highdicom.color.CIELabColor.from_rgb(*structure.type.color),
        )
        for number, structure in enumerate(drawn, start=1)
    ]
    for description, structure in zip(descriptions, drawn, strict=True):
        _add_side(description, structure)
    made = highdicom.seg.Segmentation(
        source_images=source,
        pixel_array=pixels.astype(np.uint8),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=descriptions,
        series_instance_uid=highdicom.UID(),
        series_number=100 + int(source[0].get("SeriesNumber") or 0),
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number="none",
        series_description="Muscle segmentation",
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save_as(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


_MAY_BE_EMPTY = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "ReferringPhysicianName",
)
"""Type 2 of patient and study: they must stand in the file, empty where the source has lost them."""

_FAMILY = Code("DCM", "123110", "Artificial Intelligence")


def _concept(code: Code) -> Any:
    from highdicom.sr.coding import CodedConcept

    return CodedConcept(code.value, code.scheme, code.meaning)


def _add_side(description: pydicom.Dataset, structure: Structure) -> None:
    """Add the laterality as modifier of the type."""
    side = SIDE_MODIFIERS.get(structure.side)
    if side is not None:
        kind = description.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = pydicom.Sequence([_concept(side)])


def _plane(dataset: pydicom.Dataset, image: sitk.Image) -> int:
    """Return which slice of the segmentation a source file shows."""
    if "ImagePositionPatient" not in dataset or int(dataset.get("NumberOfFrames") or 1) != 1:
        raise InputError(
            "The series that was segmented does not hold one image per file (an enhanced multi-frame object?); "
            "export as NIfTI."
        )
    position = [float(value) for value in dataset.ImagePositionPatient]
    index = image.TransformPhysicalPointToContinuousIndex(position)
    nearest = [round(value) for value in index]
    away = np.abs((np.array(index) - nearest) * image.GetSpacing()).max()
    fits = nearest[:2] == [0, 0] and 0 <= nearest[2] < image.GetSize()[2] and away <= TOLERANCE_MM
    if not fits or (int(dataset.Columns), int(dataset.Rows)) != image.GetSize()[:2]:
        raise GeometryError(
            f"The DICOM slice at ({', '.join(f'{value:g}' for value in position)}) mm is no slice of this "
            "segmentation. Name the series that it was drawn on."
        )
    return int(nearest[2])
