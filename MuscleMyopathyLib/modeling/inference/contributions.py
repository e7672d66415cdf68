"""What spoke for and against a class: the contribution of every feature of a case.

Every contribution is against the mean of the training cases: together they are what the case's answer has above
(or below) the answer for a case that is average in every feature.

- Linear models (LR, LDA): coefficient × (value − training mean) after scaling, exact, on the scale of the log odds
  (of the calibrated ones, with two classes). With three or more classes and calibration: on that of the class's
  score.
- The others: Shapley values of the class's probability. A feature that is left out takes its training mean
  ("baseline Shapley", Sundararajan and Najmi, ICML 2020), which needs no training case in the package. With up to
  12 features over all their subsets, exact (Shapley 1953); with more over random orders (Castro et al., Comput
  Oper Res 2009;36:1726), with the same orders every time.
"""

from __future__ import annotations

from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.modeling.inference.prediction import (
    KEYS,
    class_probabilities,
    model_rows,
    model_values,
    row_problems,
)
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.modeling.pipeline import CLASSIFIER

EXACT_UP_TO = 12
ORDERS = 200
LOG_ODDS, SCORE, PROBABILITY = "log odds", "score", "probability"

FloatArray = npt.NDArray[np.float64]


def contributions(package: ModelPackage, table: pd.DataFrame) -> pd.DataFrame:
    """Return the contribution of every feature to every class, for each row of a table.

    Args:
        package: The model.
        table: As of `predict`.

    Returns:
        One row per row of the table, class and feature: those of `KEYS` that are there, ``class``, ``feature``,
        ``value``, ``training_mean``, ``contribution`` (positive speaks for the class), ``unit`` (log odds, score,
        probability) and ``method``; by class, the strongest first. A row without an answer has none; a missing
        value (NaN) counts as what the model imputes for it.

    Raises:
        InputError: The table lacks a feature of the model.
    """
    card = package.card
    rows = model_rows(card, table)
    values = model_values(card, rows)
    means = np.array([feature.mean for feature in card.features])
    parts = []
    for number, (row, problem) in enumerate(zip(values, row_problems(package, values, rows), strict=True)):
        if problem:
            continue
        shares, unit, method = case_contributions(package, row, means)
        for place, name in enumerate(card.classes):
            part = pd.DataFrame(
                {
                    **{key: rows[key].iloc[number] for key in KEYS if key in rows.columns},
                    "class": name,
                    "feature": card.feature_names,
                    "value": row,
                    "training_mean": means,
                    "contribution": shares[place],
                    "unit": unit,
                    "method": method,
                }
            )
            parts.append(part.sort_values("contribution", key=np.abs, ascending=False, kind="stable"))
    if not parts:
        return pd.DataFrame(
            columns=["case", "class", "feature", "value", "training_mean", "contribution", "unit", "method"]
        )
    return pd.concat(parts, ignore_index=True)


def case_contributions(package: ModelPackage, row: FloatArray, means: FloatArray) -> tuple[FloatArray, str, str]:
    """Return contributions of shape (classes, features), their unit and the method, for one case."""
    linear = _linear(package, row, means)
    if linear is not None:
        return (*linear, "coefficient × difference from the training mean")

    def probabilities(cases: FloatArray) -> FloatArray:
        return class_probabilities(package, cases).to_numpy()

    if len(row) <= EXACT_UP_TO:
        return _exact_shapley(probabilities, row, means), PROBABILITY, "Shapley, all subsets"
    return _sampled_shapley(probabilities, row, means), PROBABILITY, f"Shapley, {ORDERS} random orders"


def _linear(package: ModelPackage, row: FloatArray, means: FloatArray) -> tuple[FloatArray, str] | None:
    """Return contributions and unit of a linear model, or None for another."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression

    model: Any = package.model
    calibration = None
    if isinstance(model, CalibratedClassifierCV):
        (calibration,) = model.calibrated_classifiers_
        model = calibration.estimator
    classifier = model.named_steps[CLASSIFIER]
    if not isinstance(classifier, LinearDiscriminantAnalysis | LogisticRegression):
        return None
    scaled = np.vstack([row, means])
    for _, step in model.steps[:-1]:
        scaled = np.asarray(step.transform(scaled), dtype=np.float64)
    shares = np.asarray(classifier.coef_, dtype=np.float64) * (scaled[0] - scaled[1])
    unit = SCORE if calibration is not None and len(shares) > 1 else LOG_ODDS
    if len(shares) == 1:
        if calibration is not None:
            # Platt: probability = 1 / (1 + exp(a × score + b)).
            shares = -float(calibration.calibrators[0].a_) * shares
        shares = np.vstack([-shares, shares])
    order = [list(map(str, classifier.classes_)).index(name) for name in package.card.classes]
    return shares[order], unit


def _exact_shapley(probabilities: Any, row: FloatArray, means: FloatArray) -> FloatArray:
    count = len(row)
    subsets = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    values = probabilities(np.where(subsets == 1, row, means))
    sizes = subsets.sum(axis=1)
    weights = np.array([factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)])
    shares = np.empty((values.shape[1], count))
    for feature in range(count):
        without = np.flatnonzero(subsets[:, feature] == 0)
        gains = values[without + (1 << feature)] - values[without]
        shares[:, feature] = weights[sizes[without]] @ gains
    return shares


def _sampled_shapley(probabilities: Any, row: FloatArray, means: FloatArray) -> FloatArray:
    count = len(row)
    rng = np.random.default_rng(0)
    totals: FloatArray | None = None
    for _ in range(ORDERS):
        order = rng.permutation(count)
        steps = np.tile(means, (count + 1, 1))
        for place, feature in enumerate(order):
            steps[place + 1 :, feature] = row[feature]
        values = probabilities(steps)
        gains = np.array([later - earlier for earlier, later in pairwise(values)])
        if totals is None:
            totals = np.zeros((values.shape[1], count))
        totals[:, order] += gains.T
    assert totals is not None
    return totals / ORDERS
