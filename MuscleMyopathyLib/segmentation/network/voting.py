"""Probabilities of the classes in each view, as the mean over the sequences that vote."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.segmentation.network.classes import TISSUES, classes_of
from MuscleMyopathyLib.segmentation.network.engine import Engine
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER

Floats = npt.NDArray[np.float32]

VIEWS_AT_ONCE = 4
NEGLIGIBLE = 1e-5


def view_probabilities(
    engine: Engine,
    values: Mapping[str, Floats],
    side_map: npt.NDArray[np.uint8],
    views: Sequence[LimbView],
) -> Iterator[tuple[LimbView, Floats]]:
    """Yield each view with its mean probabilities (class, size, size); a few views go through at a time."""
    for start in range(0, len(views), VIEWS_AT_ONCE):
        some = views[start : start + VIEWS_AT_ONCE]
        images = [
            view.image(volume[view.index], side_map[view.index] == SIDE_NUMBER[view.side])
            for view in some
            for volume in values.values()
        ]
        votes = engine.probabilities(np.stack(images))
        yield from zip(some, votes.reshape(len(some), len(values), *votes.shape[1:]).mean(axis=1), strict=True)


def seconds_per_view(engine: Engine, sequences: int) -> float:
    """Return how long this machine takes for one view, measured on one (after one that is not counted)."""
    nothing = np.zeros((sequences, engine.view.size, engine.view.size), np.float32)
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
