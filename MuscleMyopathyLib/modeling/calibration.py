"""Are the predicted probabilities those that come true? Calibration curve, slope, intercept and Brier score.

Slope and intercept by logistic recalibration (Cox, Biometrika 1958;45:562; Van Calster et al., BMC Med
2019;17:230): a slope below 1 tells of probabilities that are too extreme, as over-fitted models give them; an
intercept (at slope 1) below 0 tells of probabilities that are too high. Brier, Mon Weather Rev 1950;78:1.
Interval of a share: Wilson, J Am Stat Assoc 1927;22:209.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from MuscleMyopathyLib.errors import InputError

FloatArray = npt.NDArray[np.float64]

CLIP = 1e-3
"""Probabilities nearer to 0 or 1 count as this far from them in slope and intercept: their logit is infinite."""

_ITERATIONS = 50


@dataclass(frozen=True)
class Calibration:
    """Calibration of the probability of one class.

    Attributes:
        patients: Number of patients.
        events: Those of the class.
        brier: Mean squared difference of probability and outcome; 0 is perfect.
        brier_scaled: 1 − Brier / Brier of the class's share: 1 is perfect, 0 no better than that share.
        slope: Of the logistic recalibration; NaN where it is not defined (complete separation, constant).
        slope_low: Lower end of its confidence interval (Wald).
        slope_high: Upper end.
        intercept: At slope 1 (calibration in the large), in logits.
        intercept_low: Lower end.
        intercept_high: Upper end.
        clipped: Patients whose probability was within `CLIP` of 0 or 1.
        curve: One row per group of patients: ``predicted`` (mean probability), ``observed`` (share of the class),
            ``observed_low``, ``observed_high``, ``patients``.
    """

    patients: int
    events: int
    brier: float
    brier_scaled: float
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    clipped: int
    curve: pd.DataFrame


def calibrate(
    positive: npt.ArrayLike, probability: npt.ArrayLike, groups: int = 5, confidence: float = 0.95
) -> Calibration:
    """Return how well the probabilities of a class are calibrated.

    Args:
        positive: Whether each patient is of the class, shape (patients,).
        probability: Of the class, 0 to 1, shape (patients,).
        groups: The curve's groups of about equal size, by rising probability.
        confidence: Of all intervals.

    Raises:
        InputError: Values that are no probabilities, or only one of the two outcomes.
    """
    outcome, p = _checked(positive, probability)
    brier = float(((p - outcome) ** 2).mean())
    share = float(outcome.mean())
    logit = special.logit(np.clip(p, CLIP, 1 - CLIP))
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    slope, slope_error = _slope(outcome, logit)
    intercept, intercept_error = _intercept(outcome, logit)
    return Calibration(
        patients=int(p.size),
        events=int(outcome.sum()),
        brier=brier,
        brier_scaled=1 - brier / (share * (1 - share)),
        slope=slope,
        slope_low=slope - z * slope_error,
        slope_high=slope + z * slope_error,
        intercept=intercept,
        intercept_low=intercept - z * intercept_error,
        intercept_high=intercept + z * intercept_error,
        clipped=int(((p < CLIP) | (p > 1 - CLIP)).sum()),
        curve=calibration_curve(outcome, p, groups, confidence),
    )


def calibration_curve(
    positive: npt.ArrayLike, probability: npt.ArrayLike, groups: int = 5, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the observed share by groups of rising probability; see `Calibration.curve`.

    Patients of equal probability stay in one group, so that there may be fewer groups than asked for.
    """
    outcome, p = _checked(positive, probability)
    highest = np.unique(np.quantile(p, np.linspace(0, 1, groups + 1)[1:]))
    group = np.searchsorted(highest, p, side="left")
    rows = []
    for number in np.unique(group):
        members = group == number
        events, size = int(outcome[members].sum()), int(members.sum())
        interval = stats.binomtest(events, size).proportion_ci(confidence, method="wilson")
        rows.append((float(p[members].mean()), events / size, float(interval.low), float(interval.high), size))
    return pd.DataFrame(rows, columns=["predicted", "observed", "observed_low", "observed_high", "patients"])


