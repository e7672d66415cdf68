"""Probabilities of the classes in each view, on which all sequences vote."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.segmentation.network.classes import TISSUES, classes_of
from MuscleMyopathyLib.segmentation.network.engine import Engine
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER

Floats = npt.NDArray[np.float32]

VIEWS_AT_ONCE = 4
NEGLIGIBLE = 1e-5
RULED_OUT = 1e-4
"""No single vote counts for less than this probability."""
UNSEEN = float(np.log(RULED_OUT))


def view_probabilities(
    engine: Engine,
    values: Mapping[str, Floats],
    side_map: npt.NDArray[np.uint8],
    views: Sequence[LimbView],
    turns_degrees: Sequence[float] = (0.0,),
) -> Iterator[tuple[LimbView, Floats]]:
    """Yield each view with its probabilities (class, size, size); a few views go through at a time.

    All sequences vote, each seen straight and turned; votes are multiplied (geometric mean), so that a class that
    one of them rules out is not chosen.

    Args:
        engine: See `Engine`.
        values: Magnitudes by sequence (slice, row, column).
        side_map: Which leg is where.
        views: Of `limb_views`.
        turns_degrees: Angles by which each view is also seen.
    """
    for start in range(0, len(views), VIEWS_AT_ONCE):
        some = views[start : start + VIEWS_AT_ONCE]
        images = []
        for view in some:
            limb = side_map[view.index] == SIDE_NUMBER[view.side]
            for volume in values.values():
                straight = view.image(volume[view.index], limb)
                images += [turned(straight[None], angle, 0.0)[0] for angle in turns_degrees]
        votes = engine.probabilities(np.stack(images))
        shape = (len(some), len(values), len(turns_degrees), *votes.shape[1:])
        logarithms = np.log(np.maximum(votes, RULED_OUT)).reshape(shape).mean(axis=1)
        for view, looks in zip(some, logarithms, strict=True):
            back = [turned(look, -angle, UNSEEN) for look, angle in zip(looks, turns_degrees, strict=True)]
            together = np.exp(np.mean(back, axis=0))
            yield view, np.asarray(together / together.sum(axis=0, keepdims=True), dtype=np.float32)


def turned(planes: Floats, angle_degrees: float, outside: float) -> Floats:
    """Return square planes (plane, size, size) turned about their middle; ``outside`` fills what is not seen."""
    if angle_degrees == 0:
        return planes
    angle = np.deg2rad(angle_degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (np.array(planes.shape[1:]) - 1) / 2
    offset = middle - matrix @ middle
    return np.stack(
        [ndimage.affine_transform(plane, matrix, offset, order=1, cval=outside) for plane in planes]
    ).astype(np.float32)


def seconds_per_view(engine: Engine, votes: int) -> float:
    """Return how long this machine takes for one view, measured on one (after one that is not counted).

    Args:
        engine: See `Engine`.
        votes: Sequences times turns.
    """
    nothing = np.zeros((votes, engine.view.size, engine.view.size), np.float32)
    engine.probabilities(nothing)
    start = time.perf_counter()
    engine.probabilities(nothing)
    return time.perf_counter() - start


def region_shares(probabilities: Floats, classes: Sequence[str]) -> dict[Region, float]:
    """Return the summed probability of the muscles of each region in a view, in pixels."""
    return {
        region: float(
            probabilities[[i for i in classes_of(region, classes) if classes[i] not in TISSUES]].sum(
                dtype=np.float64
            )
        )
        for region in Region
    }


def within_region(probabilities: Floats, classes: Sequence[str], region: Region) -> Floats:
    """Return probabilities with the muscles of the other region taken away, summing to 1 again."""
    kept = np.zeros(len(classes), np.float32)
    kept[classes_of(region, classes)] = 1
    # Numbers too small to matter would be subnormal floats after interpolation, which are slow.
    masked = np.where(probabilities > NEGLIGIBLE, probabilities * kept[:, None, None], np.float32(0))
    return np.asarray(masked / np.maximum(masked.sum(axis=0, keepdims=True), 1e-6), dtype=np.float32)
