"""DICOM headers: what one file says about its series and about each plane in it; the voxels are not read."""

from __future__ import annotations

import hashlib
import struct
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.uid import DeflatedExplicitVRLittleEndian

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.dicom_enhanced import frames_as_classic, is_enhanced
from MuscleMyopathyLib.imaging.dicom_scaling import Scaling, scaling_of

_DAMAGE = (
    BytesLengthException,
    InvalidDicomError,
    OSError,
    EOFError,
    struct.error,
    zlib.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""What pydicom raises on files that begin as DICOM and then break off or hold nonsense."""

_PATIENT_SALT = b"MuscleMyopathy"
_GE_IMAGE_KIND = (0x0043, 0x102F)
_GE_IMAGE_KINDS = {1: "PHASE", 2: "REAL", 3: "IMAGINARY"}


class NotAnImageError(Exception):
    """A file holds no image of the patient; its text says what it is instead."""


@dataclass(frozen=True)
class SeriesHeader:
    """What a file says about its whole series; empty or None where it says nothing.

    Attributes:
        uid: SeriesInstanceUID.
        number: SeriesNumber.
        texts: Field name and text of the descriptions of the sequence.
        places: Texts that may name the limb segment.
        scanning_sequence: ScanningSequence: SE, GR, IR.
        scan_options: ScanOptions.
        repetition_time_ms: RepetitionTime.
        inversion_time_ms: InversionTime.
        flip_angle_degrees: FlipAngle.
        field_strength_tesla: MagneticFieldStrength.
        manufacturer: Manufacturer.
        frame_of_reference_uid: FrameOfReferenceUID.
        patient_key: One-way hash of the patient's identity.
    """

    uid: str
    number: int | None
    texts: tuple[tuple[str, str], ...]
    places: tuple[str, ...]
    scanning_sequence: tuple[str, ...]
    scan_options: tuple[str, ...]
    repetition_time_ms: float | None
    inversion_time_ms: float | None
    flip_angle_degrees: float | None
    field_strength_tesla: float | None
    manufacturer: str | None
    frame_of_reference_uid: str | None
    patient_key: str | None


@dataclass(frozen=True)
class Plane:
    """One plane: a classic image, or one frame of a multi-frame image.

    Attributes:
        file: The file that holds it.
        frame: Its index in the file, from 0.
        instance_uid: SOPInstanceUID of the file.
        rows: Rows of the matrix.
        columns: Columns of the matrix.
        position: ImagePositionPatient: centre of the first voxel, mm LPS.
        orientation: ImageOrientationPatient: direction cosines of a row, then of a column.
        pixel_spacing: PixelSpacing in mm: between rows, between columns.
        nominal_step_mm: SpacingBetweenSlices or SliceThickness; only for a plane that stands alone.
        image_type: ImageType, with the phase, real or imaginary part of complex data made explicit.
        echo_time_ms: EchoTime.
        echo_number: EchoNumbers.
        repeats: Further tags that can tell planes of one place apart: TemporalPositionIdentifier,
            DiffusionBValue, AcquisitionNumber, TriggerTime.
        scaling: From stored to voxel values.
    """

    file: Path
    frame: int
    instance_uid: str
    rows: int
    columns: int
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    pixel_spacing: tuple[float, ...]
    nominal_step_mm: float | None
    image_type: tuple[str, ...]
    echo_time_ms: float | None
    echo_number: int | None
    repeats: tuple[float | None, ...]
    scaling: Scaling


REPEAT_KEYWORDS = ("TemporalPositionIdentifier", "DiffusionBValue", "AcquisitionNumber", "TriggerTime")


@dataclass(frozen=True)
class DicomFile:
    """One file: its series, its planes, and whether its voxels are all there."""

    header: SeriesHeader
    planes: tuple[Plane, ...]
    missing_bytes: int = 0


def looks_like_dicom(path: Path) -> bool:
    """Tell whether a file begins as DICOM does: with the preamble, or bare with a tag of group 0008."""
    try:
        with path.open("rb") as stream:
            start = stream.read(132)
    except OSError:
        return False
    return start[128:] == b"DICM" or (start[:2] == b"\x08\x00" and start[3:4] == b"\x00")


def read_headers(path: Path) -> DicomFile:
    """Read the header of a DICOM file.

    Raises:
        NotAnImageError: It is DICOM, but no image with a place in the patient.
        InputError: The header is truncated or damaged.
    """
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            # pydicom warns of values that break the standard's form; those that matter are checked here.
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
            _refuse_other_objects(dataset)
            missing = _missing_bytes(dataset, stream)
            _refuse_without_place(dataset)
            frames = list(frames_as_classic(dataset)) if is_enhanced(dataset) else [dataset]
            planes = tuple(_plane(frame, index, path) for index, frame in enumerate(frames))
            return DicomFile(_series_header(dataset, frames[0]), planes, missing)
    except _DAMAGE as error:
        raise InputError(f"{path.name} is truncated or damaged ({error}). Export or copy it again.") from error


def _refuse_other_objects(dataset: Dataset) -> None:
    kind = dataset.file_meta.get("MediaStorageSOPClassUID") if hasattr(dataset, "file_meta") else None
    uid = dataset.get("SOPClassUID") or kind
    if uid is None:
        raise ValueError("it has no SOP class")
    name = getattr(uid, "name", str(uid))
    if "DirectoryRecordSequence" in dataset or "Directory" in name:
        raise NotAnImageError("a DICOM directory; the files themselves are read")
    if dataset.get("Modality") == "SEG" or "Segmentation" in name:
        raise NotAnImageError("a DICOM segmentation, not an image")
    if "Rows" not in dataset or "Columns" not in dataset:
        if "Image Storage" in name:
            raise ValueError("it ends within its header")
        raise NotAnImageError(f"no image ({name})")
    if dataset.get("SamplesPerPixel", 1) != 1:
        raise NotAnImageError(f"a colour picture ({name})")


def _refuse_without_place(dataset: Dataset) -> None:
    name = getattr(dataset.get("SOPClassUID"), "name", "unknown kind")
    if is_enhanced(dataset):
        first = next(frames_as_classic(dataset))
    elif int(dataset.get("NumberOfFrames") or 1) > 1:
        raise NotAnImageError(f"several frames without a place for each ({name})")
    else:
        first = dataset
    if not all(first.get(tag) for tag in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")):
        raise NotAnImageError(f"an image without a place in the patient ({name})")


def _missing_bytes(dataset: Dataset, stream: BinaryIO) -> int:
    """Return how many bytes of voxels the file lacks; compressed ones show only when they are decoded.

    The stream stands at the header of the pixel element: 8 bytes with implicit, 12 with explicit types.
    """
    syntax = dataset.file_meta.get("TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if syntax is not None and (syntax.is_compressed or syntax == DeflatedExplicitVRLittleEndian):
        return 0
    start = stream.tell()
    present = stream.seek(0, 2) - start - (8 if dataset.original_encoding[0] else 12)
    if present < 0:
        raise ValueError("it ends before its voxels")
    voxels = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("NumberOfFrames") or 1)
    bits = voxels * int(dataset.BitsAllocated)
    return max(0, (bits + 7) // 8 - present)


def _plane(header: Dataset, index: int, path: Path) -> Plane:
    return Plane(
        file=path,
        frame=index,
        instance_uid=str(header.get("SOPInstanceUID", "")),
        rows=int(header.Rows),
        columns=int(header.Columns),
        position=_numbers(header, "ImagePositionPatient", 3),
        orientation=_numbers(header, "ImageOrientationPatient", 6),
        pixel_spacing=_numbers(header, "PixelSpacing", 2),
        nominal_step_mm=_number(header, "SpacingBetweenSlices") or _number(header, "SliceThickness"),
        image_type=_image_type(header),
        echo_time_ms=_number(header, "EchoTime"),
        echo_number=None if (echo := _number(header, "EchoNumbers")) is None else int(echo),
        repeats=tuple(_number(header, keyword) for keyword in REPEAT_KEYWORDS),
        scaling=scaling_of(header),
    )


def _image_type(header: Dataset) -> tuple[str, ...]:
    values = _words(header, "ImageType")
    component = str(header.get("ComplexImageComponent") or "").upper()
    kind = header.get(_GE_IMAGE_KIND)
    if kind is not None and isinstance(kind.value, int):
        component = _GE_IMAGE_KINDS.get(kind.value, "")
    if component in _GE_IMAGE_KINDS.values() and component not in values:
        values = (*(values or ("ORIGINAL", "PRIMARY")), component)
    return values


def _series_header(dataset: Dataset, frame: Dataset) -> SeriesHeader:
    texts = (
        (tag, str(frame.get(tag) or "").strip()) for tag in ("SeriesDescription", "ProtocolName", "SequenceName")
    )
    places = ("BodyPartExamined", "SeriesDescription", "ProtocolName", "StudyDescription")
    return SeriesHeader(
        uid=str(dataset.get("SeriesInstanceUID") or ""),
        number=None if (number := _number(dataset, "SeriesNumber")) is None else int(number),
        texts=tuple((tag, text) for tag, text in texts if text),
        places=tuple(str(dataset.get(tag) or "") for tag in places),
        scanning_sequence=_words(frame, "ScanningSequence"),
        scan_options=_words(frame, "ScanOptions"),
        repetition_time_ms=_number(frame, "RepetitionTime"),
        inversion_time_ms=_number(frame, "InversionTime"),
        flip_angle_degrees=_number(frame, "FlipAngle"),
        field_strength_tesla=_number(frame, "MagneticFieldStrength"),
        manufacturer=str(dataset.get("Manufacturer") or "").strip() or None,
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or "") or None,
        patient_key=patient_key(dataset),
    )


def patient_key(header: Dataset) -> str | None:
    """Return a one-way hash of identifier, name and birth date: equal for one patient, holding no name.

    None where all of them are empty. The salt is fixed, so that two runs agree; whoever already knows identifier,
    name and date can confirm them, which is why the key stays out of reports and exports.
    """
    identity = [
        str(header.get(tag) or "").strip().upper()
        for tag in ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate")
    ]
    if not any(identity):
        return None
    return hashlib.blake2b("\x1f".join(identity).encode(), digest_size=16, salt=_PATIENT_SALT).hexdigest()


def _number(header: Dataset, keyword: str) -> float | None:
    value = header.get(keyword)
    if isinstance(value, MultiValue | list | tuple):
        value = value[0] if len(value) else None
    return None if value in (None, "") else float(value)


def _numbers(header: Dataset, keyword: str, count: int) -> tuple[float, ...]:
    values = tuple(float(value) for value in header[keyword].value)
    if len(values) != count:
        raise ValueError(f"{keyword} has {len(values)} values instead of {count}")
    return values


def _words(header: Dataset, keyword: str) -> tuple[str, ...]:
    value = header.get(keyword)
    if value is None:
        return ()
    values: Iterable[object] = [value] if isinstance(value, str) else value
    return tuple(word for word in (str(item).strip() for item in values) if word)
