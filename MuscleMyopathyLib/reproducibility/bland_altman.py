"""Bland–Altman analysis: bias and limits of agreement of two measurements, with confidence intervals.

Source: Bland & Altman, Stat Methods Med Res 1999;8:135; the interval of a limit of agreement by their approximate
standard error sqrt(1/n + z²/(2 (n - 1))) × SD.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError


@dataclass(frozen=True)
class BlandAltman:
    """Differences first - second against their means; each interval is (low, high)."""

    means: npt.NDArray[np.float64]
    differences: npt.NDArray[np.float64]
    bias: float
    sd: float
    lower_limit: float
    upper_limit: float
    bias_ci: tuple[float, float]
    lower_limit_ci: tuple[float, float]
    upper_limit_ci: tuple[float, float]


def bland_altman(first: npt.ArrayLike, second: npt.ArrayLike, confidence: float = 0.95) -> BlandAltman:
    """Compare two measurements of the same targets; pairs with a missing value are left out.

    The limits of agreement hold 95 % of the differences (1.96 SD around the bias); ``confidence`` is the level of
    the intervals around bias and limits.

    Raises:
        InputError: Different numbers of values, or fewer than two complete pairs.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"Expected two lists of equal length, got shapes {a.shape} and {b.shape}.")
    complete = np.isfinite(a) & np.isfinite(b)
    a, b = a[complete], b[complete]
    n = a.size
    if n < 2:
        raise InputError(f"Limits of agreement need at least two targets measured twice; there are {n}.")
    differences = a - b
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    z = float(stats.norm.ppf(0.975))
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    around_bias = t * sd / np.sqrt(n)
    around_limit = t * sd * np.sqrt(1 / n + z**2 / (2 * (n - 1)))

    def interval(value: float, reach: float) -> tuple[float, float]:
        return (float(value - reach), float(value + reach))

    lower, upper = bias - z * sd, bias + z * sd
    return BlandAltman(
        means=(a + b) / 2,
        differences=differences,
        bias=bias,
        sd=sd,
        lower_limit=lower,
        upper_limit=upper,
        bias_ci=interval(bias, around_bias),
        lower_limit_ci=interval(lower, around_limit),
        upper_limit_ci=interval(upper, around_limit),
    )
