"""Left and right: each leg found in the images, and undivided structures divided into left and right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import RIGHT_LABEL_OFFSET, Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.bone import find_bones
from MuscleMyopathyLib.segmentation.contrast import Contrast, local_mean
from MuscleMyopathyLib.segmentation.crossing import (
    HOW_TO_STATE_THE_SIDE,
    LegPair,
    UnknownSingleLegError,
    divided_along,
    follow,
    leg_pair,
    tilted,
    told_apart,
    two_parts,
)
from MuscleMyopathyLib.segmentation.inputs import LimbImages, read_images
from MuscleMyopathyLib.segmentation.outline import opened

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

LEFT, RIGHT = 1, 2
SIDE_NUMBER = {Side.LEFT: LEFT, Side.RIGHT: RIGHT}

VALLEY = 0.75
"""Between two legs the body is thinner, front to back, than this fraction of the smaller leg's thickness."""
SMALLER_LEG = 0.35
"""A leg cut off by the field of view still shows at least this fraction of the other's thickness."""
SLICES_WITH_TWO_LEGS = 0.3
JOINED = 0.5
"""The legs are joined (groin and pelvis) where the cut between them runs through bright tissue over more than
this fraction of the body's thickness; between legs that only touch it follows the dark skin."""
CORNER_MM = 6.0
DARK = 0.5
"""The cut is in the skin where it is darker than this fraction of the local mean."""
MIDLINE_PULL, MIDLINE_PULL_JOINED = 0.1, 1.0
"""How strongly the cut between the legs keeps to the middle, where they are apart and where they are joined."""
GROIN_MM = 30.0
"""Joined slices further than this from the nearest slice with separate legs belong to the pelvis."""
APPENDAGE_MM = 20.0
"""What hangs on a leg by less than twice this width, such as a hand or the scrotum, is no part of it."""


@dataclass(frozen=True)
class SideDivision:
    """Which leg each voxel belongs to.

    Attributes:
        side_map: 0 background, 1 left, 2 right (slice, row, column) along the patient's axes.
        joined: Per slice, whether the cut between the legs runs through tissue (groin and pelvis).
        pelvis: Per slice, whether it lies so far above the last slice with separate legs that it is no thigh.
        remarks: What the user should know: side and text.
    """

    side_map: npt.NDArray[np.uint8]
    joined: Mask
    pelvis: Mask
    remarks: list[tuple[Side, str]] = field(default_factory=list)


def divide_sides(
    *,
    water: sitk.Image | None = None,
    fat: sitk.Image | None = None,
    t1w: sitk.Image | None = None,
    region: Region,
    only_side: Side = Side.BOTH,
) -> sitk.Image:
    """Return a map of the legs: 0 background, 1 left, 2 right, unsigned 8 bit, on the grid of the images.

    Args:
        water: Water image, with ``fat``.
        fat: Fat image on the same grid.
        t1w: One image instead of the pair; used only without it.
        region: Thigh or calf.
        only_side: The side of the one leg imaged; ``both`` finds out how many legs there are and which.

    Raises:
        GeometryError: Water and fat lie on different grids.
        InputError: No usable image, no limb in it, or a single leg whose side cannot be told.
    """
    images = read_images(water, fat, t1w)
    return images.axes.image(divide(images, region, only_side).side_map)


