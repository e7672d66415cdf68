"""What of a validation lies beside the scores: paper against nested mode, confusion, stability, permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult, optimism
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.report.line_chart import Axis

GAP_METRICS = (("AUC", "auc", 3), ("Accuracy, %", "accuracy", 1), ("Brier", "brier", 3))

SHOWN_FEATURES = 25


@dataclass(frozen=True)
class GapRow:
    """One classifier (and feature set) in both modes.

    Attributes:
        label: Classifier and feature set; the set alone where one classifier is shown.
        cells: Per metric of `GAP_METRICS`: paper, nested, optimism.
        paper: AUC in paper mode, in percent of `gap_axis`; None where not known.
        nested: Likewise in nested mode.
        low: Lower end of the nested AUC's interval.
        high: Upper end.
    """

    label: str
    cells: tuple[tuple[str, str, str], ...]
    paper: float
    nested: float
    low: float
    high: float


def gap_axis(results: Sequence[ValidationResult]) -> Axis:
    """Return the axis of the AUC: from below chance and below every interval, to 1."""
    lows = [float(value) for one in results for value in _auc_rows(one)["ci_low"].dropna()]
    low = min([0.4, *(np.floor(10 * value) / 10 for value in lows)])
    ticks = tuple((float(tick), number(tick, 1)) for tick in np.arange(round(10 * low), 11) / 10)
    return Axis("AUC", max(0.0, low), 1.0, ticks)


def gap_rows(results: Sequence[ValidationResult], only: str = "") -> list[GapRow]:
    """Return the classifiers, or only the one named, of every feature set that was validated in both modes."""
    axis = gap_axis(results)
    rows = []
    nested_by_set = {one.feature_set: one for one in results if one.mode is Mode.NESTED}
    for paper in (one for one in results if one.mode is Mode.PAPER and one.feature_set in nested_by_set):
        nested = nested_by_set[paper.feature_set]
        gap = optimism(paper, nested)
        for classifier in paper.recipe.classifiers:
            both = gap[(gap["class"] == "") & (gap["classifier"] == classifier)].set_index("metric")
            if "auc" not in both.index or (only and classifier != only):
                continue
            auc = nested.figure(classifier, "auc")
            places = [float(both["paper"]["auc"]), float(auc["mean"]), float(auc["ci_low"]), float(auc["ci_high"])]
            rows.append(
                GapRow(
                    paper.feature_set if only else ", ".join(filter(None, (paper.feature_set, classifier))),
                    tuple(_gap_cells(both, metric, digits) for _, metric, digits in GAP_METRICS),
                    *(round(float(axis.percent(place)), 2) for place in places),
                )
            )
    return rows


def _gap_cells(both: pd.DataFrame, metric: str, digits: int) -> tuple[str, str, str]:
    factor = 100 if metric == "accuracy" else 1
    paper, nested, gap = (factor * float(both[column][metric]) for column in ("paper", "nested", "optimism"))
    sign = "+" if round(gap, digits) > 0 else ""
    return number(paper, digits), number(nested, digits), sign + number(gap, digits)


def _auc_rows(result: ValidationResult) -> pd.DataFrame:
    table = result.summary
    return table[(table["metric"] == "auc") & (table["class"] == "")]


@dataclass(frozen=True)
class ConfusionTable:
    """Mean counts over the repeats: rows are the true classes, columns the predicted ones.

    Attributes:
        title: Classifier, and feature set where there are several.
        mode: Nested or paper.
        classes: In order.
        cells: Per true class and predicted class: count in words, and the share of the true class in percent.
    """

    title: str
    mode: str
    classes: tuple[str, ...]
    cells: tuple[tuple[tuple[str, int], ...], ...]


def confusion_tables(results: Sequence[ValidationResult], only: str = "") -> list[ConfusionTable]:
    """Return the confusion matrices, nested mode first; of one classifier only where it is named."""
    tables = []
    for result in sorted(results, key=lambda one: one.mode is Mode.PAPER):
        for classifier in result.recipe.classifiers:
            rows = result.confusion[result.confusion["classifier"] == classifier]
            if rows.empty or (only and classifier != only):
                continue
            counts = (
                rows.pivot_table(index="outcome", columns="predicted", values="count", aggfunc="sum")
                .reindex(index=list(result.classes), columns=list(result.classes))
                .fillna(0.0)
            )
            whole = bool(np.allclose(counts, counts.round()))
            totals = counts.sum(axis=1).replace(0, np.nan)
            cells = tuple(
                tuple(
                    (number(count, 0 if whole else 1), round(100 * count / total) if total == total else 0)
                    for count in line
                )
                for line, total in zip(counts.to_numpy(dtype=float), totals, strict=True)
            )
            title = f"{result.feature_set}, {classifier}" if result.feature_set else classifier
            tables.append(ConfusionTable(title, str(result.mode), result.classes, cells))
    return tables


@dataclass(frozen=True)
class StabilityTable:
    """How often features were selected.

    Attributes:
        title: Feature set, or "".
        classifiers: Columns.
        rows: (feature, percent of the nested fits by classifier, whether paper mode selected it by classifier).
        more: Features that are not shown.
        fits: Fits per classifier.
    """

    title: str
    classifiers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...], tuple[bool, ...]], ...]
    more: int
    fits: int


def stability_tables(results: Sequence[ValidationResult]) -> list[StabilityTable]:
    """Return the features selected most often in nested mode, beside those of paper mode; one table per feature
    set."""
    paper_by_set = {one.feature_set: one for one in results if one.mode is Mode.PAPER}
    tables = []
    for result in results:
        if result.mode is not Mode.NESTED or not len(result.stability):
            continue
        names = [name for name in result.recipe.classifiers if (result.stability["classifier"] == name).any()]
        shares = _shares(result, names)
        paper = paper_by_set.get(result.feature_set)
        chosen = _shares(paper, names) if paper is not None and len(paper.stability) else shares.iloc[:0]
        order = shares.mean(axis=1).sort_values(ascending=False, kind="stable").index
        rows = tuple(
            (
                str(feature),
                tuple(round(100 * share) for share in shares.loc[feature]),
                tuple(bool(share == 1) for share in chosen.reindex([feature]).fillna(0).iloc[0]),
            )
            for feature in order[:SHOWN_FEATURES]
        )
        fits = int(result.stability["fits"].max()) if "fits" in result.stability else 0
        tables.append(
            StabilityTable(result.feature_set, tuple(names), rows, max(0, len(order) - SHOWN_FEATURES), fits)
        )
    return tables


def _shares(result: ValidationResult, names: Sequence[str]) -> pd.DataFrame:
    table = result.stability.pivot_table(index="feature", columns="classifier", values="share", aggfunc="max")
    table = table.reindex(columns=list(names)).fillna(0.0)
    return table[(table > 0).any(axis=1)]
