"""Spearman's rank correlation with confidence interval and p value.

The interval is Fisher's z with the standard error of Bonett & Wright, Psychometrika 2000;65:23; p is exact by
permutation below ten pairs, by Student's t otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError

FEWEST_PAIRS = 4
_EXACT_BELOW = 10


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho of ``pairs`` pairs, its confidence interval and two-sided p."""

    pairs: int
    rho: float
    low: float
    high: float
    p: float


def rank_correlation(first: npt.ArrayLike, second: npt.ArrayLike, confidence: float = 0.95) -> RankCorrelation:
    """Correlate two columns; pairs of which one is missing are left out.

    Raises:
        InputError: Fewer than four pairs, or one column is constant.
    """
    x, y = (np.asarray(values, dtype=np.float64) for values in (first, second))
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    if x.size < FEWEST_PAIRS:
        raise InputError(f"A rank correlation needs {FEWEST_PAIRS} or more pairs of values; there are {x.size}.")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise InputError("A rank correlation needs values that differ; one of the two columns is constant.")
    rho = float(stats.spearmanr(x, y).statistic)
    p = _exact_p(x, y) if x.size < _EXACT_BELOW else float(stats.spearmanr(x, y).pvalue)
    if abs(rho) >= 1:
        return RankCorrelation(int(x.size), rho, rho, rho, p)
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * np.sqrt((1 + rho * rho / 2) / (x.size - 3))
    low, high = np.tanh(np.arctanh(rho) - half), np.tanh(np.arctanh(rho) + half)
    return RankCorrelation(int(x.size), rho, float(low), float(high), p)


def _exact_p(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    ranks_x, ranks_y = stats.rankdata(x), stats.rankdata(y)

    def covariance(permuted: npt.NDArray[np.float64]) -> float:
        return float(permuted @ ranks_y - permuted.sum() * ranks_y.sum() / permuted.size)

    test = stats.permutation_test((ranks_x,), covariance, permutation_type="pairings", n_resamples=50000, rng=0)
    return float(test.pvalue)
