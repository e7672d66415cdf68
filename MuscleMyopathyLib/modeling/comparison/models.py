"""Two classifiers compared by all that applies: DeLong, McNemar, bootstrap and the corrected t test, in one
table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.calibration import brier_losses
from MuscleMyopathyLib.modeling.comparison.bootstrap import (
    BootstrapParameters,
    IntArray,
    bootstrap_interval,
)
from MuscleMyopathyLib.modeling.comparison.corrected_t import corrected_t_test
from MuscleMyopathyLib.modeling.comparison.delong import compare_areas, macro_area
from MuscleMyopathyLib.modeling.comparison.mcnemar import McNemar, mcnemar
from MuscleMyopathyLib.modeling.comparison.patient_predictions import PatientPredictions, on_same_patients
from MuscleMyopathyLib.modeling.diagnostic_accuracy import diagnostic_accuracy, diagnostic_table
from MuscleMyopathyLib.modeling.group_tests import holm

Row = dict[str, Any]

COLUMNS = ("first", "second", "measure", "first_value", "second_value", "difference", "low", "high", "method")
"""Of the table of comparisons, before ``statistic``, ``p``, ``p_holm`` and ``problem``."""

PRIMARY = {"AUC": "DeLong", "accuracy": "McNemar, mid-p"}
"""The method of each measure whose p is adjusted over the pairs compared."""


@dataclass(frozen=True)
class ModelComparison:
    """Two classifiers on the same patients.

    Attributes:
        first: The first classifier's predictions.
        second: The second's.
        fourfold: Who was right of whom.
        table: A row per measure and method; differences are first − second. Columns `COLUMNS`, ``statistic``,
            ``p``, ``p_holm`` (NaN here; see `compare_pairs`), ``problem``.
        confidence: Of the intervals.
        notes: In words.
    """

    first: PatientPredictions
    second: PatientPredictions
    fourfold: McNemar
    table: pd.DataFrame
    confidence: float
    notes: tuple[str, ...]


def compare_models(
    first: PatientPredictions,
    second: PatientPredictions,
    parameters: BootstrapParameters | None = None,
    splits: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> ModelComparison:
    """Compare two classifiers on the patients that both have.

    Args:
        first: Predictions of the first.
        second: Of the second.
        parameters: Of the bootstrap; its confidence is that of all intervals.
        splits: Scores of both in each split of a repeated cross-validation, see `split_scores`.

    Raises:
        InputError: Other classes, no common patient, or outcomes that differ.
    """
    parameters = parameters or BootstrapParameters()
    one, two = on_same_patients(first, second)
    confidence = parameters.confidence
    errors = mcnemar(one.outcome, one.predicted, two.predicted, confidence)
    right = [(model.predicted == model.outcome).astype(float) for model in (one, two)]
    accuracy = (float(right[0].mean()), float(right[1].mean()))
    rows = _area_rows(one, two, parameters)
    for method, statistic, p in (
        (PRIMARY["accuracy"], np.nan, errors.mid_p),
        ("McNemar, exact", np.nan, errors.exact_p),
        ("McNemar, χ² with continuity correction", errors.corrected_statistic, errors.corrected_p),
    ):
        rows.append(_row("accuracy", accuracy, errors.difference, (errors.low, errors.high), method, statistic, p))
    gap = right[0] - right[1]
    boot = bootstrap_interval(lambda drawn: float(gap[drawn].mean()), one.outcome, parameters=parameters)
    rows.append(_row("accuracy", accuracy, boot.estimate, (boot.low, boot.high), "bootstrap"))
    if splits is not None:
        rows.append(_split_row(*splits, confidence))
    if len(one.classes) == 2:
        rows += [
            _mcnemar_row(name, one, two, of, confidence) for name, of in (("sensitivity", 1), ("specificity", 0))
        ]
    if one.calibrated_scale and two.calibrated_scale:
        losses = [brier_losses(model.outcome, model.probabilities) for model in (one, two)]
        brier = (float(losses[0].mean()), float(losses[1].mean()))
        loss = losses[0] - losses[1]
        boot = bootstrap_interval(lambda drawn: float(loss[drawn].mean()), one.outcome, parameters=parameters)
        rows.append(_row("Brier", brier, boot.estimate, (boot.low, boot.high), "bootstrap"))
    table = pd.DataFrame(rows)
    table.insert(0, "first", one.name)
    table.insert(1, "second", two.name)
    return ModelComparison(one, two, errors, table, confidence, tuple(dict.fromkeys((*one.notes, *two.notes))))


def compare_pairs(
    pairs: Sequence[tuple[PatientPredictions, PatientPredictions]],
    parameters: BootstrapParameters | None = None,
    splits: Callable[[str, str], tuple[pd.DataFrame, pd.DataFrame] | None] = lambda first, second: None,
) -> list[ModelComparison]:
    """Compare several pairs; the p of the primary method of each measure is adjusted for their number by Holm.

    Args:
        pairs: The classifiers to compare, two by two.
        parameters: Of the bootstrap.
        splits: Takes the two names and returns the scores by split, or None.
    """
    found = [compare_models(one, two, parameters, splits(one.name, two.name)) for one, two in pairs]
    for measure, method in PRIMARY.items():
        chosen = [
            (comparison.table, (comparison.table["measure"] == measure) & (comparison.table["method"] == method))
            for comparison in found
        ]
        adjusted = holm([float(table.loc[rows, "p"].iloc[0]) for table, rows in chosen])
        for (table, rows), p in zip(chosen, adjusted, strict=True):
            table.loc[rows, "p_holm"] = p
    return found


def comparison_table(comparisons: Sequence[ModelComparison]) -> pd.DataFrame:
    """Return the tables of several comparisons under one another, with the number of patients."""
    return pd.concat(
        [one.table.assign(patients=len(one.first.patients)) for one in comparisons], ignore_index=True
    )


def diagnostic_shares(comparisons: Sequence[ModelComparison]) -> pd.DataFrame:
    """Return sensitivity, specificity, accuracy, PPV and NPV of every classifier; empty for more than two classes.

    Returns:
        ``classifier``, ``measure``, ``count``, ``of``, ``value``, ``low``, ``high``.
    """
    tables = {}
    for one in comparisons:
        for model in (one.first, one.second):
            if len(model.classes) == 2:
                shares = diagnostic_accuracy(model.outcome == 1, model.predicted == 1, one.confidence)
                tables[model.name] = diagnostic_table(shares)
    if not tables:
        return pd.DataFrame()
    return pd.concat(tables, names=["classifier"]).reset_index("classifier").reset_index(drop=True)


def split_scores(predictions: pd.DataFrame, classifier: str) -> pd.DataFrame:
    """Return the accuracy of a classifier in each split of a cross-validation.

    Args:
        predictions: Columns ``classifier``, ``repeat``, ``fold``, ``sample``, ``outcome``, ``predicted``.
        classifier: The classifier to take.

    Returns:
        ``repeat``, ``fold``, ``samples`` (the test samples, as a frozen set), ``accuracy``.
    """
    rows = predictions[predictions["classifier"] == classifier]
    right = (rows["outcome"].astype(str) == rows["predicted"].astype(str)).astype(float)
    # What could not be predicted is no error of the classifier; it is listed among the problems.
    parts = rows.assign(right=right.where(rows["predicted"] != "")).groupby(["repeat", "fold"])
    return pd.DataFrame(
        {"samples": parts["sample"].agg(frozenset), "accuracy": parts["right"].mean()}
    ).reset_index()


def _area_rows(one: PatientPredictions, two: PatientPredictions, parameters: BootstrapParameters) -> list[Row]:
    classes = len(one.classes)
    try:
        areas = compare_areas(one.outcome, one.probabilities, two.probabilities, classes, parameters.confidence)
    except InputError as reason:
        return [
            _row("AUC", (np.nan, np.nan), np.nan, (np.nan, np.nan), PRIMARY["AUC"], problem=str(reason)),
        ]
    values = (areas.first.area, areas.second.area)

    def difference(drawn: IntArray) -> float:
        first, second = (macro_area(one.outcome[drawn], model.probabilities[drawn]) for model in (one, two))
        return first - second

    boot = bootstrap_interval(difference, one.outcome, parameters=parameters)
    return [
        _row("AUC", values, areas.difference, (areas.low, areas.high), PRIMARY["AUC"], areas.z, areas.p),
        _row("AUC", values, boot.estimate, (boot.low, boot.high), "bootstrap"),
    ]


def _mcnemar_row(
    measure: str, one: PatientPredictions, two: PatientPredictions, of: int, confidence: float
) -> Row:
    """Compare the shares of one class's patients that each classifier gets right."""
    own = one.outcome == of
    if not own.any():
        problem = f"nobody of {one.classes[of]} has a prediction by both"
        return _row(measure, (np.nan, np.nan), np.nan, (np.nan, np.nan), PRIMARY["accuracy"], problem=problem)
    test = mcnemar(one.outcome[own], one.predicted[own], two.predicted[own], confidence)
    shares = [float((model.predicted[own] == of).mean()) for model in (one, two)]
    return _row(
        measure, (shares[0], shares[1]), test.difference, (test.low, test.high), PRIMARY["accuracy"], p=test.mid_p
    )


