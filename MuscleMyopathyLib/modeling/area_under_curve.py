"""The area under the ROC curve with what its variance needs: how each patient stands among the controls.

Mann–Whitney's estimate of the area, and its placements by DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837,
computed from ranks (Sun & Xu, IEEE Signal Process Lett 2014;21:1389). The interval is on the logit scale (Qin &
Hotilovac, Stat Methods Med Res 2008;17:207), so that it stays within 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Placements:
    """Where the members of two groups stand.

    Attributes:
        area: Probability that a patient lies above a control, ties counting one half.
        patients: For each patient, the share of controls below.
        controls: For each control, the share of patients above. Both have the area as their mean.
    """

    area: float
    patients: FloatArray
    controls: FloatArray

    @property
    def variance(self) -> float:
        """DeLong's variance of the area; it needs two or more members in each group."""
        return float(
            self.patients.var(ddof=1) / self.patients.size + self.controls.var(ddof=1) / self.controls.size
        )


def placements(patients: npt.ArrayLike, controls: npt.ArrayLike) -> Placements:
    """Return the placements of two groups of finite values, patients expected above.

    >>> placements([2, 3, 3], [1, 3]).area
    0.6666666666666666
    """
    sick, well = (np.asarray(values, dtype=np.float64) for values in (patients, controls))
    among_all = stats.rankdata(np.concatenate([sick, well]))
    above = (among_all[: sick.size] - stats.rankdata(sick)) / well.size
    below = 1 - (among_all[sick.size :] - stats.rankdata(well)) / sick.size
    return Placements(float(above.mean()), above, below)


def area_alone(patients: npt.ArrayLike, controls: npt.ArrayLike) -> float:
    """Return the area without its placements, for resamples; as `placements`."""
    sick, well = (np.asarray(values, dtype=np.float64) for values in (patients, controls))
    ranks = stats.rankdata(np.concatenate([sick, well]))
    wins = ranks[: sick.size].sum() - sick.size * (sick.size + 1) / 2
    return float(wins / (sick.size * well.size))


def area_interval(area: float, variance: float, fewest: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of an area.

    Args:
        area: 0 to 1.
        variance: Of the area.
        fewest: Size of the smaller group: an area of 0 or 1 has no variance by DeLong, and is bounded by the "rule
            of three" (Hanley & Lippman-Hand, JAMA 1983;249:1743) for that group instead.
        confidence: Between 0 and 1.
    """
    if area in (0.0, 1.0):
        bound = (1 - confidence) ** (1 / fewest)
        return (bound, 1.0) if area == 1.0 else (0.0, 1 - bound)
    if variance == 0:
        return area, area
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * np.sqrt(variance) / (area * (1 - area))
    logit = np.log(area / (1 - area))
    low, high = (float(1 / (1 + np.exp(-value))) for value in (logit - half, logit + half))
    return low, high
