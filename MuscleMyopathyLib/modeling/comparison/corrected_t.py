"""The corrected t test for repeated cross-validation.

The folds of repeated cross-validation share their training cases, so that their scores are not independent and
the plain t test finds differences that are none. Nadeau & Bengio, Mach Learn 2003;52:239, replace the factor 1/n
of the variance by 1/n + n_test/n_train; Bouckaert & Frank, PAKDD 2004, LNAI 3056:3, apply it to r × k-fold
cross-validation with r·k − 1 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError


@dataclass(frozen=True)
class CorrectedT:
    """Scores of two classifiers on the same splits.

    Attributes:
        splits: Number of splits.
        difference: Mean of first − second.
        standard_error: Of the difference, corrected.
        low: Lower end of the confidence interval.
        high: Upper end.
        t: Difference / standard error; NaN where the scores are the same in every split.
        p: Two-sided, with ``splits`` − 1 degrees of freedom; 1 where the scores are the same in every split.
    """

    splits: int
    difference: float
    standard_error: float
    low: float
    high: float
    t: float
    p: float


def corrected_error(scores: npt.NDArray[np.float64], test_share: float) -> float:
    """Return the standard error of the mean score of splits that share their training cases.

    Args:
        scores: One of each split, two or more splits.
        test_share: Test cases per training case, n_test / n_train.
    """
    return float(np.sqrt((1 / scores.size + test_share) * scores.var(ddof=1)))


def corrected_t_test(
    first: npt.ArrayLike, second: npt.ArrayLike, test_share: float, confidence: float = 0.95
) -> CorrectedT:
    """Compare two classifiers by their scores in the splits of a repeated cross-validation.

    Args:
        first: Score of the first classifier in each split (repeats × folds of them).
        second: Of the second, in the same splits.
        test_share: Test cases per training case, n_test / n_train: 1 / (k − 1) in k-fold cross-validation.
        confidence: Of the interval.

    Raises:
        InputError: Fewer than two splits, different numbers of them, or missing scores.
    """
    one, two = (np.asarray(scores, dtype=np.float64) for scores in (first, second))
    if one.shape != two.shape or one.size < 2 or not np.isfinite(one - two).all():
        raise InputError(
            "The corrected t test needs a score by both classifiers in each of two or more splits; there are "
            f"{int(np.isfinite(one).sum())} and {int(np.isfinite(two).sum())}."
        )
    differences = one - two
    splits = differences.size
    mean = float(differences.mean())
    error = corrected_error(differences, test_share)
    half = float(stats.t.ppf(0.5 + confidence / 2, splits - 1)) * error
    t = mean / error if error else np.nan
    if not error:
        return CorrectedT(splits, mean, 0.0, mean, mean, np.nan, 1.0 if mean == 0 else 0.0)
    return CorrectedT(splits, mean, error, mean - half, mean + half, t, float(2 * stats.t.sf(abs(t), splits - 1)))