def divide(images: LimbImages, region: Region, only_side: Side = Side.BOTH) -> SideDivision:
    """Find the legs and tell which is left and which is right.

    With both legs in the images the patient's left is the one further along +x near the hips; from there the legs
    are followed from slice to slice, so that legs that cross keep their sides. A single leg's side follows from
    its bones (fibula lateral of tibia, femur lateral of the thigh's middle) or else from its place in the scanner,
    unless the user says it.

    Raises:
        UnknownSideError: The side of a single leg cannot be told, or the legs lie one in front of the other
            throughout.
    """
    outline, contrast, spacing_mm = images.outline, images.contrast, images.axes.spacing_mm
    if only_side is Side.BOTH and _shows_two_legs(outline, spacing_mm):
        return _two_legs(contrast, outline, spacing_mm, images.axes.slice_number)
    leg = np.stack([_leg_of(body, spacing_mm) for body in outline])
    never = np.zeros(len(outline), dtype=bool)
    if only_side is not Side.BOTH:
        return SideDivision(leg.astype(np.uint8) * np.uint8(SIDE_NUMBER[only_side]), never, never)
    side, reason = _side_of_one_leg(contrast, leg, region, spacing_mm, images.centre_x_mm)
    remark = (
        f"Only one leg is in the images; taken for the {side} one, because {reason}. "
        "State the side if that is wrong."
    )
    return SideDivision(leg.astype(np.uint8) * np.uint8(SIDE_NUMBER[side]), never, never, [(side, remark)])


def _valley(outline: Mask) -> tuple[float, float]:
    """Return how deep the deepest valley between two legs of a slice is (0 apart … 1 none) and its column."""
    thickness = ndimage.uniform_filter1d(outline.sum(axis=0).astype(float), 3)
    left = np.maximum.accumulate(thickness)
    right = np.maximum.accumulate(thickness[::-1])[::-1]
    smaller = np.minimum(left, right)
    valid = smaller > SMALLER_LEG * thickness.max()
    depth = np.where(valid, thickness / np.maximum(smaller, 1), 1.0)
    lowest = np.flatnonzero(depth <= depth.min() + 0.02)
    return float(depth.min()), float(lowest.mean())


def _crosses(body: Mask, spacing_mm: tuple[float, float, float]) -> bool:
    """Tell whether two legs lie one in front of the other in a slice, rather than side by side."""
    in_plane = spacing_mm[1:]
    if tilted(body, in_plane):
        return True
    parts = two_parts(body)
    pair = None if parts is None else leg_pair(*parts, in_plane)
    return pair is not None and not pair.side_by_side


def _shows_two_legs(outline: Mask, spacing_mm: tuple[float, float, float]) -> bool:
    votes: list[bool] = []
    for body in outline[outline.any(axis=(1, 2))]:
        rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
        wide = bool(np.ptp(columns) > 1.7 * np.ptp(rows))
        votes.append(_valley(body)[0] < VALLEY or wide or _crosses(body, spacing_mm))
    return float(np.mean(votes)) >= SLICES_WITH_TWO_LEGS


def _two_legs(
    contrast: Contrast,
    outline: Mask,
    spacing_mm: tuple[float, float, float],
    slice_number: Callable[[int], int],
) -> SideDivision:
    indices = np.flatnonzero(outline.any(axis=(1, 2)))
    valleys = np.array([_valley(outline[index]) for index in indices])
    crossing = np.array([_crosses(outline[index], spacing_mm) for index in indices])
    clear = (valleys[:, 0] < VALLEY) & ~crossing
    if not clear.any():
        clear[:] = True
        valleys[:, 1] = [np.flatnonzero(outline[index].any(axis=0)).mean() for index in indices]
    expected = np.interp(indices, indices[clear], valleys[clear, 1])
    side_map = np.zeros(outline.shape, dtype=np.uint8)
    joined = np.zeros(len(outline), dtype=bool)
    pairs: dict[int, LegPair | None] = {}
    for index, middle, crosses in zip(map(int, indices), expected, crossing, strict=True):
        body = outline[index]
        if crosses:
            pair = pairs[index] = divided_along(body, spacing_mm[1:])
            if pair is not None:
                side_map[index][_leg_of(pair.left, spacing_mm)] = LEFT
                side_map[index][_leg_of(pair.right, spacing_mm)] = RIGHT
            continue
        relative = _relative_brightness(contrast.signal[index], body, spacing_mm)
        seam = _seam(relative, body, middle, spacing_mm[2], MIDLINE_PULL)
        joined[index] = _through_tissue(seam, relative, body) > JOINED
        if joined[index]:
            seam = _seam(relative, body, middle, spacing_mm[2], MIDLINE_PULL_JOINED)
        columns = np.arange(outline.shape[2])[None, :]
        for number, half in ((LEFT, columns > seam[:, None]), (RIGHT, columns <= seam[:, None])):
            side_map[index][_leg_of(body & half, spacing_mm)] = number
        pair = leg_pair(side_map[index] == LEFT, side_map[index] == RIGHT, spacing_mm[1:])
        if pair is not None:
            pairs[index] = pair
    remarks = told_apart(side_map, follow(pairs), slice_number)
    separate = np.flatnonzero(outline.any(axis=(1, 2)) & ~joined)
    pelvis = joined & (_distance_to(separate, len(outline)) * spacing_mm[0] > GROIN_MM)
    return SideDivision(side_map, joined, pelvis, remarks)


