"""Cohen's kappa of two raters' ordinal or nominal scores, unweighted and weighted, with confidence interval.

Kappa and weighted kappa: Cohen, Educ Psychol Meas 1960;20:37 and Psychol Bull 1968;70:213. Large-sample standard
error: Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323.

>>> table = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
>>> round(kappa_of_table(table).kappa, 4), round(kappa_of_table(table, Weights.LINEAR).kappa, 4)
(0.4842, 0.4701)
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError


class Weights(StrEnum):
    """How much a disagreement counts: every one alike, by its distance in levels, or by the distance squared."""

    UNWEIGHTED = "unweighted"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True)
class Kappa:
    """Agreement of two raters beyond chance.

    Attributes:
        kappa: 1 is perfect, 0 what chance gives; NaN where both raters used one and the same level throughout.
        ci_low: Lower confidence bound.
        ci_high: Upper confidence bound.
        standard_error: Large-sample standard error of kappa.
        agreement: Share of targets that both raters scored alike, 0 to 1.
        count: Targets scored by both.
        problem: Why there is no kappa, in words; empty otherwise.
    """

    kappa: float
    ci_low: float
    ci_high: float
    standard_error: float
    agreement: float
    count: int
    problem: str = ""


def cohens_kappa(
    first: Sequence[Hashable | None],
    second: Sequence[Hashable | None],
    levels: Sequence[Hashable],
    weights: Weights = Weights.UNWEIGHTED,
    confidence: float = 0.95,
) -> Kappa:
    """Compute kappa of two raters' scores of the same targets.

    Args:
        first: The first rater's scores; None is "not scored" and leaves the target out.
        second: The second rater's.
        levels: All levels of the scale in their order, also those that nobody used.
        weights: Weighting of disagreements.
        confidence: Level of the confidence interval.

    Raises:
        InputError: Different numbers of scores, or a score outside the scale.
    """
    return kappa_of_table(cross_table(first, second, levels), weights, confidence)


def cross_table(
    first: Sequence[Hashable | None], second: Sequence[Hashable | None], levels: Sequence[Hashable]
) -> npt.NDArray[np.int64]:
    """Count how often the raters gave each pair of levels: rows are the first rater's, columns the second's.

    Raises:
        InputError: Different numbers of scores, or a score outside the scale.
    """
    if len(first) != len(second):
        raise InputError(f"The raters scored different numbers of targets: {len(first)} and {len(second)}.")
    rank = {level: position for position, level in enumerate(levels)}
    table = np.zeros((len(levels), len(levels)), dtype=np.int64)
    for one, other in zip(first, second, strict=True):
        if one is None or other is None:
            continue
        for score in (one, other):
            if score not in rank:
                raise InputError(f"The score {score!r} is not on the scale: {', '.join(map(str, levels))}.")
        table[rank[one], rank[other]] += 1
    return table


def kappa_of_table(table: npt.ArrayLike, weights: Weights = Weights.UNWEIGHTED, confidence: float = 0.95) -> Kappa:
    """Compute kappa from a square table of counts (rows: first rater, columns: second rater).

    Raises:
        InputError: The table is not square.
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise InputError(f"Kappa needs a square table of counts, got one of shape {counts.shape}.")
    n = counts.sum()
    if n == 0:
        return Kappa(np.nan, np.nan, np.nan, np.nan, np.nan, 0, "no target was scored by both raters")
    observed = counts / n
    rows, columns = observed.sum(axis=1), observed.sum(axis=0)
    agreement_weights = _agreement_weights(len(counts), weights)
    chance = float(rows @ agreement_weights @ columns)
    found = float((agreement_weights * observed).sum())
    alike = float(np.trace(observed))
    if chance >= 1:
        problem = "both raters gave every target the same level"
        return Kappa(np.nan, np.nan, np.nan, np.nan, alike, int(n), problem)
    kappa = (found - chance) / (1 - chance)
    # Fleiss, Cohen & Everitt 1969, equation 13: average weights of each row and column.
    row_average, column_average = agreement_weights @ columns, rows @ agreement_weights
    inner = agreement_weights * (1 - chance) - (row_average[:, None] + column_average[None, :]) * (1 - found)
    variance = float((observed * inner**2).sum()) - (found * chance - 2 * chance + found) ** 2
    standard_error = float(np.sqrt(max(variance, 0.0) / n) / (1 - chance) ** 2)
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * standard_error
    return Kappa(kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach), standard_error, alike, int(n))


def _agreement_weights(levels: int, weights: Weights) -> npt.NDArray[np.float64]:
    if weights is Weights.UNWEIGHTED:
        return np.eye(levels)
    distance = np.abs(np.subtract.outer(np.arange(levels), np.arange(levels))) / max(levels - 1, 1)
    return np.asarray(1 - distance ** (1 if weights is Weights.LINEAR else 2))
