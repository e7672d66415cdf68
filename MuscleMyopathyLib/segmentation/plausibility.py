"""Slices whose deep fascia is out of proportion between left and right: likely taken too far on one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import Side

LARGEST_DEVIATION = 0.15
"""Natural logarithm: how far a slice's ratio of right to left area may lie from the median ratio of all slices. In
the two patients on whom this was looked at (all slices judged by eye) correct slices stay below 0.13; an outline
that took part of the scrotum along lies at 0.20."""


@dataclass(frozen=True)
class OutOfProportion:
    """A slice and the side that is too large there, by how many percent."""

    index: int
    side: Side
    percent: float


def out_of_proportion(
    left_area: npt.NDArray[np.integer], right_area: npt.NDArray[np.integer]
) -> list[OutOfProportion]:
    """Return the slices in which one side is too large beside the other, as the rest of the limb goes.

    A leg that is smaller throughout (atrophy) is in proportion; a single slice that departs from it is not.

    Args:
        left_area: Area inside the left fascia in each slice, in any unit; 0 where there is none.
        right_area: The same of the right.
    """
    both = np.flatnonzero((left_area > 0) & (right_area > 0))
    if both.size < 3:
        return []
    ratio = np.log(right_area[both] / left_area[both])
    deviation = ratio - np.median(ratio)
    return [
        OutOfProportion(
            int(both[number]),
            Side.RIGHT if deviation[number] > 0 else Side.LEFT,
            float(100 * np.expm1(abs(deviation[number]))),
        )
        for number in np.flatnonzero(np.abs(deviation) > LARGEST_DEVIATION)
    ]
