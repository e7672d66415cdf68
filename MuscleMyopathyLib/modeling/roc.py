"""How well one measure tells patients from controls: ROC curve, area with confidence interval, Youden's cut-off.

The area and its interval are those of `area_under_curve`. Cut-off: Youden, Cancer 1950;3:32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.area_under_curve import area_interval, placements

FloatArray = npt.NDArray[np.float64]

FEWEST_PER_GROUP = 3


@dataclass(frozen=True)
class RocCurve:
    """A receiver operating characteristic.

    Attributes:
        patients: Number of patients.
        controls: Number of controls.
        area: Area under the curve, patients expected above controls.
        area_low: Lower end of its confidence interval.
        area_high: Upper end.
        cut_off: Youden's: values above it count as patient; midway between two neighbouring values.
        sensitivity: At the cut-off, 0 to 1.
        specificity: Likewise. Both are those of the very cohort that chose the cut-off, hence optimistic.
        false_positive_rate: The curve's abscissa, rising from 0 to 1.
        true_positive_rate: Its ordinate.
    """

    patients: int
    controls: int
    area: float
    area_low: float
    area_high: float
    cut_off: float
    sensitivity: float
    specificity: float
    false_positive_rate: FloatArray
    true_positive_rate: FloatArray


def roc_curve(patients: npt.ArrayLike, controls: npt.ArrayLike, confidence: float = 0.95) -> RocCurve:
    """Compare the values of patients and controls; numbers that are not finite are left out.

    Raises:
        InputError: A group has fewer than three values.
    """
    sick, well = (_finite(values) for values in (patients, controls))
    if min(sick.size, well.size) < FEWEST_PER_GROUP:
        raise InputError(
            f"An ROC curve needs {FEWEST_PER_GROUP} or more values in each group; there are {sick.size} of "
            f"patients and {well.size} of controls."
        )
    placed = placements(sick, well)
    low, high = area_interval(placed.area, placed.variance, min(sick.size, well.size), confidence)
    thresholds = np.unique(np.concatenate([sick, well]))
    middles = np.concatenate([[np.inf], (thresholds[1:] + thresholds[:-1])[::-1] / 2, [-np.inf]])
    true_positive = (sick[None, :] > middles[:, None]).mean(axis=1)
    false_positive = (well[None, :] > middles[:, None]).mean(axis=1)
    best = int((true_positive - false_positive).argmax())
    return RocCurve(
        patients=int(sick.size),
        controls=int(well.size),
        area=placed.area,
        area_low=low,
        area_high=high,
        cut_off=float(middles[best]),
        sensitivity=float(true_positive[best]),
        specificity=float(1 - false_positive[best]),
        false_positive_rate=false_positive,
        true_positive_rate=true_positive,
    )


def _finite(values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]
