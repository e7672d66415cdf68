"""A structure copied to the other leg: mirrored, turned and scaled as the outlines and images of the legs say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import OTHER_SIDE, Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.inputs import read_images
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, divide

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

TURNS_DEGREES = tuple(float(degrees) for degrees in range(-40, 41, 4))
"""Legs lie turned about their long axis by different angles; a whole stack is turned by one of these."""
SMOOTHING_MM = 3.0
SLICES_TO_ALIGN = 6


def copy_to_other_side(
    segmentation: Segmentation, structure: Structure, image: sitk.Image, region: Region
) -> Segmentation:
    """Draw a structure of one leg on the other one, in every slice that shows both legs.

    Each slice of the leg is mirrored left to right about its own middle, laid onto the middle of the other leg,
    scaled by the ratio of their sizes (median of all slices) and turned by the one angle at which the mirrored
    image resembles the other leg's image most. What the other side's structure held before is replaced; voxels
    of other structures and outside the other leg are left alone.

    Args:
        segmentation: Holds the structure.
        structure: Left or right.
        image: The image that was segmented, on the same grid.
        region: Thigh or calf.

    Returns:
        The segmentation with the structure of the other side, under its own label if it had one.

    Raises:
        InputError: The structure has no side or no voxel, or no slice of it shows both legs.
        GeometryError: Image and segmentation do not share a grid.
    """
    if structure.side is Side.BOTH:
        raise InputError(f"{structure.name.capitalize()} has no side, so there is no other one to copy it to.")
    require_same_geometry(image, segmentation.image, "image", "segmentation")
    other = Structure(structure.code, OTHER_SIDE[structure.side])
    limbs = read_images(None, None, image)
    side_map = divide(limbs, region).side_map
    own_leg, other_leg = (side_map == SIDE_NUMBER[side] for side in (structure.side, other.side))
    labels = limbs.axes.labels(segmentation.image)
    drawn = labels == segmentation.label_of(structure)
    if not drawn.any():
        raise InputError(f"Nothing is drawn of {structure.name}. Draw it first.")
    seen = own_leg.any(axis=(1, 2)) & other_leg.any(axis=(1, 2))
    slices = np.flatnonzero(drawn.any(axis=(1, 2)) & seen)
    if not slices.size:
        raise InputError(f"No slice of {structure.name} shows both legs, so it cannot be copied.")
    in_plane = np.array(limbs.axes.spacing_mm[1:])
    scale = float(np.sqrt(np.median(own_leg[slices].sum(axis=(1, 2)) / other_leg[slices].sum(axis=(1, 2)))))
    degrees = _turn(limbs.contrast.signal, own_leg, other_leg, slices, in_plane, scale)

    label = _label_for(segmentation, other)
    result = labels.copy()
    result[labels == label] = 0
    for index in slices:
        where = _places(own_leg[index], other_leg[index], in_plane, scale, degrees)
        copied = np.zeros(drawn.shape[1:], bool)
        copied[other_leg[index]] = ndimage.map_coordinates(drawn[index].astype(float), where, order=1) >= 0.5
        result[index][copied & (result[index] == 0)] = label
    array = sitk.GetArrayFromImage(limbs.axes.image(result.astype(np.float32)))
    return Segmentation.from_array(
        array.astype(segmentation.array.dtype if label <= np.iinfo(segmentation.array.dtype).max else np.int32),
        {**segmentation.structures, label: other},
        segmentation.image,
    )


def _label_for(segmentation: Segmentation, structure: Structure) -> int:
    for label, known in segmentation.structures.items():
        if known == structure:
            return label
    if structure.label not in segmentation.structures:
        return structure.label
    return 1 + max(segmentation.structures)


def _places(own: Mask, other: Mask, in_plane_mm: Floats, scale: float, degrees: float) -> Floats:
    """Return, for each pixel of the other leg, the row and column of its like in the leg copied from."""
    source, target = (np.array([where.mean() for where in np.nonzero(leg)]) for leg in (own, other))
    offsets = (np.argwhere(other) - target) * in_plane_mm
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirrored = offsets * (1, -1) * scale
    return np.asarray((mirrored @ turn.T / in_plane_mm + source).T, dtype=np.float64)


def _turn(
    signal: npt.NDArray[np.float32],
    own: Mask,
    other: Mask,
    slices: npt.NDArray[np.intp],
    in_plane_mm: Floats,
    scale: float,
) -> float:
    """Return the angle in degrees at which the mirrored leg resembles the other one most (correlation)."""
    chosen = slices[np.unique(np.linspace(0, len(slices) - 1, SLICES_TO_ALIGN).round().astype(int))]
    smooth = {int(index): ndimage.gaussian_filter(signal[index], SMOOTHING_MM / in_plane_mm) for index in chosen}

    def likeness(degrees: float) -> float:
        values = []
        for index, plane in smooth.items():
            where = _places(own[index], other[index], in_plane_mm, scale, degrees)
            moved = ndimage.map_coordinates(plane, where, order=1)
            pair = np.corrcoef(moved, plane[other[index]])[0, 1]
            values.append(float(pair) if np.isfinite(pair) else 0.0)
        return float(np.mean(values))

    return max(TURNS_DEGREES, key=likeness)
