"""NIfTI voxels, read so that nothing is lost: a truncated file is refused and NaN stays NaN.

ITK's NIfTI reader fills the missing part of a truncated file with zeros and turns NaN and infinity into 0, both
without a word; a fat-fraction map's "no signal" would come back as 0 % fat. So nibabel reads the voxels, and ITK
only the geometry.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError

NIFTI_SUFFIXES = (".nii", ".nii.gz")

_WIDE_TYPES = ("i4", "u4", "i8", "u8", "f8")
"""Types whose values single precision cannot hold: scaled ones become double, as in ITK."""


def read_nifti(path: Path) -> sitk.Image:
    """Read a NIfTI file (``.nii``, ``.nii.gz``) of one number per voxel, in 2 to 4 dimensions.

    Raises:
        InputError: Truncated, damaged, or of a kind that holds no plain image (complex, colour, vectors).
    """
    voxels = _voxels(path)
    while voxels.ndim > 3 and voxels.shape[-1] == 1:
        voxels = voxels[..., 0]
    if not 2 <= voxels.ndim <= 4:
        raise InputError(
            f"{path} has axes of sizes {voxels.shape}: expected an image of 3 axes, or 4 with echoes or time."
        )
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels.T), isVector=False)
    _copy_geometry(path, image)
    return image


def orientation_problem(path: Path) -> str:
    """Return in words that a NIfTI file does not tell how it lies in the patient; empty where it does.

    ITK takes such a file's axes for the patient's, as old Analyze files were meant to be or were not.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.nifti1 import Nifti1Header
    from nibabel.spatialimages import HeaderDataError

    try:
        header = nibabel.load(path, mmap=False).header
    except (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error):
        return ""
    if not isinstance(header, Nifti1Header) or int(header["qform_code"]) or int(header["sform_code"]):
        return ""
    return (
        f"{path.name} does not tell how it lies in the patient (qform and sform codes are 0): left and right, "
        "front and back, head and feet may be exchanged. Export it again with its orientation."
    )


def _voxels(path: Path) -> npt.NDArray[np.generic]:
    """Return the voxels in their stored type, or scaled as the header says, the fastest axis first."""
    import nibabel
    from nibabel.arrayproxy import ArrayProxy
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError, SpatialImage

    try:
        # Not memory-mapped: the file may be replaced while its voxels are in use.
        proxy = cast(ArrayProxy, cast(SpatialImage, nibabel.load(path, mmap=False)).dataobj)
        stored = np.asarray(proxy.get_unscaled())  # type: ignore[no-untyped-call]
    except (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(
            f"{path} is truncated, damaged or no NIfTI file ({error}). Copy or export it again."
        ) from error
    if stored.dtype.kind not in "iuf" or stored.dtype.itemsize > 8:
        raise InputError(
            f"{path} holds complex numbers, colours or bits ({stored.dtype}), not one number per voxel. "
            "Export the magnitude image."
        )
    kind = stored.dtype.str[1:]
    native: npt.NDArray[np.generic] = stored.astype(np.dtype(kind))
    if proxy.slope == 1 and proxy.inter == 0:
        return native
    scaled = native.astype(np.float64) * float(proxy.slope) + float(proxy.inter)
    return scaled if kind in _WIDE_TYPES else scaled.astype(np.float32)


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
