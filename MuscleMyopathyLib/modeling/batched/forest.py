"""Random forests of many small training sets: scikit-learn's own tree builder, without what each tree repeats.

The trees, their bootstrap samples and their random numbers are those of RandomForestClassifier; for a given number
of rows they are drawn once. The builder is a private part of scikit-learn: `dispatch` compares the result with the
public class before it is used, and falls back to that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from MuscleMyopathyLib.modeling.batched.fit import FloatArray, Prediction, Stack, most_probable

_LARGEST_DRAW = 0x7FFFFFFF


class _Drawn:
    """Stands for a random state of which the splitter asks one number for each tree."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = iter(numbers)

    def randint(self, low: int, high: int) -> int:
        return next(self.numbers)


def forest(estimator: Any, stack: Stack) -> list[Prediction | None]:
    """Return the mean of the trees' probabilities."""
    features, rows = stack.train.shape[2], stack.train.shape[1]
    weights, seeds = _bootstrap(estimator.random_state, estimator.n_estimators, rows)
    at_a_time = max(1, int(np.sqrt(features)))
    return [
        most_probable(_one(train, codes, test, stack.classes, weights, seeds, at_a_time))
        for train, codes, test in zip(
            stack.train.astype(np.float32), stack.codes, stack.test.astype(np.float32), strict=True
        )
    ]


@lru_cache(maxsize=64)
def _bootstrap(seed: int, trees: int, rows: int) -> tuple[list[FloatArray], list[int]]:
    """Return for each tree how often each row was drawn, and the number that its splitter starts from."""
    drawn = np.random.RandomState(seed)
    weights, seeds = [], []
    for tree_seed in [drawn.randint(np.iinfo(np.int32).max) for _ in range(trees)]:
        indices = np.random.RandomState(tree_seed).randint(0, rows, rows)
        weights.append(np.bincount(indices, minlength=rows).astype(np.float64))
        seeds.append(int(np.random.RandomState(tree_seed).randint(0, _LARGEST_DRAW)))
    return weights, seeds


def _one(
    train: Any, codes: Any, test: Any, classes: int, weights: list[Any], seeds: list[int], at_a_time: int
) -> FloatArray:
    from sklearn.tree._criterion import Gini
    from sklearn.tree._splitter import BestSplitter
    from sklearn.tree._tree import DepthFirstTreeBuilder, Tree

    sizes = np.array([classes], dtype=np.intp)
    splitter = BestSplitter(Gini(1, sizes), at_a_time, 1, 0.0, _Drawn(seeds), None)
    builder = DepthFirstTreeBuilder(splitter, 2, 1, 0.0, np.iinfo(np.int32).max, 0.0)
    target = np.ascontiguousarray(codes[:, None], dtype=np.float64)
    total = np.zeros((len(test), classes))
    for weight in weights:
        tree = Tree(train.shape[1], sizes, 1)
        builder.build(tree, train, target, weight)
        total += tree.predict(test)
    return total / len(weights)
