"""One small fit: training rows with their classes, and rows to predict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Fit:
    """One fit of a classifier and the rows that it predicts.

    Attributes:
        train: Shape (rows, features).
        codes: Class of each training row, 0 to classes − 1; every class occurs.
        test: Shape (rows, features).
        patients: Patient of each training row, for classifiers that cross-validate inside; None where each
            row is a patient of his own.
    """

    train: FloatArray
    codes: Codes
    test: FloatArray
    patients: npt.NDArray[np.object_] | None = None


@dataclass(frozen=True)
class Prediction:
    """What a fit predicts.

    Attributes:
        codes: Class of each test row.
        probabilities: Shape (test rows, classes).
        note: What deserves a look, in words.
    """

    codes: Codes
    probabilities: FloatArray
    note: str = ""


def most_probable(probabilities: FloatArray, note: str = "") -> Prediction:
    """Return the prediction whose class is the most probable one."""
    return Prediction(probabilities.argmax(axis=1), probabilities, note)


@dataclass(frozen=True)
class Stack:
    """Fits of one shape as arrays.

    Attributes:
        positions: Where each stood in the list.
        train: Shape (fits, rows, features).
        codes: Shape (fits, rows).
        test: Shape (fits, test rows, features).
        classes: Number of classes.
    """

    positions: list[int]
    train: FloatArray
    codes: Codes
    test: FloatArray
    classes: int

    @property
    def indicators(self) -> FloatArray:
        """1 where a row belongs to a class; shape (fits, rows, classes)."""
        return np.eye(self.classes, dtype=np.float64)[self.codes]


def stacks(fits: Sequence[Fit]) -> Iterator[Stack]:
    """Yield the fits put together by their shapes."""
    groups: dict[tuple[tuple[int, ...], tuple[int, ...], int], list[int]] = {}
    for position, fit in enumerate(fits):
        shape = (fit.train.shape, fit.test.shape, int(fit.codes.max()) + 1)
        groups.setdefault(shape, []).append(position)
    for (_, _, classes), positions in groups.items():
        yield Stack(
            positions,
            np.stack([fits[number].train for number in positions]),
            np.stack([fits[number].codes for number in positions]),
            np.stack([fits[number].test for number in positions]),
            classes,
        )


def softmax(scores: FloatArray) -> FloatArray:
    """Return probabilities that are proportional to the exponential of scores, over the last axis."""
    weights: FloatArray = np.exp(scores - scores.max(axis=-1, keepdims=True))
    total: FloatArray = weights.sum(axis=-1, keepdims=True)
    weights /= total
    return weights
