"""Which slices are measured: all, some by hand, or levels between a proximal and a distal landmark.

Nagawa et al. (Sci Rep 2021) measured one slice at the proximal 1/3 to 1/4 of the thigh; Wei et al. (Front Neurol
2023;14:1251025) proximal, middle and distal slices of the thighs, without saying at which fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation

NAMED_LEVELS = {"proximal": 0.25, "middle": 0.5, "distal": 0.75}
"""Fractions of the way from the proximal to the distal landmark; the papers state none, these are ours."""


@dataclass(frozen=True)
class SliceChoice:
    """Which slices are measured; all where nothing is given.

    Attributes:
        levels: Fractions (0 to 1) of the way from the proximal to the distal landmark, or the names proximal,
            middle and distal (`NAMED_LEVELS`).
        slices: Slice indices from 0, chosen by hand.
        proximal_slice: The proximal landmark; the uppermost slice with a structure where None.
        distal_slice: The distal landmark; the lowermost slice with a structure where None.
    """

    levels: tuple[float | str, ...] = ()
    slices: tuple[int, ...] = ()
    proximal_slice: int | None = None
    distal_slice: int | None = None

    def __post_init__(self) -> None:
        if self.levels and self.slices:
            raise ParameterError("Slices are chosen by level or by hand: give levels or slices, not both.")
        for level in self.levels:
            named = isinstance(level, str) and level in NAMED_LEVELS
            if not named and (isinstance(level, str) or not 0 <= level <= 1):
                names = ", ".join(NAMED_LEVELS)
                raise ParameterError(f"The level {level!r} is neither a number from 0 to 1 nor one of: {names}.")

    @property
    def fractions(self) -> tuple[float, ...]:
        """The levels as numbers."""
        return tuple(NAMED_LEVELS[level] if isinstance(level, str) else float(level) for level in self.levels)


def choose_slices(segmentation: Segmentation, choice: SliceChoice) -> tuple[int, ...]:
    """Return the indices of the slices to measure, in ascending order.

    Raises:
        InputError: Levels are asked for, but no structure has a voxel and no landmarks are given, or the slices
            do not follow one another along the limb.
        ParameterError: A slice or landmark lies outside the image.
    """
    count = segmentation.image.GetSize()[2]
    given = [*choice.slices, *(s for s in (choice.proximal_slice, choice.distal_slice) if s is not None)]
    outside = sorted({index for index in given if not 0 <= index < count})
    if outside:
        raise ParameterError(f"There is no slice {', '.join(map(str, outside))}: the image has 0 to {count - 1}.")
    if choice.slices:
        return tuple(sorted(set(choice.slices)))
    if not choice.levels:
        return tuple(range(count))
    proximal, distal = _landmarks(segmentation, choice)
    return tuple(sorted({round(proximal + level * (distal - proximal)) for level in choice.fractions}))


def keep_slices(segmentation: Segmentation, slices: tuple[int, ...]) -> Segmentation:
    """Return the segmentation with every other slice emptied."""
    if len(slices) == segmentation.image.GetSize()[2]:
        return segmentation
    labels = np.zeros_like(segmentation.array)
    labels[list(slices)] = segmentation.array[list(slices)]
    return Segmentation.from_array(labels, segmentation.structures, segmentation.image)


def _landmarks(segmentation: Segmentation, choice: SliceChoice) -> tuple[int, int]:
    upwards = _slices_go_upwards(segmentation.image)
    proximal, distal = choice.proximal_slice, choice.distal_slice
    if proximal is None or distal is None:
        inside = np.isin(segmentation.array, list(segmentation.structures))
        drawn = np.flatnonzero(np.any(inside, axis=(1, 2)))
        if drawn.size == 0:
            raise InputError(
                "The segmentation is empty, so that no level can be found. Give both landmarks or draw first."
            )
        ends = (int(drawn[-1]), int(drawn[0])) if upwards else (int(drawn[0]), int(drawn[-1]))
        proximal = ends[0] if proximal is None else proximal
        distal = ends[1] if distal is None else distal
    return proximal, distal


def _slices_go_upwards(image: sitk.Image) -> bool:
    """Tell whether a higher slice index is nearer to the head; the proximal end of a leg is the upper one."""
    upward = image.GetDirection()[8]
    if abs(upward) < np.cos(np.deg2rad(45)):
        raise InputError(
            "The slices are not axial, so that proximal and distal are not along them. Choose slices by hand."
        )
    return bool(upward > 0)
