"""Writes small DICOM series for the tests: true files, with the errors that real ones have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)
from pydicom.valuerep import format_number_as_ds

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SHAPE = (6, 8)
"""Rows and columns of every plane, unless told otherwise; they differ so that a transposition shows."""


def orthonormal(orientation: Sequence[float]) -> tuple[float, ...]:
    """Return the orientation with its column made perpendicular to its row."""
    row, column = np.reshape(orientation, (2, 3))
    row = row / np.linalg.norm(row)
    column = column - row * (row @ column)
    return tuple(float(v) for v in (*row, *(column / np.linalg.norm(column))))


def decimal_strings(values: Sequence[float]) -> list[str]:
    """Return numbers as DICOM writes them: at most 16 characters."""
    return [format_number_as_ds(float(value)) for value in values]


def stored_voxels(count: int, shape: tuple[int, int] = SHAPE, seed: int = 0) -> npt.NDArray[np.uint16]:
    """Return random stored values (slice, row, column) of 12 bits."""
    return np.random.default_rng(seed).integers(0, 4096, (count, *shape), dtype=np.uint16)


def positions_along_normal(
    count: int,
    orientation: Sequence[float] = AXIAL,
    step: float = 5.0,
    start: Sequence[float] = (-20.0, 12.5, 300.0),
) -> npt.NDArray[np.float64]:
    """Return ``count`` positions, ``step`` mm apart along row × column, shape (count, 3)."""
    row, column = np.reshape(orientation, (2, 3))
    return np.asarray(start) + np.outer(np.arange(count) * step, np.cross(row, column))


def header(kind: UID = MRImageStorage, **tags: Any) -> Dataset:
    """Return a header of an MR image with identity and pixel description; ``tags`` are added or replace."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = kind
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = "MR"
    dataset.PatientID = "P-017"
    dataset.PatientName = "Test^Patient"
    dataset.SeriesInstanceUID = "1.2.3.4"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.FrameOfReferenceUID = "1.2.3.9"
    dataset.SeriesNumber = 3
    dataset.SeriesDescription = "t1_tse_tra"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return dataset


def plane(
    voxels: npt.NDArray[np.generic],
    position: Sequence[float],
    orientation: Sequence[float] = AXIAL,
    pixel_spacing: Sequence[float] = (0.7, 0.5),
    **tags: Any,
) -> Dataset:
    """Return one classic MR image (row, column) with its place in the patient."""
    dataset = header(**tags)
    dataset.Rows, dataset.Columns = voxels.shape
    dataset.ImagePositionPatient = decimal_strings(position)
    dataset.ImageOrientationPatient = decimal_strings(orientation)
    dataset.PixelSpacing = decimal_strings(pixel_spacing)
    dataset.PixelData = voxels.astype("<u2").tobytes()
    return dataset


def save(dataset: Dataset, path: Path) -> Path:
    """Write a dataset as a DICOM file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_series(
    folder: Path,
    voxels: npt.NDArray[np.generic],
    positions: npt.NDArray[np.float64] | None = None,
    orientation: Sequence[float] = AXIAL,
    prefix: str = "image",
    **tags: Any,
) -> list[Path]:
    """Write voxels (slice, row, column) as one classic file per plane, in their order, and return the paths."""
    if positions is None:
        positions = positions_along_normal(len(voxels), orientation)
    return [
        save(
            plane(values, position, orientation, InstanceNumber=number, **tags),
            folder / f"{prefix}-{number:03d}.dcm",
        )
        for number, (values, position) in enumerate(zip(voxels, positions, strict=True), start=1)
    ]


def enhanced(
    voxels: npt.NDArray[np.generic],
    positions: npt.NDArray[np.float64],
    orientation: Sequence[float] = AXIAL,
    per_frame: Sequence[dict[str, Any]] | None = None,
    **tags: Any,
) -> Dataset:
    """Return an enhanced multi-frame MR object.

    ``per_frame`` gives for each frame any of ``echo_time``, ``frame_type``, ``slope``, ``intercept``, ``time``.
    """
    dataset = header(EnhancedMRImageStorage, **tags)
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = voxels.shape
    orientation_item, measures_item = Dataset(), Dataset()
    orientation_item.ImageOrientationPatient = decimal_strings(orientation)
    measures_item.PixelSpacing = decimal_strings((0.7, 0.5))
    measures_item.SliceThickness = "4"
    timing = Dataset()
    timing.RepetitionTime = "2500"
    timing.FlipAngle = "90"
    shared = Dataset()
    shared.PlaneOrientationSequence = [orientation_item]
    shared.PixelMeasuresSequence = [measures_item]
    shared.MRTimingAndRelatedParametersSequence = [timing]
    dataset.SharedFunctionalGroupsSequence = [shared]
    settings = per_frame or [{}] * len(voxels)
    dataset.PerFrameFunctionalGroupsSequence = [
        _frame(position, setting) for position, setting in zip(positions, settings, strict=True)
    ]
    dataset.PixelData = voxels.astype("<u2").tobytes()
    return dataset


def _frame(position: Sequence[float], setting: dict[str, Any]) -> Dataset:
    frame, place = Dataset(), Dataset()
    place.ImagePositionPatient = decimal_strings(position)
    frame.PlanePositionSequence = [place]
    if "echo_time" in setting:
        echo = Dataset()
        echo.EffectiveEchoTime = float(setting["echo_time"])
        frame.MREchoSequence = [echo]
    if "frame_type" in setting:
        kind = Dataset()
        kind.FrameType = setting["frame_type"]
        frame.MRImageFrameTypeSequence = [kind]
    if "slope" in setting:
        rescale = Dataset()
        rescale.RescaleSlope = decimal_strings([setting["slope"]])[0]
        rescale.RescaleIntercept = decimal_strings([setting.get("intercept", 0.0)])[0]
        rescale.RescaleType = "US"
        frame.PixelValueTransformationSequence = [rescale]
    if "time" in setting:
        content = Dataset()
        content.TemporalPositionIndex = setting["time"]
        frame.FrameContentSequence = [content]
    return frame
