"""Image files: NIfTI, NRRD, MetaImage and single DICOM files in; written whole or not at all.

>>> image_suffix("Thigh_001_water.nii.gz")
'.nii.gz'
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError, InputError, OutputError
from MuscleMyopathyLib.imaging.dicom_headers import NotAnImageError, looks_like_dicom, read_headers
from MuscleMyopathyLib.imaging.dicom_series import DicomSource
from MuscleMyopathyLib.imaging.dicom_stacks import sort_into_stacks
from MuscleMyopathyLib.imaging.nifti import NIFTI_SUFFIXES, read_nifti
from MuscleMyopathyLib.output import replacing
from MuscleMyopathyLib.progress import silent

READABLE_SUFFIXES = (*NIFTI_SUFFIXES, ".nrrd", ".nhdr", ".mha", ".mhd")
WRITABLE_SUFFIXES = (*NIFTI_SUFFIXES, ".nrrd", ".mha")
"""One file per image: a header beside its voxels cannot be replaced in one step."""


def image_suffix(path: str | Path) -> str | None:
    """Return the suffix of an image file that can be read here (``.nii.gz`` whole), or None for other files."""
    name = Path(path).name.lower()
    matches = [suffix for suffix in READABLE_SUFFIXES if name.endswith(suffix) and name != suffix]
    return max(matches, key=len, default=None)


def read_image(path: str | Path) -> sitk.Image:
    """Read one 3D image of one number per voxel.

    Raises:
        InputError: The file is missing, empty, truncated, no image, or holds several volumes, vectors or a
            plane without a third axis.
    """
    volumes = read_volumes(path)
    if len(volumes) > 1:
        raise InputError(
            f"{path} holds {len(volumes)} volumes, and one is needed here. Load it as a multi-echo series, "
            "or save the volume that you want on its own."
        )
    return volumes[0]


def read_volumes(path: str | Path) -> tuple[sitk.Image, ...]:
    """Read an image file as its 3D volumes: several for a 4D file (echoes, times), one otherwise.

    Raises:
        InputError: As `read_image`, save that several volumes are welcome.
    """
    path = Path(path)
    if path.is_file() and image_suffix(path) is None and looks_like_dicom(path):
        return _read_dicom(path)
    image = _read(path)
    if image.GetNumberOfComponentsPerPixel() > 1:
        raise InputError(
            f"{path} holds {image.GetNumberOfComponentsPerPixel()} numbers per voxel (colour or vectors), "
            "not an image of one number per voxel. Export the magnitude image."
        )
    if "complex" in image.GetPixelIDTypeAsString():
        raise InputError(f"{path} holds complex numbers. Export the magnitude image.")
    if image.GetDimension() == 4:
        return tuple(_volume(image, index) for index in range(image.GetSize()[3]))
    if image.GetDimension() != 3:
        raise InputError(f"{path} is a plane without a third axis, so its place in the patient is unknown.")
    return (image,)


def read_label_image(path: str | Path) -> sitk.Image:
    """Read a label image: whole numbers from 0 on, returned in the smallest unsigned integer type.

    Labels stored as decimal numbers are accepted where every one is whole.

    Raises:
        InputError: As `read_image`; or a value is negative, not whole, not finite, or above 65535.
    """
    image = read_image(path)
    labels = sitk.GetArrayViewFromImage(image)
    lowest, highest = labels.min(), labels.max()
    if not np.isfinite([lowest, highest]).all() or lowest < 0 or highest > np.iinfo(np.uint16).max:
        raise InputError(
            f"{path} is no label image: its values go from {lowest:g} to {highest:g}, "
            "and labels are whole numbers from 0 to 65535."
        )
    if labels.dtype.kind == "f" and (labels != np.round(labels)).any():
        raise InputError(f"{path} is no label image: it holds decimal numbers, and labels are whole numbers.")
    return sitk.Cast(image, sitk.sitkUInt8 if highest <= np.iinfo(np.uint8).max else sitk.sitkUInt16)


def write_image(image: sitk.Image, path: str | Path) -> None:
    """Write an image as NIfTI, NRRD or MetaImage, compressed, under a temporary name that is then renamed.

    A reader therefore sees the old file or the new one, never half of one.

    Raises:
        OutputError: The suffix is no image format, or the folder cannot be made or written to.
    """
    path = Path(path)
    require_image_suffix(path)
    with replacing(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=image_suffix(path) != ".nii")
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise OutputError(f"{path} cannot be written ({reason}). Check that the disk is not full.") from error


def require_image_suffix(path: Path) -> None:
    """Refuse a name under which no image can be written, before long work begins.

    Raises:
        OutputError: The suffix is none of `WRITABLE_SUFFIXES`.
    """
    if image_suffix(path) not in WRITABLE_SUFFIXES:
        raise OutputError(f"{path} has no suffix that can be written: use {', '.join(WRITABLE_SUFFIXES)}.")


def _read(path: Path) -> sitk.Image:
    if path.is_dir():
        raise InputError(f"{path} is a folder, and one image file is needed here.")
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes).")
    suffix = image_suffix(path)
    if suffix in NIFTI_SUFFIXES:
        return read_nifti(path)
    if suffix is None:
        raise InputError(
            f"{path} is none of the image files that can be read: {', '.join(READABLE_SUFFIXES)}, DICOM."
        )
    try:
        return sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError(
            f"{path} cannot be read: it is truncated, damaged or no {suffix} image. "
            f"Copy or export it again. ({str(error).strip().splitlines()[-1]})"
        ) from error


def _read_dicom(path: Path) -> tuple[sitk.Image, ...]:
    try:
        stacks = sort_into_stacks([read_headers(path)])
    except NotAnImageError as other:
        raise InputError(f"{path} is {other}.") from other
    if len(stacks) > 1:
        raise InputError(f"{path} holds {len(stacks)} images of different kinds. Load it as series.")
    return DicomSource(stacks[0]).read(silent)


def _volume(image: sitk.Image, index: int) -> sitk.Image:
    """Return one volume of a 4D image, refusing axes that mix space and time."""
    direction = np.array(image.GetDirection()).reshape(4, 4)
    if np.abs(np.concatenate((direction[3, :3], direction[:3, 3]))).max() > 1e-6:
        raise GeometryError("The fourth axis of the image is not apart from its place in space.")
    array = np.ascontiguousarray(sitk.GetArrayViewFromImage(image)[index])
    volume = sitk.GetImageFromArray(array)
    volume.SetSpacing(image.GetSpacing()[:3])
    volume.SetOrigin(image.GetOrigin()[:3])
    volume.SetDirection(direction[:3, :3].ravel().tolist())
    return volume
