"""Nearest neighbours of many small training sets, as scikit-learn's with uniform weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from MuscleMyopathyLib.modeling.batched.fit import Prediction, Stack, most_probable

_TIED = 1e-9


def nearest(estimator: Any, stack: Stack) -> list[Prediction | None]:
    """Return shares of the neighbours; None where the last neighbour ties with the next one.

    Which of two equally near rows counts depends on the search tree that scikit-learn builds.
    """
    count = estimator.n_neighbors
    if stack.train.shape[1] <= count:
        return [None] * len(stack.positions)
    squared = ((stack.test[:, :, None, :] - stack.train[:, None, :, :]) ** 2).sum(axis=-1)
    order = np.argpartition(squared, count, axis=-1)
    near = order[:, :, :count]
    farthest = np.take_along_axis(squared, near, axis=-1).max(axis=-1)
    following = np.take_along_axis(squared, order[:, :, [count]], axis=-1)[:, :, 0]
    tied = (following - farthest <= _TIED * np.maximum(following, 1e-300)).any(axis=1)
    classes = np.take_along_axis(np.broadcast_to(stack.codes[:, None, :], squared.shape), near, axis=-1)
    shares = np.stack([(classes == number).sum(axis=-1) for number in range(stack.classes)], axis=-1) / count
    return [None if tie else most_probable(share) for tie, share in zip(tied.tolist(), shares, strict=True)]
