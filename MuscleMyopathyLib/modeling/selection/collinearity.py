"""Collinearity filter: of two features that are too alike, the one less collinear with all the others stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from MuscleMyopathyLib.modeling.selection.step import FloatArray, Mask, SelectionStep

_ROUNDING = 1e-12


class CollinearityFilter(SelectionStep):
    """Removes one feature of every pair that is too alike (Nagawa et al. 2021; Wei et al. 2023).

    Pairs are taken by falling correlation. Of a pair whose two features are both still there, the one with the
    higher mean absolute correlation with all other features goes; on a tie the later column.

    Args:
        method: ``pearson`` or ``spearman``.
        threshold: Absolute correlation from which a pair is too alike.
        inclusive: Whether the threshold itself is.
    """

    def __init__(self, method: str = "pearson", threshold: float = 0.7, inclusive: bool = True) -> None:
        self.method = method
        self.threshold = threshold
        self.inclusive = inclusive

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        correlation = absolute_correlation(values, self.method)
        return uncorrelated(correlation, self.threshold, inclusive=self.inclusive)


def absolute_correlation(values: FloatArray, method: str = "pearson") -> FloatArray:
    """Return |r| of all pairs of columns; 0 with a constant column, 1 in the diagonal."""
    columns = stats.rankdata(values, axis=0) if str(method) == "spearman" else values
    centred = columns - columns.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0)
    correlation: FloatArray = np.minimum(np.abs(unit.T @ unit), 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def uncorrelated(correlation: FloatArray, threshold: float, *, inclusive: bool = True) -> Mask:
    """Tell which features stay, given their absolute correlations; the rule stands at `CollinearityFilter`."""
    count = len(correlation)
    stays = np.ones(count, dtype=bool)
    if count < 2:
        return stays
    mean = (correlation.sum(axis=0) - 1) / (count - 1)
    first, second = np.triu_indices(count, 1)
    strength = correlation[first, second]
    # Two features that are multiples of each other differ from 1 by rounding alone.
    alike = strength >= threshold - _ROUNDING if inclusive else strength > threshold + _ROUNDING
    order = np.argsort(-strength[alike], kind="stable")
    for one, other in zip(first[alike][order].tolist(), second[alike][order].tolist(), strict=True):
        if stays[one] and stays[other]:
            stays[one if mean[one] > mean[other] + _ROUNDING else other] = False
    return stays
