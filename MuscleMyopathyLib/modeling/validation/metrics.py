"""Scores of predictions: AUC, accuracy, recall, precision, specificity, F1 and Brier, per class and as one number.

As scikit-learn's, in a form quick enough for thousands of folds: AUC of each class against the others; macro
averages over the classes; with two classes the figures of the positive class.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.modeling.calibration import brier_score

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

PER_CLASS = ("auc", "recall", "precision", "specificity", "f1")


def scores(
    outcome: Codes, predicted: Codes, probabilities: FloatArray, classes: Sequence[str]
) -> dict[str, float]:
    """Return all scores of some predictions.

    Rows without a prediction (−1) are left out. A class that does not occur has no recall, specificity or AUC
    (NaN); a class that is never predicted has the precision 0.

    Args:
        outcome: True class of each row.
        predicted: Predicted class, −1 for none.
        probabilities: Shape (rows, classes).
        classes: Their names in order; of two the last is positive.
    """
    made = predicted >= 0
    outcome, predicted, probabilities = outcome[made], predicted[made], probabilities[made]
    count = len(classes)
    values: dict[str, FloatArray] = confusion_scores(confusion_matrix(outcome, predicted, count))
    values["auc"] = np.array([area(probabilities[:, number], outcome == number) for number in range(count)])
    found = {name: _whole(values[name]) for name in PER_CLASS}
    found["accuracy"] = float((outcome == predicted).mean()) if len(outcome) else np.nan
    found["brier"] = brier(outcome, probabilities)
    for name in PER_CLASS:
        found |= {f"{name}_{of}": float(value) for of, value in zip(classes, values[name], strict=True)}
    found["cases"] = float(len(outcome))
    return found


def confusion_matrix(outcome: Codes, predicted: Codes, classes: int) -> FloatArray:
    """Return counts, true classes down, predicted ones across."""
    pairs = np.bincount(outcome * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes).astype(np.float64)


def confusion_scores(confusion: FloatArray) -> dict[str, FloatArray]:
    """Return recall, precision, specificity and F1 of each class from a confusion matrix."""
    right = np.diag(confusion)
    true, called, total = confusion.sum(axis=1), confusion.sum(axis=0), confusion.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = right / true
        precision = np.where(called > 0, right / called, np.where(true > 0, 0.0, np.nan))
        specificity = (total - true - called + right) / (total - true)
        f1 = np.where(true + called > 0, 2 * right / (true + called), np.nan)
    return {"recall": recall, "precision": precision, "specificity": specificity, "f1": f1}


def area(score: FloatArray, positive: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: the share of pairs in the right order, ties by half."""
    high, low = score[positive], score[~positive]
    if not high.size or not low.size or np.isnan(score).any():
        return float("nan")
    difference = high[:, None] - low[None, :]
    return float(((difference > 0).sum() + 0.5 * (difference == 0).sum()) / difference.size)


def brier(outcome: Codes, probabilities: FloatArray) -> float:
    """Return the Brier score (`calibration.brier_score`), NaN without any row."""
    return brier_score(outcome, probabilities) if len(outcome) else float("nan")


def _whole(values: FloatArray) -> float:
    """Return the figure of the positive class of two, or the mean over the classes that have one."""
    if len(values) == 2:
        return float(values[1])
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