def _through_tissue(seam: npt.NDArray[np.intp], relative: npt.NDArray[np.float32], body: Mask) -> float:
    """Return over which fraction of the body's thickness a cut runs through tissue that is brighter than skin."""
    rows = np.arange(len(body))
    cut = body[rows, seam] & (relative[rows, seam] > DARK)
    return float(cut.sum() / max(np.ptp(np.flatnonzero(body.any(axis=1))), 1))


def _distance_to(chosen: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """Return, for each of ``count`` slices, how many slices away the nearest chosen one is; 0 if none is."""
    if not chosen.size:
        return np.zeros(count, dtype=np.intp)
    return np.asarray(np.abs(np.arange(count)[:, None] - chosen[None, :]).min(axis=1))


def _relative_brightness(
    brightness: npt.NDArray[np.float32], body: Mask, spacing_mm: tuple[float, float, float]
) -> npt.NDArray[np.float32]:
    level = local_mean(brightness, body, 20.0, np.array(spacing_mm[1:]))
    return np.asarray(brightness / np.maximum(level, 1e-6), dtype=np.float32)


def _seam(
    relative_brightness: npt.NDArray[np.float32], body: Mask, middle: float, column_mm: float, pull: float
) -> npt.NDArray[np.intp]:
    """Return the column per row of the cheapest cut from front to back: through air, then dark skin.

    ``pull`` is the cost per row of running 30 mm away from the expected middle column.
    """
    rows, columns = body.shape
    away = (np.arange(columns) - middle) * column_mm / 30.0
    cost = np.where(body, 0.2 + np.clip(relative_brightness, 0, 1), 0.01) + pull * away**2
    steps = (-2, -1, 0, 1, 2)
    total = cost[0].copy()
    came_from = np.zeros((rows, columns), dtype=np.intp)
    padded = np.full(columns + 4, np.inf)
    index = np.arange(columns)
    for row in range(1, rows):
        padded[2:-2] = total
        options = np.stack([padded[2 + s : 2 + s + columns] + 0.02 * abs(s) for s in steps])
        best = options.argmin(axis=0)
        came_from[row] = index + np.array(steps)[best]
        total = options[best, index] + cost[row]
    seam = np.empty(rows, dtype=np.intp)
    seam[-1] = int(total.argmin())
    for row in range(rows - 1, 0, -1):
        seam[row - 1] = came_from[row, seam[row]]
    return seam


def _leg_of(mask: Mask, spacing_mm: tuple[float, float, float]) -> Mask:
    """Return the largest part of a slice's mask, without what hangs on it by a narrow neck."""
    in_plane = np.array(spacing_mm[1:])
    core = _largest_part(opened(mask, APPENDAGE_MM, in_plane))
    if not core.any():
        return _largest_part(mask)
    # The opening rounds corners off; they come back, while most of an appendage stays away.
    near = ndimage.distance_transform_edt(~core, sampling=in_plane) <= CORNER_MM
    return _largest_part(mask & near)


def _largest_part(mask: Mask) -> Mask:
    parts, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == sizes.argmax())


