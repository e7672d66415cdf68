"""McNemar's test: do two classifiers err on the same patients equally often?

McNemar, Psychometrika 1947;12:153; continuity correction by Edwards, Psychometrika 1948;13:185; mid-p by
Fagerland, Lydersen & Laake, BMC Med Res Methodol 2013;13:91, who show it to hold its level where the exact
conditional test is needlessly cautious. Interval of the difference: Bonett & Price, J Educ Behav Stat
2012;37:479.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError


@dataclass(frozen=True)
class McNemar:
    """Paired right and wrong answers.

    Attributes:
        both_right: Patients whom both classify rightly.
        only_first: Patients whom only the first classifies rightly.
        only_second: Patients whom only the second does.
        both_wrong: Patients whom neither does.
        difference: Accuracy of the first − accuracy of the second.
        low: Lower end of its confidence interval.
        high: Upper end.
        mid_p: Two-sided; the one to report.
        exact_p: Exact conditional, two-sided.
        statistic: χ² without continuity correction, 1 degree of freedom; NaN without discordant patients.
        asymptotic_p: Of ``statistic``.
        corrected_statistic: χ² with continuity correction.
        corrected_p: Of ``corrected_statistic``.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    difference: float
    low: float
    high: float
    mid_p: float
    exact_p: float
    statistic: float
    asymptotic_p: float
    corrected_statistic: float
    corrected_p: float


def mcnemar(
    outcome: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike, confidence: float = 0.95
) -> McNemar:
    """Compare the classes that two classifiers gave to the same patients.

    Args:
        outcome: True classes, shape (patients,).
        first: Classes by the first classifier, likewise.
        second: Classes by the second.
        confidence: Of the interval.

    Raises:
        InputError: No patients, or columns of different lengths.
    """
    truth, one, two = (np.asarray(column) for column in (outcome, first, second))
    if not truth.size or not truth.shape == one.shape == two.shape:
        raise InputError(
            "McNemar's test needs one outcome and two predictions of each patient; there are "
            f"{truth.size}, {one.size} and {two.size}."
        )
    right, also = one == truth, two == truth
    return mcnemar_of_counts(
        int((right & also).sum()),
        int((right & ~also).sum()),
        int((~right & also).sum()),
        int((~right & ~also).sum()),
        confidence,
    )


def mcnemar_of_counts(
    both_right: int, only_first: int, only_second: int, both_wrong: int, confidence: float = 0.95
) -> McNemar:
    """Return McNemar's test of the fourfold table.

    >>> round(mcnemar_of_counts(1, 1, 7, 12).mid_p, 3)
    0.039
    """
    discordant = only_first + only_second
    gap = abs(only_first - only_second)
    fewer = min(only_first, only_second)
    exact = min(1.0, 2 * float(stats.binom.cdf(fewer, discordant, 0.5)))
    # At equal counts the doubled tail exceeds 1, and half the middle probability is what is taken off.
    halved = 0.5 if gap == 0 else 1.0
    mid_p = exact - halved * float(stats.binom.pmf(fewer, discordant, 0.5)) if discordant else 1.0
    statistic = gap**2 / discordant if discordant else np.nan
    corrected = max(0, gap - 1) ** 2 / discordant if discordant else np.nan
    patients = both_right + both_wrong + discordant
    share, other = (only_first + 1) / (patients + 2), (only_second + 1) / (patients + 2)
    middle = share - other
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * np.sqrt((share + other - middle**2) / (patients + 2))
    return McNemar(
        both_right=both_right,
        only_first=only_first,
        only_second=only_second,
        both_wrong=both_wrong,
        difference=(only_first - only_second) / patients,
        low=max(-1.0, float(middle - half)),
        high=min(1.0, float(middle + half)),
        mid_p=mid_p,
        exact_p=exact,
        statistic=statistic,
        asymptotic_p=float(stats.chi2.sf(statistic, 1)) if discordant else 1.0,
        corrected_statistic=corrected,
        corrected_p=float(stats.chi2.sf(corrected, 1)) if discordant else 1.0,
    )
