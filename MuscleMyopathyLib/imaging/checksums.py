"""Checksums of inputs, for the provenance of every result: SHA-256 of a file, or of voxels with geometry."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError


def checksum(image: sitk.Image) -> str:
    """Return the SHA-256 (64 hex digits) of an image: size, voxel type, geometry and voxels.

    The same image gives the same checksum from any file format that stores its geometry in double precision.
    """
    digest = hashlib.sha256()
    digest.update(repr((image.GetSize(), image.GetPixelIDTypeAsString())).encode())
    for numbers in (image.GetSpacing(), image.GetOrigin(), image.GetDirection()):
        # Adding 0.0 makes -0.0 and 0.0 one: they are the same place.
        digest.update((np.array(numbers, dtype="<f8") + 0.0).tobytes())
    voxels = sitk.GetArrayViewFromImage(image)
    digest.update(np.ascontiguousarray(voxels, dtype=voxels.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def file_checksum(path: str | Path) -> str:
    """Return the SHA-256 (64 hex digits) of a file's bytes.

    Raises:
        InputError: The file is missing or cannot be read.
    """
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