def _side_of_one_leg(
    contrast: Contrast,
    leg: Mask,
    region: Region,
    spacing_mm: tuple[float, float, float],
    centre_x_mm: float,
) -> tuple[Side, str]:
    _, tracks = find_bones(contrast, leg, region, spacing_mm)
    if region is Region.CALF:
        tibia, fibula = tracks["tibia"], tracks["fibula"]
        offsets = np.array([fibula[index][1] - tibia[index][1] for index in tibia if index in fibula])
        reason, clear_mm = "its fibula lies on that side of the tibia", 5.0
    else:
        lean = leg & (contrast.fat_percent < 50)
        offsets = np.array(
            [
                column - float(np.nonzero(lean[index])[1].mean()) * spacing_mm[2]
                for index, (_, column, _) in tracks["femur"].items()
            ]
        )
        reason, clear_mm = "its femur lies on that side of the muscles' middle", 8.0
    if offsets.size:
        towards_left = float(np.mean(offsets > 0))
        if abs(np.median(offsets)) > clear_mm and max(towards_left, 1 - towards_left) >= 0.8:
            return (Side.LEFT if np.median(offsets) > 0 else Side.RIGHT), reason
    if abs(centre_x_mm) > 40:
        side = Side.LEFT if centre_x_mm > 0 else Side.RIGHT
        return (
            side,
            f"its bones do not tell, and it lies {abs(centre_x_mm):.0f} mm to the {side} of the scanner's centre",
        )
    raise UnknownSingleLegError(
        "Only one leg is in the images, and neither its bones nor its place tell whether it is the left or the "
        f"right one. State the side {HOW_TO_STATE_THE_SIDE}."
    )


def split_by_side(segmentation: Segmentation, side_map: sitk.Image) -> Segmentation:
    """Divide undivided structures into left and right ones, losing no voxel.

    A voxel outside both legs goes to the leg nearest in its slice, or nearest at all where its slice has none.

    Args:
        segmentation: Structures; those that have a side already keep it.
        side_map: 0 background, 1 left, 2 right, on the same grid.

    Returns:
        The structures under this extension's own label numbers.

    Raises:
        GeometryError: The side map lies on another grid.
        InputError: The side map shows no leg.
    """
    require_same_geometry(segmentation.image, side_map, "segmentation", "map of left and right")
    labels = segmentation.array
    sides = _nearest_side(sitk.GetArrayFromImage(side_map), segmentation.image.GetSpacing()[::-1])
    result = np.zeros(labels.shape, dtype=np.uint8)
    structures: dict[int, Structure] = {}
    for label, structure in segmentation.structures.items():
        where = labels == label
        if structure.side is not Side.BOTH:
            structures[structure.label] = structure
            result[where] = structure.label
            continue
        left, right = Structure(structure.code, Side.LEFT), Structure(structure.code, Side.RIGHT)
        structures |= {left.label: left, right.label: right}
        result[where] = np.where(sides[where] == RIGHT, left.label + RIGHT_LABEL_OFFSET, left.label)
    return Segmentation.from_array(result, structures, segmentation.image)


def _nearest_side(side_map: npt.NDArray[np.integer], spacing_mm: tuple[float, ...]) -> npt.NDArray[np.integer]:
    if not np.isin(side_map, (LEFT, RIGHT)).any():
        raise InputError("The map of left and right shows no leg (1 is left, 2 is right).")
    filled = side_map.copy()
    for index, slice_map in enumerate(side_map):
        if slice_map.any():
            nearest = ndimage.distance_transform_edt(
                slice_map == 0, sampling=spacing_mm[1:], return_distances=False, return_indices=True
            )
            filled[index] = slice_map[tuple(nearest)]
    empty = ~side_map.any(axis=(1, 2))
    if empty.any():
        occupied = np.flatnonzero(~empty)
        for index in map(int, np.flatnonzero(empty)):
            filled[index] = filled[occupied[np.abs(occupied - index).argmin()]]
    return filled
