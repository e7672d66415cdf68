"""Sensitivity, specificity, accuracy and predictive values of a classifier of two classes, with their counts.

Intervals: Wilson, J Am Stat Assoc 1927;22:209, as Newcombe, Stat Med 1998;17:857, recommends for single shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from MuscleMyopathyLib.errors import InputError


@dataclass(frozen=True)
class Share:
    """A share of patients: ``count`` of ``of``, with its confidence interval; NaN where ``of`` is 0."""

    name: str
    count: int
    of: int
    value: float
    low: float
    high: float


def diagnostic_accuracy(
    positive: npt.ArrayLike, called_positive: npt.ArrayLike, confidence: float = 0.95
) -> list[Share]:
    """Return sensitivity, specificity, accuracy, positive and negative predictive value.

    The predictive values hold for the share of the class in these patients.

    Args:
        positive: Whether each patient is of the positive class, shape (patients,).
        called_positive: Whether each was called so.
        confidence: Of the intervals.

    Raises:
        InputError: No patients, or columns of different lengths.
    """
    truth, called = np.asarray(positive, dtype=bool), np.asarray(called_positive, dtype=bool)
    if not truth.size or truth.shape != called.shape:
        raise InputError(
            f"One outcome and one call of each patient are needed; there are {truth.size} and {called.size}."
        )
    right = truth == called
    counted = (
        ("sensitivity", right & truth, truth),
        ("specificity", right & ~truth, ~truth),
        ("accuracy", right, np.ones_like(truth)),
        ("PPV", right & called, called),
        ("NPV", right & ~called, ~called),
    )
    return [_share(name, int(hits.sum()), int(among.sum()), confidence) for name, hits, among in counted]


def diagnostic_table(shares: list[Share]) -> pd.DataFrame:
    """Return the shares as a table: ``measure``, ``count``, ``of``, ``value``, ``low``, ``high``."""
    return pd.DataFrame(
        [(one.name, one.count, one.of, one.value, one.low, one.high) for one in shares],
        columns=["measure", "count", "of", "value", "low", "high"],
    )


def _share(name: str, count: int, of: int, confidence: float) -> Share:
    if not of:
        return Share(name, 0, 0, np.nan, np.nan, np.nan)
    interval = stats.binomtest(count, of).proportion_ci(confidence, method="wilson")
    return Share(name, count, of, count / of, float(interval.low), float(interval.high))
