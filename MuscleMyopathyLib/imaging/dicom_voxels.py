"""DICOM voxels: stored values of every transfer syntax, scaled as the header says.

JPEG-compressed values are decoded by GDCM, which comes with SimpleITK. GDCM scales MR values by rules of its own
(a Real World Value Mapping before RescaleSlope, the first frame's for all), so it is given the bare pixel data and
the scaling is done here, plane by plane.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ImplicitVRLittleEndian,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    RLELossless,
    generate_uid,
)

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.dicom_headers import Plane
from MuscleMyopathyLib.progress import Progress, each

_INTEGERS = (np.int16, np.uint16, np.int32)


def read_voxels(planes: Sequence[Plane], progress: Progress) -> npt.NDArray[np.generic]:
    """Return the scaled voxels of planes of one matrix size, shape (plane, row, column), in their order.

    The type is a whole-number type where every value is whole, otherwise float32.

    Raises:
        InputError: A file is truncated, or compressed in a way that cannot be decoded.
    """
    stored: list[npt.NDArray[np.generic]] = []
    frames: npt.NDArray[np.generic] = np.empty((0, 0, 0))
    file = None
    for plane in each(planes, progress, lambda plane: f"Reading {plane.file.name}"):
        if plane.file != file:
            frames, file = _stored_values(plane.file), plane.file
        if plane.frame >= len(frames) or frames.shape[1:] != (plane.rows, plane.columns):
            raise InputError(f"{plane.file.name} holds other voxels than its header says. Export it again.")
        stored.append(frames[plane.frame])
    return _scaled(stored, planes)


def _stored_values(path: Path) -> npt.NDArray[np.generic]:
    """Return the stored values of a file, shape (frame, row, column)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True)
            dataset.ensure_file_meta()
            if "TransferSyntaxUID" not in dataset.file_meta:
                dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            syntax = dataset.file_meta.TransferSyntaxUID
            # pydicom decodes RLE by itself, and GDCM not in every object.
            by_gdcm = syntax.is_compressed and syntax != RLELossless
            values = _decoded_by_gdcm(dataset) if by_gdcm else dataset.pixel_array
    except (OSError, EOFError, ValueError, AttributeError, KeyError, NotImplementedError, RuntimeError) as error:
        message = str(error).strip().splitlines()[-1]
        raise InputError(
            f"The voxels of {path.name} cannot be read: the file is truncated, damaged or compressed in an "
            f"unknown way. Copy or export it again. ({message})"
        ) from error
    values = values.reshape(-1, dataset.Rows, dataset.Columns)
    values = values.astype(values.dtype.newbyteorder("="))
    if values.dtype.kind in "iu":
        # Old files keep overlays in the unused high bits; shifting out and back also extends the sign.
        unused = dataset.BitsAllocated - dataset.BitsStored
        values = (values << unused) >> unused
    return values


def _decoded_by_gdcm(dataset: Dataset) -> npt.NDArray[np.generic]:
    bare = Dataset()
    for keyword in (
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "PixelData",
        "ExtendedOffsetTable",
        "ExtendedOffsetTableLengths",
    ):
        if keyword in dataset:
            bare[keyword] = dataset[keyword]
    bare.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    bare.SOPInstanceUID = generate_uid()
    bare.NumberOfFrames = int(dataset.get("NumberOfFrames") or 1)
    bare.file_meta = FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bare.dcm"
        bare.save_as(path, enforce_file_format=True)
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path), imageIO="GDCMImageIO")))


def _scaled(stored: Sequence[npt.NDArray[np.generic]], planes: Sequence[Plane]) -> npt.NDArray[np.generic]:
    scalings = [plane.scaling for plane in planes]
    if all(scaling.slope == 1.0 and scaling.intercept == 0.0 for scaling in scalings):
        values = np.stack(stored)
        return values if values.dtype.kind in "iu" else values.astype(np.float32)
    values = np.stack(
        [
            plane.astype(np.float64) * scaling.slope + scaling.intercept
            for plane, scaling in zip(stored, scalings, strict=True)
        ]
    )
    if all(scaling.slope.is_integer() and scaling.intercept.is_integer() for scaling in scalings):
        lowest, highest = values.min(), values.max()
        for kind in _INTEGERS:
            if np.iinfo(kind).min <= lowest and highest <= np.iinfo(kind).max:
                return values.astype(kind)
    return values.astype(np.float32)
