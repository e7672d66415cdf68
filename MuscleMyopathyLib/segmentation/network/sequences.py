"""The images of an examination that vote on the muscles, checked and brought onto one grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.resampling import Interpolation, overlap_fraction, resample_to
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.segmentation.inputs import LimbImages, read_images

MAPS = (Role.FAT_FRACTION_MAP, Role.T2_MAP)
OUTLINE_FROM = (Role.T1W, Role.IN_PHASE, Role.T2W, Role.WATER, Role.FAT, Role.OPPOSED_PHASE, Role.STIR)
"""Where there is no pair of water and fat, the first of these shows the outline of the legs."""
LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class VotingImages:
    """Images on one grid, along the patient's axes.

    Attributes:
        limbs: Outline and contrast, from which the legs are found.
        values: Magnitudes by name (slice, row, column).
    """

    limbs: LimbImages
    values: dict[str, npt.NDArray[np.float32]]


def read_voting_images(images: Mapping[str, sitk.Image]) -> VotingImages:
    """Return the images on the grid of the first of them; the others are resampled onto it.

    Args:
        images: Images by name; roles (`Role`) are understood, any other name is an image like any other.

    Raises:
        InputError: No image, an image without signal, a map alone, images of different places, or no limb.
    """
    if not images:
        raise InputError("Muscles need at least one image; none was given.")
    first_name, first = next(iter(images.items()))
    on_grid = {name: _on_grid(name, image, first_name, first) for name, image in images.items()}
    limbs = _limbs(on_grid)
    values = {}
    for name, image in on_grid.items():
        array = limbs.axes.array(image)
        magnitude = np.where(np.isfinite(array) & (array > 0), array, np.float32(0))
        if not magnitude[limbs.outline].any():
            raise InputError(f"The image {name} holds no signal inside the legs. Leave it out or choose another.")
        values[name] = magnitude
    return VotingImages(limbs, values)


def _on_grid(name: str, image: sitk.Image, first_name: str, first: sitk.Image) -> sitk.Image:
    if same_geometry(image, first):
        return image
    if image.GetDimension() != 3 or overlap_fraction(image, first) < LEAST_OVERLAP:
        raise InputError(
            f"The images {first_name} and {name} show different places: less than half of {first_name} lies "
            f"inside {name}. Give images of one examination, or segment them apart."
        )
    return resample_to(sitk.Cast(image, sitk.sitkFloat32), first, Interpolation.LINEAR)


def _limbs(images: Mapping[str, sitk.Image]) -> LimbImages:
    if Role.WATER in images and Role.FAT in images:
        return read_images(images[Role.WATER], images[Role.FAT], None)
    outline = next((images[role] for role in OUTLINE_FROM if role in images), None)
    if outline is None:
        others = [image for name, image in images.items() if name not in MAPS]
        if not others:
            raise InputError(
                f"A map alone ({', '.join(images)}) does not show where the legs end. Give an image beside it, "
                "such as T1w, or water and fat."
            )
        outline = others[0]
    return read_images(None, None, outline)
