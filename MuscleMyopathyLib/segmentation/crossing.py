"""Legs that cross: followed from slice to slice, because beyond a crossing the left leg lies on the right.

Near the hips the left leg lies at the patient's left. Further down the legs may lie one in front of the other, and
then the other way round. Where each lies in neighbouring slices tells which is which; where not, it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.errors import InputError

Mask = npt.NDArray[np.bool_]

EXCHANGED = np.array([0, 2, 1], np.uint8)
"""The other side of each number of a side map."""
ELONGATED = 1.6
"""Two equal legs that touch are 2.2 times as long as wide (standard deviations); one leg is nearly round."""
TILTED_DEGREES = 25.0
"""Up to this angle a cut from front to back tells legs apart that lie side by side."""
COMPARABLE = 0.35
"""The smaller leg of a slice has at least this share of the larger one's area."""
WAIST = 0.75
"""Where legs touch, the body is thinner than this share of the smaller leg's thickness."""
SIDE_BY_SIDE = 0.5
"""Legs lie side by side where their middles are further apart, left to right, than this share of their width."""
AS_NEAR = 0.75
"""Which leg is which is not told by their places where both answers move the legs nearly as far: ratio of ways."""
BIN_MM = 2.0
HOW_TO_STATE_THE_SIDE = "(--side, parameter only_side; in the panel under Legs)"


class UnknownSideError(InputError):
    """Left and right cannot be told from where the legs and bones lie.

    Attributes:
        single_leg: Whether there is only one leg, whose side may be stated.
    """

    single_leg = False


class UnknownSingleLegError(UnknownSideError):
    """There is one leg, and its bones and place do not tell its side."""

    single_leg = True


@dataclass(frozen=True)
class LegPair:
    """The two legs of a slice.

    Attributes:
        left, right: Where each is, left being the one further to the patient's left here.
        middle_mm: Row and column of the middle of each in mm: (2, 2), left first.
        side_by_side: Whether they lie apart from left to right.
    """

    left: Mask
    right: Mask
    middle_mm: npt.NDArray[np.float64]
    side_by_side: bool


@dataclass(frozen=True)
class Followed:
    """What following the legs from slice to slice told.

    Attributes:
        exchanged: Slices in which the left leg is the one further to the right.
        unknown: Slices in which it cannot be told.
    """

    exchanged: tuple[int, ...]
    unknown: tuple[int, ...]


def two_parts(body: Mask) -> tuple[Mask, Mask] | None:
    """Return the two largest parts of a slice if they are comparable in size, else None."""
    parts, count = ndimage.label(body)
    if count < 2:
        return None
    sizes = np.bincount(parts.ravel())[1:]
    first, second = np.argsort(sizes)[::-1][:2]
    if sizes[second] < COMPARABLE * sizes[first]:
        return None
    return parts == first + 1, parts == second + 1


def tilted(body: Mask, spacing_mm: tuple[float, float]) -> bool:
    """Tell whether a slice shows two legs that lie more one in front of the other than side by side."""
    _, angle, elongation = _axis(body, spacing_mm)
    return elongation >= ELONGATED and angle > TILTED_DEGREES


def divided_along(body: Mask, spacing_mm: tuple[float, float]) -> LegPair | None:
    """Return the two legs of a slice, however they lie; None where they cannot be told apart."""
    parts = two_parts(body)
    if parts is not None:
        return leg_pair(*parts, spacing_mm)
    places, along = _along(body, spacing_mm)
    bins = np.floor((along - along.min()) / BIN_MM).astype(int)
    thickness = ndimage.uniform_filter1d(np.bincount(bins).astype(float), 3)
    before, after = np.maximum.accumulate(thickness), np.maximum.accumulate(thickness[::-1])[::-1]
    smaller = np.minimum(before, after)
    valid = smaller > COMPARABLE * thickness.max()
    depth = np.where(valid, thickness / np.maximum(smaller, 1), 1.0)
    if depth.min() >= WAIST:
        return None
    halves = []
    for half in (bins > depth.argmin(), bins <= depth.argmin()):
        mask = np.zeros(body.shape, bool)
        mask[tuple(places[half].T)] = True
        halves.append(mask)
    return leg_pair(halves[0], halves[1], spacing_mm)


def leg_pair(one: Mask, other: Mask, spacing_mm: tuple[float, float]) -> LegPair | None:
    """Return two legs as a pair; None if one of them is empty."""
    if not one.any() or not other.any():
        return None
    middles = np.array([_middle(mask, spacing_mm) for mask in (one, other)])
    left, right = (one, other) if middles[0, 1] >= middles[1, 1] else (other, one)
    middles = middles[np.argsort(-middles[:, 1], kind="stable")]
    widths = [2 * np.sqrt(mask.sum() * spacing_mm[0] * spacing_mm[1] / np.pi) for mask in (left, right)]
    return LegPair(left, right, middles, bool(middles[0, 1] - middles[1, 1] >= SIDE_BY_SIDE * np.mean(widths)))


