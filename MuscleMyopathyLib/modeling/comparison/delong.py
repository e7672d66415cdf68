"""DeLong's comparison of two areas under the ROC curve that were measured on the same patients.

DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837. For three and more classes the area is the mean of the
one-vs-rest areas (macro average), each patient's influence on it being the mean of the influences on these: the
delta method, which for two classes gives DeLong's own variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.area_under_curve import area_alone, area_interval, placements

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

FEWEST_PER_CLASS = 2


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve (macro average of one-vs-rest for more than two classes).

    Attributes:
        area: 0 to 1.
        standard_error: By DeLong.
        low: Lower end of the confidence interval, on the logit scale.
        high: Upper end.
    """

    area: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True)
class AreaComparison:
    """Two areas on the same patients.

    Attributes:
        first: Area of the first classifier.
        second: Area of the second.
        difference: First − second.
        standard_error: Of the difference, with the covariance of the two areas.
        low: Lower end of the confidence interval of the difference.
        high: Upper end.
        z: Difference / standard error; NaN where the two rank all patients alike.
        p: Two-sided; 1 where the two rank all patients alike.
    """

    first: Area
    second: Area
    difference: float
    standard_error: float
    low: float
    high: float
    z: float
    p: float


def area_under_curve(
    outcome: npt.ArrayLike, probabilities: npt.ArrayLike, classes: int, confidence: float = 0.95
) -> Area:
    """Return the area of one classifier with its interval; as `compare_areas`."""
    codes = _codes(outcome, classes)
    area, influence = _influence(codes, _scores(probabilities, codes.size, classes))
    return _area(area, influence, codes, confidence)


def macro_area(codes: IntArray, probabilities: FloatArray) -> float:
    """Return the area alone, for resamples: of two classes that of the last, else the macro average.

    Args:
        codes: True class of each patient, every class present.
        probabilities: Shape (patients, classes).
    """
    drawn = range(probabilities.shape[1])[1 if probabilities.shape[1] == 2 else 0 :]
    areas = [area_alone(probabilities[codes == one, one], probabilities[codes != one, one]) for one in drawn]
    return float(np.mean(areas))


def compare_areas(
    outcome: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike, classes: int, confidence: float = 0.95
) -> AreaComparison:
    """Compare two classifiers on the same patients.

    Args:
        outcome: True class of each patient, as an index from 0 to ``classes`` − 1, shape (patients,).
        first: Probabilities by the first classifier, shape (patients, classes); for two classes also the score of
            the last class alone, shape (patients,), on any scale.
        second: Likewise by the second, the same patients in the same order.
        classes: Number of classes.
        confidence: Of the intervals.

    Raises:
        InputError: A class with fewer than two patients, values missing, or shapes that differ.
    """
    codes = _codes(outcome, classes)
    one, one_influence = _influence(codes, _scores(first, codes.size, classes))
    two, two_influence = _influence(codes, _scores(second, codes.size, classes))
    difference = one - two
    error = float(np.sqrt(((one_influence - two_influence) ** 2).sum()))
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * error
    # Rounding leaves about 1e-17 where both rank alike.
    alike = error < 1e-12
    z = np.nan if alike else difference / error
    return AreaComparison(
        first=_area(one, one_influence, codes, confidence),
        second=_area(two, two_influence, codes, confidence),
        difference=difference,
        standard_error=error,
        low=max(-1.0, difference - half),
        high=min(1.0, difference + half),
        z=z,
        p=1.0 if alike else float(2 * stats.norm.sf(abs(z))),
    )


def _influence(codes: IntArray, scores: FloatArray) -> tuple[float, FloatArray]:
    """Return the (macro) area and each patient's influence on it, whose squares sum to the variance."""
    areas, influences = [], []
    for column in range(scores.shape[1]):
        # Two classes come as one column, of the last class.
        positive = codes == (1 if scores.shape[1] == 1 else column)
        placed = placements(scores[positive, column], scores[~positive, column])
        sick, well = int(positive.sum()), int((~positive).sum())
        influence = np.empty(codes.size)
        influence[positive] = (placed.patients - placed.area) / np.sqrt(sick * (sick - 1))
        influence[~positive] = (placed.controls - placed.area) / np.sqrt(well * (well - 1))
        areas.append(placed.area)
        influences.append(influence)
    return float(np.mean(areas)), np.mean(influences, axis=0)


def _area(area: float, influence: FloatArray, codes: IntArray, confidence: float) -> Area:
    variance = float((influence**2).sum())
    low, high = area_interval(area, variance, int(np.bincount(codes).min()), confidence)
    return Area(area, float(np.sqrt(variance)), low, high)


def _codes(outcome: npt.ArrayLike, classes: int) -> IntArray:
    codes = np.asarray(outcome, dtype=np.intp)
    counts = np.bincount(codes, minlength=classes)
    if counts.size > classes or counts.min() < FEWEST_PER_CLASS:
        raise InputError(
            f"An area under the ROC curve needs {FEWEST_PER_CLASS} or more patients of each of the {classes} "
            f"classes; there are {', '.join(map(str, counts))}."
        )
    return codes


def _scores(probabilities: npt.ArrayLike, patients: int, classes: int) -> FloatArray:
    scores = np.asarray(probabilities, dtype=np.float64)
    if classes == 2:
        scores = scores[:, -1:] if scores.ndim == 2 else scores[:, None]
    expected = (patients, 1 if classes == 2 else classes)
    if scores.shape != expected:
        raise InputError(f"The probabilities have the shape {scores.shape}; the outcomes ask for {expected}.")
    if not np.isfinite(scores).all():
        raise InputError(
            f"{int((~np.isfinite(scores)).any(axis=1).sum())} patients have no probability by one of the "
            "classifiers. Compare them on the patients that both have classified."
        )
    return scores
