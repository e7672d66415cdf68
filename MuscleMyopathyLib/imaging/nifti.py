"""NIfTI voxels, read so that nothing is lost: a truncated file is refused and NaN stays NaN.

ITK's NIfTI reader fills the missing part of a truncated file with zeros and turns NaN and infinity into 0, both
without a word; a fat-fraction map's "no signal" would come back as 0 % fat. So the voxels are read here
(NIfTI-1 and NIfTI-2 header, https://nifti.nimh.nih.gov), and only the geometry is ITK's.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError

NIFTI_SUFFIXES = (".nii", ".nii.gz")

_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""NIfTI data type codes of one real number per voxel."""

_WIDE_TYPES = ("i4", "u4", "i8", "u8", "f8")
"""Types whose values single precision cannot hold: scaled ones become double, as in ITK."""


@dataclass(frozen=True)
class _Layout:
    """Where the voxels are in the file, and how they are stored.

    Attributes:
        shape: Size of each axis, fastest first.
        dtype: Stored type with its byte order.
        offset: Bytes before the first voxel.
        slope: Factor to the voxel value; 0 where none is stated.
        intercept: Addend to the voxel value.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    offset: int
    slope: float
    intercept: float


def read_nifti(path: Path) -> sitk.Image:
    """Read a NIfTI file (``.nii``, ``.nii.gz``) of one number per voxel, in 2 to 4 dimensions.

    Raises:
        InputError: Truncated, damaged, or of a kind that holds no plain image (complex, colour, vectors).
    """
    try:
        content = _bytes(path)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is truncated or damaged ({error}). Copy or export it again.") from error
    layout = _layout(path, content)
    count = math.prod(layout.shape)
    missing = layout.offset + count * layout.dtype.itemsize - len(content)
    if missing > 0:
        raise InputError(f"{path} is truncated: {missing} bytes of voxels are missing. Copy or export it again.")
    stored = np.frombuffer(content, layout.dtype, count, layout.offset).reshape(layout.shape[::-1])
    image = sitk.GetImageFromArray(_scaled(stored, layout), isVector=False)
    _copy_geometry(path, image)
    return image


def _bytes(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _layout(path: Path, content: bytes) -> _Layout:
    for order in "<>":
        if len(content) >= 348 and struct.unpack_from(f"{order}i", content)[0] == 348:
            dims = struct.unpack_from(f"{order}8h", content, 40)
            code = struct.unpack_from(f"{order}h", content, 70)[0]
            offset, slope, intercept = struct.unpack_from(f"{order}3f", content, 108)
            break
        if len(content) >= 540 and struct.unpack_from(f"{order}i", content)[0] == 540:
            code = struct.unpack_from(f"{order}h", content, 12)[0]
            dims = struct.unpack_from(f"{order}8q", content, 16)
            offset = struct.unpack_from(f"{order}q", content, 168)[0]
            slope, intercept = struct.unpack_from(f"{order}2d", content, 176)
            break
    else:
        raise InputError(f"{path} is not a NIfTI file, or its header is truncated.")
    if code not in _TYPES:
        raise InputError(
            f"{path} holds complex numbers, colours or bits (NIfTI type {code}), not one number per voxel. "
            "Export the magnitude image."
        )
    shape = tuple(dims[1 : dims[0] + 1]) if 1 <= dims[0] <= 7 else ()
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if not 2 <= len(shape) <= 4 or min(shape) < 1:
        raise InputError(
            f"{path} has axes of sizes {shape}: expected an image of 3 axes, or 4 with echoes or time."
        )
    return _Layout(shape, np.dtype(order + _TYPES[code]), int(offset), float(slope), float(intercept))


def _scaled(stored: npt.NDArray[np.generic], layout: _Layout) -> npt.NDArray[np.generic]:
    kind = layout.dtype.str[1:]
    native = stored.astype(np.dtype(kind))
    plain = layout.slope in (0.0, 1.0) and layout.intercept == 0.0
    if plain or not (math.isfinite(layout.slope) and math.isfinite(layout.intercept)):
        return native
    values = native.astype(np.float64) * (layout.slope or 1.0) + layout.intercept
    return values if kind in _WIDE_TYPES else values.astype(np.float32)


def _copy_geometry(path: Path, image: sitk.Image) -> None:
    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    header.SetImageIO("NiftiImageIO")
    try:
        header.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(f"{path} has no usable geometry: {str(error).strip().splitlines()[-1]}") from error
    n, of = image.GetDimension(), header.GetDimension()
    direction = np.array(header.GetDirection()).reshape(of, of)[:n, :n]
    image.SetSpacing(header.GetSpacing()[:n])
    image.SetOrigin(header.GetOrigin()[:n])
    image.SetDirection(direction.ravel().tolist())
