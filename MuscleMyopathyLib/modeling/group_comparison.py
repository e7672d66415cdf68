"""Two groups compared (Mann–Whitney), and the two sides of the same patients (Wilcoxon's signed ranks)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError

FloatArray = npt.NDArray[np.float64]

FEWEST = 3


@dataclass(frozen=True)
class GroupComparison:
    """Two samples.

    Attributes:
        first_count: Values in the first.
        second_count: Values in the second.
        first_median: Median of the first.
        second_median: Median of the second.
        shift: Hodges–Lehmann's estimate of first − second: the median of all differences (of the pairs' Walsh
            averages for paired samples).
        p: Two-sided.
    """

    first_count: int
    second_count: int
    first_median: float
    second_median: float
    shift: float
    p: float


def compare_groups(first: npt.ArrayLike, second: npt.ArrayLike) -> GroupComparison:
    """Compare two independent samples by Mann–Whitney's test; numbers that are not finite are left out.

    Raises:
        InputError: A group has fewer than three values.
    """
    a, b = (_finite(values) for values in (first, second))
    if min(a.size, b.size) < FEWEST:
        raise InputError(
            f"A comparison needs {FEWEST} or more values in each group; there are {a.size} and {b.size}."
        )
    p = float(stats.mannwhitneyu(a, b, alternative="two-sided").pvalue)
    shift = float(np.median(a[:, None] - b[None, :]))
    return GroupComparison(int(a.size), int(b.size), float(np.median(a)), float(np.median(b)), shift, p)


def compare_pairs(first: npt.ArrayLike, second: npt.ArrayLike) -> GroupComparison:
    """Compare paired values, such as left and right, by Wilcoxon's signed-rank test, without incomplete pairs.

    Raises:
        InputError: Fewer than three complete pairs.
    """
    a, b = (np.asarray(values, dtype=np.float64) for values in (first, second))
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if a.size < FEWEST:
        raise InputError(f"A comparison of sides needs {FEWEST} or more complete pairs; there are {a.size}.")
    difference = a - b
    p = 1.0 if not difference.any() else float(stats.wilcoxon(difference).pvalue)
    averages = (difference[:, None] + difference[None, :])[np.triu_indices(a.size)] / 2
    return GroupComparison(
        int(a.size), int(b.size), float(np.median(a)), float(np.median(b)), float(np.median(averages)), p
    )


def _finite(values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]
