"""Probabilities of the classes in each view, on which all sequences vote."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.segmentation.network.classes import TISSUES, classes_of
from MuscleMyopathyLib.segmentation.network.engine import Engine
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

LOOKS_AT_ONCE = 6
"""About as many images go to the engine at a time."""
EDGE = 2
"""Pixels around the limb in which probabilities are kept, so that they can be interpolated at its border."""
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
    one of them rules out is not chosen. What lies beyond the limb, where the views are blank, is air.

    Args:
        engine: See `Engine`.
        values: Magnitudes by sequence (slice, row, column).
        side_map: Which leg is where.
        views: Of `limb_views`.
        turns_degrees: Angles by which each view is also seen.
    """
    air = list(engine.classes).index(TISSUES[0])
    at_once = max(1, LOOKS_AT_ONCE // (len(values) * len(turns_degrees)))
    for start in range(0, len(views), at_once):
        some = views[start : start + at_once]
        limbs = [side_map[view.index] == SIDE_NUMBER[view.side] for view in some]
        images = []
        for view, limb in zip(some, limbs, strict=True):
            for volume in values.values():
                straight = view.image(volume[view.index], limb)
                images += [turned(straight[None], angle, 0.0)[0] for angle in turns_degrees]
        votes = engine.probabilities(np.stack(images))
        shape = (len(some), len(values), len(turns_degrees), *votes.shape[1:])
        for view, limb, looks in zip(some, limbs, votes.reshape(shape), strict=True):
            # Classes last, as engines leave them in memory; a look is (size, size, class).
            looks = np.moveaxis(looks, 2, -1)
            logarithms = np.log(np.maximum(looks, RULED_OUT)).mean(axis=0)
            pixels = np.flatnonzero(_shown(view.mask(limb)))
            together = np.mean(
                [turned_back(look, angle, pixels) for look, angle in zip(logarithms, turns_degrees, strict=True)],
                axis=0,
            )
            np.exp(together, out=together)
            together /= together.sum(axis=1, keepdims=True)
            found = np.zeros((looks.shape[-1], view.grid.size**2), np.float32)
            found[air] = 1
            found[:, pixels] = together.T
            yield view, found.reshape(-1, view.grid.size, view.grid.size)


def _shown(limb: Mask) -> Mask:
    """Return the limb in a view with a margin; the middle pixel where it is empty."""
    if not limb.any():
        limb = np.zeros_like(limb)
        limb[limb.shape[0] // 2, limb.shape[1] // 2] = True
    return np.asarray(ndimage.binary_dilation(limb, iterations=EDGE))


def turned_back(look: Floats, angle_degrees: float, pixels: npt.NDArray[np.intp]) -> Floats:
    """Return what a turned look says of pixels of the straight view: (pixel, class).

    Args:
        look: Logarithms of probabilities (size, size, class), seen at the angle.
        angle_degrees: By which the view was turned.
        pixels: Which, counted along the rows.
    """
    flat = look.reshape(-1, look.shape[-1])
    if angle_degrees == 0:
        return np.asarray(flat[pixels], dtype=np.float32)
    weights, outside = _turn_weights(look.shape[0], -angle_degrees)
    values = np.asarray(weights[pixels] @ np.ascontiguousarray(flat), dtype=np.float32)
    values[outside[pixels]] = UNSEEN
    return values


@functools.lru_cache(maxsize=8)
def _turn_weights(size: int, angle_degrees: float) -> tuple[sparse.csr_array, Mask]:
    """Return the weights of linear interpolation with which `turned` makes each pixel, and which see nothing."""
    matrix, offset = _turn(size, angle_degrees)
    places = np.indices((size, size)).reshape(2, -1)
    rows, columns = matrix @ places + offset[:, None]
    outside = (rows < 0) | (rows > size - 1) | (columns < 0) | (columns > size - 1)
    row, column = (np.clip(np.floor(where), 0, size - 2).astype(int) for where in (rows, columns))
    down, across = np.clip(rows - row, 0, 1), np.clip(columns - column, 0, 1)
    corners = [
        ((row + i) * size + column + j, (down if i else 1 - down) * (across if j else 1 - across))
        for i in (0, 1)
        for j in (0, 1)
    ]
    pixel = np.arange(size * size)
    weights = sparse.csr_array(
        (
            np.concatenate([weight for _, weight in corners]).astype(np.float32),
            (np.tile(pixel, 4), np.concatenate([at for at, _ in corners])),
        ),
        shape=(size * size, size * size),
    )
    return weights, outside


def _turn(size: int, angle_degrees: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return matrix and offset from the pixels of a turned plane to those of the plane."""
    angle = np.deg2rad(angle_degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, (size - 1) / 2)
    return matrix, middle - matrix @ middle


def turned(planes: Floats, angle_degrees: float, outside: float) -> Floats:
    """Return square planes (plane, size, size) turned about their middle; ``outside`` fills what is not seen."""
    if angle_degrees == 0:
        return planes
    matrix, offset = _turn(planes.shape[1], angle_degrees)
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
