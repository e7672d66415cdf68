"""ROC, precision-recall and decision curves over the repeats of a cross-validation: their mean and spread.

Vertical averaging (Fawcett, Pattern Recognit Lett 2006;27:861): at each false positive rate the mean and the
standard deviation of the repeats' true positive rates. Precision is averaged at each recall, as the highest
precision at that recall or beyond, so that the curve does not saw.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.decision_curve import THRESHOLDS, decision_curve

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

GRID = np.linspace(0, 1, 201)


def mean_roc(positive: npt.ArrayLike, score: npt.ArrayLike, repeat: npt.ArrayLike) -> pd.DataFrame:
    """Return ``false_positive_rate``, ``true_positive_rate``, ``sd`` (over the repeats; 0 for one).

    Args:
        positive: Whether each row is of the class, shape (rows,).
        score: Its score or probability.
        repeat: The repeat that each row was predicted in; one without rows of both kinds is left out.

    Raises:
        InputError: No repeat has rows of both kinds.
    """
    curves = [_roc_on_grid(outcome, value) for outcome, value in _by_repeat(positive, score, repeat)]
    return _roc_table(curves)


def mean_macro_roc(outcome: npt.ArrayLike, probabilities: pd.DataFrame, repeat: npt.ArrayLike) -> pd.DataFrame:
    """Return the average over the classes of the one-versus-rest curves; as `mean_roc`.

    Args:
        outcome: True class of each row.
        probabilities: A column for each class, named so.
        repeat: The repeat that each row was predicted in; one without patients of every class is left out.

    Raises:
        InputError: No repeat has patients of every class.
    """
    truth, numbers, names = np.asarray(outcome), np.asarray(repeat), list(probabilities.columns)
    complete = [number for number in np.unique(numbers) if set(names) <= set(truth[numbers == number].tolist())]
    if not complete:
        raise InputError("The average over the classes needs patients of every class in at least one repeat.")
    kept = np.isin(numbers, complete)
    by_class = [
        [_roc_on_grid(*part) for part in _by_repeat(truth[kept] == name, probabilities[name][kept], numbers[kept])]
        for name in names
    ]
    return _roc_table([np.mean(curves, axis=0) for curves in zip(*by_class, strict=True)])


def _roc_table(curves: Sequence[FloatArray]) -> pd.DataFrame:
    mean, sd = np.mean(curves, axis=0), np.std(curves, axis=0, ddof=1 if len(curves) > 1 else 0)
    return pd.DataFrame({"false_positive_rate": GRID, "true_positive_rate": mean, "sd": sd})


def mean_precision_recall(positive: npt.ArrayLike, score: npt.ArrayLike, repeat: npt.ArrayLike) -> pd.DataFrame:
    """Return ``recall``, ``precision``, ``sd``; as `mean_roc`."""
    curves = [_precision_on_grid(outcome, value) for outcome, value in _by_repeat(positive, score, repeat)]
    mean, sd = np.mean(curves, axis=0), np.std(curves, axis=0, ddof=1 if len(curves) > 1 else 0)
    return pd.DataFrame({"recall": GRID, "precision": mean, "sd": sd})


def mean_decision_curve(
    positive: npt.ArrayLike,
    probability: npt.ArrayLike,
    repeat: npt.ArrayLike,
    thresholds: npt.ArrayLike = THRESHOLDS,
) -> pd.DataFrame:
    """Return ``threshold``, ``net_benefit``, ``sd``, ``treat_all``; as `mean_roc` and `decision_curve`."""
    curves = [
        decision_curve(outcome, value, thresholds) for outcome, value in _by_repeat(positive, probability, repeat)
    ]
    benefits = [curve["net_benefit"] for curve in curves]
    return pd.DataFrame(
        {
            "threshold": curves[0]["threshold"],
            "net_benefit": np.mean(benefits, axis=0),
            "sd": np.std(benefits, axis=0, ddof=1 if len(curves) > 1 else 0),
            "treat_all": np.mean([curve["treat_all"] for curve in curves], axis=0),
        }
    )


def _by_repeat(
    positive: npt.ArrayLike, score: npt.ArrayLike, repeat: npt.ArrayLike
) -> list[tuple[BoolArray, FloatArray]]:
    outcome, value = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
    numbers = np.asarray(repeat)
    kept = np.isfinite(value)
    parts = [(outcome[rows], value[rows]) for n in np.unique(numbers) if (rows := (numbers == n) & kept).any()]
    usable = [(truth, values) for truth, values in parts if truth.any() and not truth.all()]
    if not usable:
        raise InputError(
            "A curve needs patients of the class and others in at least one repeat; there is only one kind."
        )
    return usable


def _counts(outcome: BoolArray, score: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return true and false positives at each distinct score taken as the threshold, from the highest."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    true_positives = np.cumsum(outcome[order])[last].astype(float)
    return true_positives, np.cumsum(~outcome[order])[last].astype(float)


def _roc_on_grid(outcome: BoolArray, score: FloatArray) -> FloatArray:
    true_positives, false_positives = _counts(outcome, score)
    y = np.append(0, true_positives / outcome.sum())
    x = np.append(0, false_positives / (~outcome).sum())
    # Where the curve rises vertically, np.interp takes the last and highest of the points at that abscissa.
    return np.asarray(np.interp(GRID, x, y), dtype=np.float64)


def _precision_on_grid(outcome: BoolArray, score: FloatArray) -> FloatArray:
    true_positives, false_positives = _counts(outcome, score)
    recall = true_positives / outcome.sum()
    precision = true_positives / (true_positives + false_positives)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return np.asarray(best[np.searchsorted(recall, GRID - 1e-12, side="left")], dtype=np.float64)