@dataclass(frozen=True)
class RepeatedCalibration:
    """Calibration over the repeats of a cross-validation, each of which has its own predictions of every patient.

    Attributes:
        slope: Mean over the repeats in which it is defined; NaN for none.
        slope_sd: Standard deviation over these; NaN for fewer than two.
        intercept: Mean at slope 1.
        intercept_sd: Standard deviation.
        undefined: Repeats without a slope.
        curve: As `Calibration.curve`, of all repeats' predictions together; its intervals count each patient as
            often as the repeats, so that only those of a single repeat are to be shown.
    """

    slope: float
    slope_sd: float
    intercept: float
    intercept_sd: float
    undefined: int
    curve: pd.DataFrame


def repeated_calibration(
    positive: npt.ArrayLike, probability: npt.ArrayLike, repeat: npt.ArrayLike, groups: int = 5
) -> RepeatedCalibration:
    """Return the calibration over repeats; rows as in `mean_curves.mean_roc`, otherwise as `calibrate`."""
    outcome, p = _checked(positive, probability)
    numbers = np.asarray(repeat)
    logit = special.logit(np.clip(p, CLIP, 1 - CLIP))
    parts = [numbers == number for number in np.unique(numbers)]
    slopes = np.array([_slope(outcome[rows], logit[rows])[0] for rows in parts])
    intercepts = np.array([_intercept(outcome[rows], logit[rows])[0] for rows in parts])
    defined = slopes[np.isfinite(slopes)]
    return RepeatedCalibration(
        slope=float(defined.mean()) if defined.size else np.nan,
        slope_sd=float(defined.std(ddof=1)) if defined.size > 1 else np.nan,
        intercept=float(intercepts.mean()),
        intercept_sd=float(intercepts.std(ddof=1)) if intercepts.size > 1 else np.nan,
        undefined=int(slopes.size - defined.size),
        curve=calibration_curve(outcome, p, groups),
    )


def brier_score(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return Brier's score: 0 to 1 with two classes, 0 to 2 (the sum over the classes) with more.

    Args:
        outcome: Index of the true class, shape (patients,).
        probabilities: Shape (patients, classes).
    """
    return float(brier_losses(outcome, probabilities).mean())


def brier_losses(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> FloatArray:
    """Return each patient's part in `brier_score`, which is their mean."""
    p = np.asarray(probabilities, dtype=np.float64)
    squares = (p - np.eye(p.shape[1])[np.asarray(outcome, dtype=np.intp)]) ** 2
    return np.asarray(squares[:, -1] if p.shape[1] == 2 else squares.sum(axis=1), dtype=np.float64)


def _checked(positive: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    outcome, p = np.asarray(positive, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if outcome.shape != p.shape or not ((p >= 0) & (p <= 1)).all():
        raise InputError(
            "Calibration needs a probability from 0 to 1 of each patient; some are missing or beyond."
        )
    if outcome.min() == outcome.max():
        raise InputError("Calibration needs patients of the class and others; there is only one of the two.")
    return outcome, p


def _slope(outcome: FloatArray, logit: FloatArray) -> tuple[float, float]:
    """Return the slope of outcome ~ intercept + slope · logit by Newton's method, and its standard error."""
    design = np.column_stack([np.ones_like(logit), logit])
    coefficients = np.zeros(2)
    for _ in range(_ITERATIONS):
        fitted = special.expit(design @ coefficients)
        information = design.T @ (design * (fitted * (1 - fitted))[:, None])
        if np.linalg.cond(information) > 1e12:
            return np.nan, np.nan
        step = np.linalg.solve(information, design.T @ (outcome - fitted))
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-10:
            return float(coefficients[1]), float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return np.nan, np.nan


def _intercept(outcome: FloatArray, logit: FloatArray) -> tuple[float, float]:
    """Return the intercept of outcome ~ intercept + logit by Newton's method, and its standard error."""
    intercept = 0.0
    for _ in range(_ITERATIONS):
        fitted = special.expit(intercept + logit)
        information = float((fitted * (1 - fitted)).sum())
        step = float((outcome - fitted).sum()) / information
        intercept += step
        if abs(step) < 1e-10:
            return intercept, float(1 / np.sqrt(information))
    return np.nan, np.nan
