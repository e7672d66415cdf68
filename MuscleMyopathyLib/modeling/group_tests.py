"""The tests of a group table: which one fits a variable, and its p value.

Continuous variables by Welch's analysis of variance (Welch, Biometrika 1951;38:330; Welch's t test for two
groups) or by ranks (Mann–Whitney, Kruskal–Wallis); categories by Pearson's χ², or by Fisher's exact test
(Freeman–Halton's for more than two rows or columns) where Cochran's rule for expected counts (Biometrics
1954;10:417) is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NORMAL_ABOVE = 0.05
"""A group passes for normal where Shapiro–Wilk's p is above this."""

FEWEST_FOR_SHAPIRO = 3

DRAWS = 20_000
"""Tables drawn for Freeman–Halton's test; its p then has a standard error below 0.0016 at p = 0.05."""


@dataclass(frozen=True)
class GroupTest:
    """A named test and its two-sided p; NaN, with the reason in ``problem``, where it cannot be made."""

    name: str
    p: float
    problem: str = ""


def looks_normal(groups: Sequence[FloatArray]) -> bool:
    """Return whether every group passes Shapiro–Wilk's test; one too small or constant does not."""
    return all(
        values.size >= FEWEST_FOR_SHAPIRO
        and np.ptp(values) > 0
        and float(stats.shapiro(values).pvalue) > NORMAL_ABOVE
        for values in groups
    )


def compare_means(groups: Sequence[FloatArray]) -> GroupTest:
    """Compare means without assuming equal variances."""
    name = "Welch's t test" if len(groups) == 2 else "Welch's ANOVA"
    sizes = np.array([values.size for values in groups], dtype=float)
    if sizes.min() < 2:
        return GroupTest(name, np.nan, "a group has fewer than two values")
    variances = np.array([values.var(ddof=1) for values in groups])
    if variances.min() == 0:
        return GroupTest(name, np.nan, "a group has no variance")
    weights = sizes / variances
    means = np.array([values.mean() for values in groups])
    centre = float(weights @ means / weights.sum())
    count = len(groups)
    spread = float(((1 - weights / weights.sum()) ** 2 / (sizes - 1)).sum())
    between = float(weights @ (means - centre) ** 2) / (count - 1)
    f = between / (1 + 2 * (count - 2) / (count**2 - 1) * spread)
    return GroupTest(name, float(stats.f.sf(f, count - 1, (count**2 - 1) / (3 * spread))))


def compare_ranks(groups: Sequence[FloatArray]) -> GroupTest:
    """Compare by ranks."""
    name = "Mann–Whitney" if len(groups) == 2 else "Kruskal–Wallis"
    if min(values.size for values in groups) < 1:
        return GroupTest(name, np.nan, "a group has no values")
    if np.ptp(np.concatenate(groups)) == 0:
        return GroupTest(name, 1.0)
    if len(groups) == 2:
        return GroupTest(name, float(stats.mannwhitneyu(groups[0], groups[1], alternative="two-sided").pvalue))
    return GroupTest(name, float(stats.kruskal(*groups).pvalue))


def compare_counts(table: npt.ArrayLike, seed: int = 0) -> GroupTest:
    """Compare the shares of categories.

    Args:
        table: Counts, shape (categories, groups); empty categories and groups are left out.
        seed: Of the tables drawn for Freeman–Halton's test.
    """
    counts = np.asarray(table, dtype=np.int64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return GroupTest("χ²", np.nan, "fewer than two groups have values")
    if counts.shape[0] < 2:
        return GroupTest("χ²", 1.0)
    if _expected_suffice(counts):
        return GroupTest("χ²", float(stats.chi2_contingency(counts, correction=False).pvalue))
    if counts.shape == (2, 2):
        return GroupTest("Fisher's exact", float(stats.fisher_exact(counts)[1]))
    return GroupTest("Fisher–Freeman–Halton", _freeman_halton(counts, seed))


def _expected_suffice(counts: IntArray) -> bool:
    """Return whether χ² may be used: no expected count below 1, and at most a fifth below 5 (none in 2 × 2)."""
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    allowed = 0.0 if counts.shape == (2, 2) else 0.2
    return bool(expected.min() >= 1 and (expected < 5).mean() <= allowed)


def _freeman_halton(counts: IntArray, seed: int) -> float:
    """Return the share of tables drawn with these margins that are no likelier than the one observed."""
    drawing = stats.random_table(counts.sum(axis=1), counts.sum(axis=0), seed=seed)
    drawn = drawing.logpmf(drawing.rvs(DRAWS))
    # Equally likely tables differ by rounding only.
    return (1 + int((drawn <= float(drawing.logpmf(counts)) + 1e-7).sum())) / (DRAWS + 1)


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """Return p values adjusted by Holm (Scand J Stat 1979;6:65); NaN stays NaN and does not count.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return adjusted