def _split_row(first: pd.DataFrame, second: pd.DataFrame, confidence: float) -> Row:
    method = "corrected t test over the splits"
    nothing = (np.nan, np.nan)
    keys = ["repeat", "fold"]
    both = first.merge(second, on=keys, suffixes=("_first", "_second"))
    if (
        len(both) != len(first)
        or len(both) != len(second)
        or (both["samples_first"] != both["samples_second"]).any()
    ):
        problem = "the two were not validated on the same splits"
        return _row("accuracy", nothing, np.nan, nothing, method, problem=problem)
    if len(both) < 2:
        problem = "there is one split only"
        return _row("accuracy", nothing, np.nan, nothing, method, problem=problem)
    tested = both["samples_first"].map(len)
    everybody = tested.groupby(both["repeat"]).transform("sum")
    share = float((tested / (everybody - tested)).mean()) if (everybody > tested).all() else np.nan
    if not np.isfinite(share):
        problem = "the size of the training sets is not known, since the repeats have one split each"
        return _row("accuracy", nothing, np.nan, nothing, method, problem=problem)
    lacking = int(both[["accuracy_first", "accuracy_second"]].isna().any(axis="columns").sum())
    if lacking:
        problem = f"one of the two could not be fitted in {lacking} of {len(both)} splits"
        return _row("accuracy", nothing, np.nan, nothing, method, problem=problem)
    test = corrected_t_test(both["accuracy_first"], both["accuracy_second"], share, confidence)
    values = (float(both["accuracy_first"].mean()), float(both["accuracy_second"].mean()))
    return _row("accuracy", values, test.difference, (test.low, test.high), method, test.t, test.p)


def _row(
    measure: str,
    values: tuple[float, float],
    difference: float,
    interval: tuple[float, float],
    method: str,
    statistic: float = np.nan,
    p: float = np.nan,
    problem: str = "",
) -> Row:
    return {
        "measure": measure,
        "first_value": values[0],
        "second_value": values[1],
        "difference": difference,
        "low": interval[0],
        "high": interval[1],
        "method": method,
        "statistic": statistic,
        "p": p,
        "p_holm": np.nan,
        "problem": problem,
    }
