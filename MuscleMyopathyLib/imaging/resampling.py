"""Resampling onto another grid, and how much of one image lies inside another."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.geometry import describe_geometry, index_to_lps, same_geometry


class Interpolation(StrEnum):
    """How a value between voxels is found: linear for images, nearest for labels."""

    LINEAR = "linear"
    NEAREST = "nearest"


_INTERPOLATORS = {Interpolation.LINEAR: sitk.sitkLinear, Interpolation.NEAREST: sitk.sitkNearestNeighbor}


def resample_to(
    image: sitk.Image,
    reference: sitk.Image,
    interpolation: Interpolation,
    outside: float = 0.0,
) -> sitk.Image:
    """Return the image on the grid of ``reference`` (both 3D), by their places in space.

    Args:
        image: What to resample.
        reference: The grid wanted; its voxels do not matter.
        interpolation: ``LINEAR`` for images, ``NEAREST`` for label images.
        outside: Value where ``image`` has no voxel.

    Returns:
        An image of the voxel type of ``image``; rounded where that is an integer type.

    Raises:
        GeometryError: The two do not overlap, so that nothing could be carried over.
    """
    if same_geometry(image, reference):
        return sitk.Image(image)
    if overlap_fraction(image, reference) == 0.0:
        raise GeometryError(
            "The two images do not overlap in space.\n"
            f"  image: {describe_geometry(image)}\n"
            f"  reference: {describe_geometry(reference)}\n"
            "Check that both are of one examination and that their geometry was not lost in an export."
        )
    return sitk.Resample(
        image, reference, sitk.Transform(), _INTERPOLATORS[interpolation], outside, image.GetPixelID()
    )


def average_onto(image: sitk.Image, reference: sitk.Image) -> sitk.Image:
    """Return the mean of a map over the voxels of a coarser grid, as a measurement in such voxels averages.

    Args:
        image: Map of decimal numbers, NaN where it has no value; such places take no part in a mean.
        reference: The grid wanted.

    Returns:
        Single precision, NaN where no value lies in a voxel.
    """
    ratio = np.array(reference.GetSpacing()) / np.array(image.GetSpacing())
    parts = np.maximum(1, np.ceil(ratio - 0.01)).astype(int)
    fine = sitk.Image([int(n * p) for n, p in zip(reference.GetSize(), parts, strict=True)], sitk.sitkUInt8)
    fine.SetSpacing([float(s / p) for s, p in zip(reference.GetSpacing(), parts, strict=True)])
    fine.SetDirection(reference.GetDirection())
    corner = (1 / parts - 1) / 2
    fine.SetOrigin((index_to_lps(reference) @ [*corner, 1.0])[:3].tolist())
    values = sitk.Resample(
        sitk.Cast(image, sitk.sitkFloat32), fine, sitk.Transform(), sitk.sitkNearestNeighbor, float("nan")
    )
    columns, rows, slices = reference.GetSize()
    x, y, z = parts
    array = sitk.GetArrayViewFromImage(values).reshape(slices, z, rows, y, columns, x)
    finite = np.isfinite(array)
    count = finite.sum(axis=(1, 3, 5))
    total = np.where(finite, array, 0).sum(axis=(1, 3, 5), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, total / count, np.nan).astype(np.float32)
    result = sitk.GetImageFromArray(mean)
    result.CopyInformation(reference)
    return result


def overlap_fraction(image: sitk.Image, reference: sitk.Image) -> float:
    """Return the share (0 to 1) of the voxel centres of ``reference`` that lie inside ``image`` (both 3D).

    Inside means within the outer faces of the outermost voxels. At most 64 centres per axis, evenly spread, are
    looked at, so for large grids the share is a sample good to about 1 %.
    """
    axes = [np.unique(np.linspace(0, n - 1, min(n, 64)).round()) for n in reference.GetSize()]
    indices = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    to_image = np.linalg.inv(index_to_lps(image)) @ index_to_lps(reference)
    places = indices @ to_image[:3, :3].T + to_image[:3, 3]
    upper = np.array(image.GetSize()) - 0.5
    return float(((places >= -0.5) & (places <= upper)).all(axis=1).mean())