def follow(pairs: Mapping[int, LegPair | None]) -> Followed:
    """Follow the legs from the slice nearest the hips in which they lie side by side.

    Args:
        pairs: The legs of each slice by its index from the feet; None where they were not divided.
    """
    order = sorted(pairs, reverse=True)
    start = next((n for n, index in enumerate(order) if _is_start(pairs[index])), None)
    if start is None:
        return Followed((), tuple(sorted(order)))
    exchanged: list[int] = []
    unknown: list[int] = []
    for way in (order[start:], order[start::-1]):
        _follow(way, pairs, exchanged, unknown)
    return Followed(tuple(sorted(set(exchanged))), tuple(sorted(set(unknown))))


def told_apart(
    side_map: npt.NDArray[np.uint8], followed: Followed, slice_number: Callable[[int], int]
) -> list[tuple[Side, str]]:
    """Exchange the legs of slices beyond a crossing and take out those that are not told.

    Args:
        side_map: 0 background, 1 left, 2 right by place (slice, row, column); changed.
        followed: Of `follow`.
        slice_number: The number of a slice, for the user, by its index.

    Returns:
        What the user should know: side and text.

    Raises:
        UnknownSideError: No slice is told.
    """
    remarks = []
    if followed.exchanged:
        for index in followed.exchanged:
            side_map[index] = EXCHANGED[side_map[index]]
        text = (
            "the legs are crossed. They were followed from slice to slice, from where they lie side by side; look "
            "at it."
        )
        remarks.append((Side.BOTH, f"{slices_in_words(followed.exchanged, slice_number)}: {text}"))
    if followed.unknown:
        side_map[list(followed.unknown)] = 0
        if not side_map.any():
            raise UnknownSideError(
                "The legs lie one in front of the other in every slice, so it cannot be told which is the left "
                "one. Segment each leg from an image that shows it alone, and state its side "
                f"{HOW_TO_STATE_THE_SIDE}."
            )
        text = (
            "the legs lie one in front of the other or move too far between slices, so left and right cannot be "
            "told; not segmented."
        )
        remarks.append((Side.BOTH, f"{slices_in_words(followed.unknown, slice_number)}: {text}"))
    return remarks


def slices_in_words(indices: Sequence[int], slice_number: Callable[[int], int]) -> str:
    """Return "Slices 3 to 7" and the like, from indices."""
    numbers = sorted(slice_number(index) for index in indices)
    if len(numbers) == 1:
        return f"Slice {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"Slices {numbers[0]} to {numbers[-1]}"
    return f"Slices {', '.join(map(str, numbers))}"


def _is_start(pair: LegPair | None) -> bool:
    return pair is not None and pair.side_by_side


def _follow(
    way: Sequence[int], pairs: Mapping[int, LegPair | None], exchanged: list[int], unknown: list[int]
) -> None:
    """Follow the legs along slices, the first of which is told; note those that are exchanged or not told."""
    first = pairs[way[0]]
    assert first is not None
    last, lost = first.middle_mm, False
    for index in way[1:]:
        pair = pairs[index]
        if lost or pair is None:
            unknown.append(index)
            continue
        straight = _moved(last, pair.middle_mm)
        other = _moved(last, pair.middle_mm[::-1])
        if min(straight, other) > AS_NEAR * max(straight, other):
            lost = True
            unknown.append(index)
            continue
        last = pair.middle_mm if straight < other else pair.middle_mm[::-1]
        if other < straight:
            exchanged.append(index)


def _moved(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> float:
    return float(np.hypot(*(after - before).T).sum())


def _middle(mask: Mask, spacing_mm: tuple[float, float]) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(rows.mean() * spacing_mm[0]), float(columns.mean() * spacing_mm[1])


def _axis(body: Mask, spacing_mm: tuple[float, float]) -> tuple[npt.NDArray[np.float64], float, float]:
    """Return the direction in which a slice is longest, its angle from left–right in degrees, and how much."""
    places = np.argwhere(body) * np.array(spacing_mm)
    if len(places) < 3:
        return np.array([0.0, 1.0]), 0.0, 1.0
    values, vectors = np.linalg.eigh(np.cov(places.T))
    direction = vectors[:, 1]
    angle = float(np.degrees(np.arctan2(abs(direction[0]), abs(direction[1]))))
    return direction, angle, float(np.sqrt(values[1] / max(values[0], 1e-9)))


def _along(body: Mask, spacing_mm: tuple[float, float]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Return the pixels of a slice, and how far along its longest direction each lies, in mm."""
    places = np.argwhere(body)
    return places, places * np.array(spacing_mm) @ _axis(body, spacing_mm)[0]
