"""Cross-sections of single limbs, mirrored to one side: the anatomy from which training images are synthesised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.network.classes import (
    BACKGROUND,
    BONE,
    CALF_MUSCLES,
    CLASSES,
    OTHER,
    class_index,
)
from MuscleMyopathyLib.segmentation.training.hips import centred, half_pelvis
from MuscleMyopathyLib.segmentation.training.shapes import between, convex_hull, signed_distance, widest_gap

Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

PIXEL_MM = 1.3
CANVAS = 192
"""Pixels per side of a cross-section: 250 mm, so that a shifted and turned view of 208 mm stays within."""
UNNAMED_MUSCLE = len(CLASSES)
"""Code of muscle that has no class of its own; it looks like muscle and counts as `OTHER`."""
FASCIA_STEP_MM = 0.5
DEPTH_STEP_MM = 0.125
FASCIA_MARGIN_MM = 1.5
LEAST_MUSCLES = 3
"""Slices with fewer named muscles (the ends of a stack) are left out, but for those above a thigh."""
MOST = 0.7
"""Slices with this share of the most muscles named in any slice show the thigh in full."""
VALLEY = 0.4
"""Between two legs the muscles' columns are shorter than this fraction of the thinner leg's."""
ABOVE_THE_THIGH = 3
"""Cross-sections without any named muscle that are added above each thigh whose labels end there."""
PIECE_MM = 40.0
"""Usual width of a muscle without a label, such as the glutei beside the uppermost labels."""


@dataclass(frozen=True)
class CrossSection:
    """One limb in one slice, lateral side towards column 0, front towards row 0.

    Attributes:
        labels: Class numbers (`CANVAS` × `CANVAS`), `UNNAMED_MUSCLE`, or `BACKGROUND` outside the deep fascia.
        fascia: Distance to the deep fascia in `FASCIA_STEP_MM`, positive outside.
        depth: Depth below the border of the structure at the pixel in `DEPTH_STEP_MM`.
    """

    labels: Labels
    fascia: npt.NDArray[np.int8]
    depth: Labels


def cross_section(labels: Labels, inside: Mask) -> CrossSection:
    """Return a cross-section with its distances.

    Args:
        labels: Class numbers; muscles and bones, anything else `OTHER`.
        inside: Inside the deep fascia.
    """
    fascia = signed_distance(inside, PIXEL_MM) / FASCIA_STEP_MM
    depth = np.zeros(labels.shape, np.float32)
    for name in np.unique(labels[inside]):
        depth += ndimage.distance_transform_edt(labels == name, sampling=PIXEL_MM).astype(np.float32)
    return CrossSection(
        np.where(inside, labels, BACKGROUND).astype(np.uint8),
        np.clip(np.round(fascia), -127, 127).astype(np.int8),
        np.clip(np.round(depth / DEPTH_STEP_MM), 0, 255).astype(np.uint8),
    )


def limb_slices(
    labels: Labels, spacing_mm: tuple[float, float, float], mirrored: bool, *, muscles_only: bool = False
) -> Labels:
    """Return the slices of one limb on the canvas, centred on what is labelled, mirrored if it is a left limb.

    Args:
        labels: Class numbers of one limb alone (slice, row, column), 0 elsewhere.
        spacing_mm: Distance of slices, rows, columns.
        mirrored: Whether the columns run the other way in the result.
        muscles_only: The labels do not fill the limb. Towards the hip fewer muscles are labelled, all in front,
            so the middle of the uppermost slice that shows most of them is kept for those above it.
    """
    size = (np.arange(CANVAS) - (CANVAS - 1) / 2) * PIXEL_MM
    result = np.zeros((len(labels), CANVAS, CANVAS), np.uint8)
    named = [len(np.unique(part)) - 1 for part in labels]
    uppermost = max((i for i, count in enumerate(named) if count >= MOST * max(named)), default=0)
    centre: list[float] = []
    for index in np.flatnonzero(labels.any(axis=(1, 2))):
        rows, columns = np.nonzero(labels[index])
        if not (muscles_only and centre and index > uppermost):
            centre = [(where.min() + where.max()) / 2 for where in (rows, columns)]
        row = np.round(centre[0] + size / spacing_mm[1]).astype(int)
        column = np.round(centre[1] + (-size if mirrored else size) / spacing_mm[2]).astype(int)
        inside = np.ix_((row >= 0) & (row < labels.shape[1]), (column >= 0) & (column < labels.shape[2]))
        result[index][inside] = labels[index][
            np.ix_(row[(row >= 0) & (row < labels.shape[1])], column[(column >= 0) & (column < labels.shape[2])])
        ]
    return result


def with_slices_between(labels: Labels, count: int) -> Iterator[Labels]:
    """Yield every slice that shows muscle, and ``count`` interpolated ones between each two neighbours."""
    shown = [bool(part.any()) for part in labels]
    for index, part in enumerate(labels):
        if not shown[index]:
            continue
        yield part
        if index + 1 < len(labels) and shown[index + 1]:
            for step in range(count):
                yield between(part, labels[index + 1], (step + 1) / (count + 1))


def sections_of_limb(slices: Labels, between_slices: int) -> Iterator[CrossSection]:
    """Yield the cross-sections of a limb in which only muscles (perhaps the femur) are labelled.

    Towards the hip ever fewer muscles are labelled, though the limb does not become thinner: there the outline of
    the slices below is kept, and each slice is also given as half a pelvis (hips.py).

    Args:
        slices: Of `limb_slices`, from the feet to the head.
        between_slices: How many interpolated slices stand between two neighbours.
    """
    below: CrossSection | None = None
    shown = list(with_slices_between(slices, between_slices))
    named = [len(_named(muscles)) for muscles in shown]
    for number, muscles in enumerate(shown):
        upper = 2 * number > len(shown)
        section = section_of_muscles(muscles, below if upper else None)
        if section is None:
            continue
        yield section
        below = section
        if upper and named[number] < MOST * max(named) and not _is_calf(muscles):
            random = np.random.default_rng([number, int(muscles.sum())])
            yield _at_the_hip(section.labels, random)
            if number == len(shown) - 1:
                for _ in range(ABOVE_THE_THIGH):
                    unnamed = np.where(section.labels > OTHER, OTHER, section.labels)
                    yield _at_the_hip(unnamed.astype(np.uint8), random)


def _at_the_hip(labels: Labels, random: np.random.Generator) -> CrossSection:
    labels = np.where(labels == UNNAMED_MUSCLE, OTHER, labels).astype(np.uint8)
    labels = centred(half_pelvis(labels, PIXEL_MM, random))
    labels[_in_pieces(_opened(labels == OTHER, 6.0))] = UNNAMED_MUSCLE
    return cross_section(labels, labels != BACKGROUND)


def _named(labels: Labels) -> set[int]:
    """Return the classes of the muscles in a slice."""
    return set(np.unique(labels).tolist()) - {BACKGROUND, BONE}


def _is_calf(labels: Labels) -> bool:
    return bool(_named(labels) & {class_index(code) for code in CALF_MUSCLES})


def section_of_muscles(muscles: Labels, below: CrossSection | None) -> CrossSection | None:
    """Return the cross-section of a slice in which only muscles (perhaps the femur) are labelled.

    The deep fascia is taken as the muscles' convex hull, and not to retreat from the section below. A bone that is
    not labelled is the widest gap that touches vastus intermedius (femur), or the wide gaps between the muscles of
    the calf (tibia, fibula). Other wide gaps are muscles without a label, such as adductor longus or the glutei.

    Args:
        muscles: Class numbers (row, column).
        below: The cross-section below, if the outline may not retreat from it.

    Returns:
        None where too few muscles are in the slice, and it does not lie above a thigh.
    """
    calf = _is_calf(muscles)
    if len(_named(muscles)) < LEAST_MUSCLES and (below is None or calf):
        return None
    inside = convex_hull(muscles > 0)
    inside = ndimage.distance_transform_edt(~inside, sampling=PIXEL_MM) <= FASCIA_MARGIN_MM
    if below is not None:
        inside |= below.fascia < 0
    labels = np.where(muscles > 0, muscles, np.where(inside, OTHER, BACKGROUND)).astype(np.uint8)
    gap = labels == OTHER
    if not (labels == BONE).any():
        if calf:
            labels[_opened(gap, 5.0)] = BONE
            peroneal = ndimage.binary_dilation(labels == class_index("PER"), iterations=8)
            labels[_opened(gap & peroneal, 3.0)] = BONE
        else:
            bone = widest_gap(gap, labels == class_index("VI"), PIXEL_MM, (8.0, 17.0))
            if below is not None and not bone.any():
                bone = gap & (below.labels == BONE)
            labels[bone] = BONE
    if not calf:
        labels[_in_pieces(_opened(labels == OTHER, 6.0))] = UNNAMED_MUSCLE
    return cross_section(labels, inside)


def _in_pieces(region: Mask) -> Mask:
    """Return a wide region divided by thin gaps into pieces of about `PIECE_MM`, where it alone decides."""
    places = np.argwhere(region)
    count = int(len(places) * (PIXEL_MM / PIECE_MM) ** 2)
    if count < 2:
        return region
    random = np.random.default_rng(len(places))
    seeds = random.choice(places, count, replace=False)
    distance = np.sort(np.linalg.norm(places[:, None] - seeds[None], axis=2), axis=1)
    pieces = region.copy()
    pieces[tuple(places[distance[:, 1] - distance[:, 0] < 1.5].T)] = False
    return pieces


def _opened(mask: Mask, radius_mm: float) -> Mask:
    core = ndimage.distance_transform_edt(mask, sampling=PIXEL_MM) > radius_mm
    if not core.any():
        return core
    grown = ndimage.distance_transform_edt(~core, sampling=PIXEL_MM) <= radius_mm
    return np.asarray(grown & mask)


def undivided_sides(labels: Labels, spacing_mm: tuple[float, float, float]) -> tuple[Labels, Labels]:
    """Return the labels of the leg at low columns and of the leg at high columns, from both together.

    In every slice the legs are parted at the column with the least muscle between the two halves of the muscles'
    extent. Slices whose parts are too unlike in area, or without a valley between them, are left out of both.
    """
    low, high = np.zeros_like(labels), np.zeros_like(labels)
    for index in np.flatnonzero(labels.any(axis=(1, 2))):
        profile = ndimage.gaussian_filter1d((labels[index] > 0).sum(axis=0).astype(float), 2)
        columns = np.flatnonzero(profile > 0.5)
        if columns.size < 3:
            continue
        start, stop = columns[0], columns[-1]
        third = (stop - start) // 3
        middle = slice(start + third, stop - third)
        lowest = np.flatnonzero(profile[middle] <= profile[middle].min() + 1e-9)
        cut = start + third + int(np.median(lowest))
        areas = [int((labels[index, :, :cut] > 0).sum()), int((labels[index, :, cut:] > 0).sum())]
        thickness = min(profile[:cut].max(initial=0), profile[cut:].max(initial=0))
        if min(areas) < 0.4 * max(areas) or profile[cut] > VALLEY * thickness:
            continue
        low[index, :, :cut] = labels[index, :, :cut]
        high[index, :, cut:] = labels[index, :, cut:]
    return low, high
