"""What a network learns from corrections: views of single limbs with the class that each pixel should get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.crossing import UnknownSideError
from MuscleMyopathyLib.segmentation.inputs import LimbImages
from MuscleMyopathyLib.segmentation.network.classes import TISSUES, classes_of
from MuscleMyopathyLib.segmentation.network.engine import Engine
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView, limb_views
from MuscleMyopathyLib.segmentation.network.muscles import HEADS
from MuscleMyopathyLib.segmentation.network.sequences import read_voting_images
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, divide

Floats = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CorrectedViews:
    """Views of corrected limbs.

    Attributes:
        images: As the network sees them (view, size, size).
        targets: The class of each pixel (view, size, size). Muscles are as drawn; what the reader does not draw
            (skin, fat, bone, muscles left out, the border between the heads of biceps) is as the network has it.
        found: The network's own classes (view, size, size).
        drawn: Whether the reader drew the pixel (view, size, size).
    """

    images: Floats
    targets: Classes
    found: Classes
    drawn: Mask


def corrected_views(
    images: Mapping[str, sitk.Image], corrected: Segmentation, region: Region, engine: Engine
) -> CorrectedViews:
    """Return the views of every limb and slice in which a muscle is drawn, one per image.

    Args:
        images: By role or name, on the grid of the labels.
        corrected: Muscles by side.
        region: Thigh or calf.
        engine: The network that is to learn.

    Raises:
        InputError: No limb is found, or no muscle that the network has a class for is drawn in one.
    """
    voting = read_voting_images(images)
    axes = voting.limbs.axes
    labels = axes.labels(corrected.image)
    side_map = _legs(voting.limbs, region, corrected)
    parts: list[tuple[Floats, Classes, Classes, Mask]] = []
    for view in limb_views(side_map, SIDE_NUMBER, axes.spacing_mm, engine.view):
        masks = _drawn_masks(view, labels[view.index], corrected, engine.classes)
        if not masks:
            continue
        limb = side_map[view.index] == SIDE_NUMBER[view.side]
        seen = np.stack([view.image(volume[view.index], limb) for volume in voting.values.values()])
        probabilities = engine.probabilities(seen)
        target, drawn = _target(probabilities.mean(axis=0), masks, engine.classes, region)
        found = probabilities.argmax(axis=1).astype(np.int64)
        parts.append((seen, np.repeat(target[None], len(seen), 0), found, np.repeat(drawn[None], len(seen), 0)))
    if not parts:
        raise InputError("In no slice is a muscle drawn inside a limb, so there is nothing to learn from.")
    return CorrectedViews(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _legs(limbs: LimbImages, region: Region, corrected: Segmentation) -> npt.NDArray[np.uint8]:
    """Return the map of the legs; of a single leg that does not tell its side, the labels drawn on it do."""
    try:
        return divide(limbs, region).side_map
    except UnknownSideError as error:
        sides = {structure.side for structure in corrected.structures.values()} - {Side.BOTH}
        if not error.single_leg or len(sides) != 1:
            raise
        return divide(limbs, region, sides.pop()).side_map


def joined(views: Sequence[CorrectedViews]) -> CorrectedViews:
    """Return the views of several corrections as one."""
    return CorrectedViews(
        np.concatenate([one.images for one in views]),
        np.concatenate([one.targets for one in views]),
        np.concatenate([one.found for one in views]),
        np.concatenate([one.drawn for one in views]),
    )


def exchanged_labels(views: CorrectedViews, classes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the muscles that are drawn where the network finds another one, each with that other one.

    A reader moves borders; a label that covers another muscle's place instead of its own was exchanged.

    Args:
        views: Of one correction.
        classes: Names of the network's classes.
    """
    number = len(classes)
    drawn, found = views.targets[views.drawn], views.found[views.drawn]
    together = np.bincount(drawn * number + found, minlength=number**2).reshape(number, number)
    muscles = [index for index in range(number) if classes[index] not in TISSUES]
    exchanged = []
    for index in muscles:
        size = together[index].sum()
        if not size:
            continue
        dice = [2 * together[index, other] / (size + np.count_nonzero(views.found == other)) for other in muscles]
        best = muscles[int(np.argmax(dice))]
        if best != index and max(dice) > EXCHANGED and max(dice) > 2 * dice[muscles.index(index)]:
            exchanged.append((classes[index], classes[best]))
    return exchanged


EXCHANGED = 0.3
"""Dice coefficient with another muscle from which on a label is taken to be exchanged."""


def _drawn_masks(
    view: LimbView, labels: npt.NDArray[np.int64], corrected: Segmentation, classes: Sequence[str]
) -> dict[str, Mask]:
    """Return the muscles drawn on the limb of a view, by code, that the network has a class for."""
    known = {*classes, *(HEADS[head] for head in HEADS if head in classes)}
    masks = {}
    for label, structure in corrected.structures.items():
        if structure.side in (view.side, Side.BOTH) and structure.code in known and (labels == label).any():
            mask = view.mask(labels == label)
            if mask.any():
                masks[structure.code] = mask
    return masks


def _target(
    probabilities: Floats, masks: Mapping[str, Mask], classes: Sequence[str], region: Region
) -> tuple[Classes, Mask]:
    """Return the class of each pixel and which the reader drew, from the network's probabilities (class, …)."""
    names = list(classes)
    parts = {code: [head for head, whole in HEADS.items() if whole == code and head in names] for code in masks}
    covered = {part for code in masks for part in (parts[code] or [code])}
    free = [index for index in classes_of(region, classes) if names[index] not in covered]
    target = np.array(free)[probabilities[free].argmax(axis=0)]
    drawn = np.zeros(target.shape, bool)
    for code, mask in masks.items():
        options = [names.index(part) for part in (parts[code] or [code])]
        target[mask] = np.array(options)[probabilities[options].argmax(axis=0)][mask]
        drawn |= mask
    return target.astype(np.int64), drawn
