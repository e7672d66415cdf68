"""The tables of a validation as the papers lay them out.

Several classes: Nagawa et al., Sci Rep 2021;11:9821, Tables 3 and 4 (a block per classifier: macro average, then
each class; accuracy, recall, precision, AUC). Two classes: Tables 5 and 6 (a line per classifier: accuracy,
sensitivity, specificity, F-measure, AUC). Several models of parts of the features: Wei et al., Front Neurol
2023;14:1251025, Table 1 (selected features) and Table 3 (AUC and accuracy by model, region and classifier). What
the papers do not print (Brier score, intervals) stands to the right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.report.classifier_curves import model_and_region
from MuscleMyopathyLib.report.formatting import MISSING, number

PERCENT = ("accuracy", "recall", "precision", "specificity")
"""Metrics shown in percent, as in the papers."""

_RADIOMICS = re.compile(r"_(firstorder|glcm|gldm|glrlm|glszm|ngtdm)_")
"""In the name of every feature by PyRadiomics: its class."""

AUC_INTERVAL = "auc-interval"
"""Stands for the confidence interval of the AUC."""

SEVERAL = (
    ("Accuracy", "%", "accuracy"),
    ("Recall", "%", "recall"),
    ("Precision", "%", "precision"),
    ("AUC", "", "auc"),
    ("AUC, CI", "", AUC_INTERVAL),
    ("Specificity", "%", "specificity"),
    ("F1", "", "f1"),
    ("Brier", "", "brier"),
)
"""Columns for three and more classes: the first four are Nagawa's."""

TWO = (
    ("Accuracy", "%", "accuracy"),
    ("Sensitivity", "%", "recall"),
    ("Specificity", "%", "specificity"),
    ("F-measure", "", "f1"),
    ("AUC", "", "auc"),
    ("AUC, CI", "", AUC_INTERVAL),
    ("Precision (PPV)", "%", "precision"),
    ("Brier", "", "brier"),
)
"""Columns for two classes: the first five are Nagawa's."""


@dataclass(frozen=True)
class ScoreRow:
    """A line of the table: the average, or one class."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ScoreBlock:
    """One classifier: its selected features in codes, and its lines."""

    classifier: str
    features: str
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True)
class ScoreTable:
    """Scores of all classifiers in one mode.

    Attributes:
        mode: Paper or nested.
        feature_set: The part of the features, or "".
        columns: (title, unit, metric).
        papers_columns: How many of these are the paper's.
        blocks: One per classifier.
        codes: (code, feature) that the blocks' codes stand for.
    """

    mode: Mode
    feature_set: str
    columns: tuple[tuple[str, str, str], ...]
    papers_columns: int
    blocks: tuple[ScoreBlock, ...]
    codes: tuple[tuple[str, str], ...]

    @property
    def one_line_each(self) -> bool:
        """Whether every classifier has one line, as with two classes."""
        return all(len(block.rows) == 1 for block in self.blocks)


def score_table(result: ValidationResult) -> ScoreTable:
    """Return the table of Nagawa's layout."""
    two = len(result.classes) == 2
    columns = TWO if two else SEVERAL
    codes = _codes(result)
    blocks = []
    for classifier in result.recipe.classifiers:
        places = [("", "" if two else "Macro-average")]
        places += [] if two else [(name, name) for name in result.classes]
        rows = tuple(
            ScoreRow(label, tuple(_cell(result, classifier, metric, name) for _, _, metric in columns))
            for name, label in places
        )
        blocks.append(ScoreBlock(classifier, _selected(result, classifier, codes), rows))
    return ScoreTable(
        result.mode, result.feature_set, columns, 5 if two else 4, tuple(blocks),
        tuple((code, feature) for feature, code in codes.items()),
    )  # fmt: skip


def score_text(result: ValidationResult, classifier: str, metric: str, of_class: str = "") -> str:
    """Return mean ± SD over the repeats (the mean alone for one split); a dash where there is none.

    Recall, precision, specificity and accuracy are in percent.
    """
    try:
        row = result.figure(classifier, metric, of_class)
    except KeyError:
        return MISSING
    factor, digits = (100, 1) if metric in PERCENT else (1, 3)
    sd = float(row["sd"])
    spread = f" ± {number(factor * sd, digits)}" if np.isfinite(sd) else ""
    return number(factor * float(row["mean"]), digits) + spread


def interval_text(result: ValidationResult, classifier: str, metric: str, of_class: str = "") -> str:
    """Return the confidence interval; a dash where there is none.

    Resamples of a perfect separation are all perfect: an interval without width is none.
    """
    try:
        row = result.figure(classifier, metric, of_class)
    except KeyError:
        return MISSING
    if not row["ci_low"] < row["ci_high"]:
        return MISSING
    return f"{number(row['ci_low'], 3)} to {number(row['ci_high'], 3)}"


def _cell(result: ValidationResult, classifier: str, metric: str, of_class: str) -> str:
    # Accuracy and Brier are of all classes together: the papers leave them empty in the lines of single classes.
    if of_class and metric in ("accuracy", "brier"):
        return ""
    if metric == AUC_INTERVAL:
        return interval_text(result, classifier, "auc", of_class)
    return score_text(result, classifier, metric, of_class)


def constant_selection(result: ValidationResult, classifier: str) -> list[str]:
    """Return the features that every fit of a classifier selected; empty where the fits differ.

    In paper mode there is one selection for all fits.
    """
    rows = result.stability[result.stability["classifier"] == classifier] if len(result.stability) else None
    if rows is None or rows.empty or bool((rows["share"].between(0, 1, inclusive="neither")).any()):
        return []
    return [str(name) for name in rows.loc[rows["share"] == 1, "feature"]]


def _codes(result: ValidationResult) -> dict[str, str]:
    """Return a short code for each feature of the constant selections: the paper's TexF1 onwards, else X1."""
    names = [name for one in result.recipe.classifiers for name in constant_selection(result, one)]
    distinct = sorted(dict.fromkeys(names))
    begin = "TexF" if all(map(_RADIOMICS.search, distinct)) else "X"
    return {} if len(distinct) > 40 else {name: f"{begin}{place}" for place, name in enumerate(distinct, 1)}


def _selected(result: ValidationResult, classifier: str, codes: dict[str, str]) -> str:
    constant = constant_selection(result, classifier)
    if constant:
        if not codes or len(constant) > 8:
            return f"{len(constant)} features"
        return " + ".join(codes[name] for name in constant)
    if not len(result.stability):
        return ""
    rows = result.stability[result.stability["classifier"] == classifier]
    if rows.empty:
        return ""
    return f"{number(rows['share'].sum(), 1)} features per fit, which differ; see Stability"


@dataclass(frozen=True)
class GridCell:
    """AUC and accuracy (percent) of one classifier on one feature set; whether each is the highest of all."""

    auc: str
    accuracy: str
    best_auc: bool
    best_accuracy: bool


@dataclass(frozen=True)
class ModelGrid:
    """Wei's Table 3: (model, [(region, cells by classifier)])."""

    mode: Mode
    classifiers: tuple[str, ...]
    models: tuple[tuple[str, tuple[tuple[str, tuple[GridCell, ...]], ...]], ...]


def model_grid(results: Sequence[ValidationResult]) -> ModelGrid:
    """Return the table of several feature sets in one mode."""
    classifiers = results[0].recipe.classifiers
    best = {
        metric: max(_mean(result, name, metric) for result in results for name in classifiers)
        for metric in ("auc", "accuracy")
    }
    models: dict[str, list[tuple[str, tuple[GridCell, ...]]]] = {}
    for result in results:
        model, region = model_and_region(result.feature_set)
        cells = tuple(
            GridCell(
                score_text(result, name, "auc"),
                score_text(result, name, "accuracy"),
                _mean(result, name, "auc") == best["auc"],
                _mean(result, name, "accuracy") == best["accuracy"],
            )
            for name in classifiers
        )
        models.setdefault(model, []).append((region, cells))
    return ModelGrid(results[0].mode, classifiers, tuple((name, tuple(rows)) for name, rows in models.items()))


@dataclass(frozen=True)
class ModelScores:
    """One classifier on every feature set: (title, unit, metric) of the columns; model, region and cells of the
    rows."""

    mode: Mode
    classifier: str
    columns: tuple[tuple[str, str, str], ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]


def model_scores(results: Sequence[ValidationResult], classifier: str) -> ModelScores:
    """Return the scores that Wei's Figure 4 draws, of several feature sets in one mode."""
    columns = TWO if len(results[0].classes) == 2 else SEVERAL
    rows = tuple(
        (
            *model_and_region(result.feature_set),
            tuple(_cell(result, classifier, metric, "") for _, _, metric in columns),
        )
        for result in results
    )
    return ModelScores(results[0].mode, classifier, columns, rows)


def best_classifier(results: Sequence[ValidationResult]) -> str:
    """Return the classifier with the highest AUC, of several feature sets the highest mean AUC."""
    return max(
        results[0].recipe.classifiers,
        key=lambda name: np.nanmean([_mean(result, name, "auc") for result in results] + [-1.0]),
    )


def _mean(result: ValidationResult, classifier: str, metric: str) -> float:
    try:
        value = float(result.figure(classifier, metric)["mean"])
    except KeyError:
        return -1.0
    return value if np.isfinite(value) else -1.0


@dataclass(frozen=True)
class SelectionRow:
    """A row of Wei's Table 1: the features selected for one model of a region."""

    model: str
    features: tuple[str, ...]


def selection_rows(results: Sequence[ValidationResult]) -> list[tuple[str, tuple[SelectionRow, ...]]]:
    """Return the features that all fits of all classifiers of a feature set selected, in paper mode.

    Returns:
        (region, its models), as Wei's table is divided.
    """
    rows: dict[str, list[SelectionRow]] = {}
    for result in results:
        if result.mode is Mode.PAPER:
            each = [constant_selection(result, name) for name in result.recipe.classifiers]
            if each and each[0] and all(set(one) == set(each[0]) for one in each):
                model, region = model_and_region(result.feature_set)
                rows.setdefault(region, []).append(SelectionRow(model, tuple(each[0])))
    return [(region, tuple(own)) for region, own in rows.items()]


@dataclass(frozen=True)
class AgreementRow:
    """Wei's Table 2: mean ICC over the features of one sequence and region, by analysis."""

    region: str
    sequence: str
    intra: tuple[str, str]
    inter: tuple[str, str]


def agreement_rows(icc: pd.DataFrame) -> list[AgreementRow]:
    """Return mean ICC and its 95 % interval over features.

    Args:
        icc: As ``reproducibility.feature_agreement`` gives it: ``analysis``, ``region``, ``sequence``, ``icc``.
    """
    rows = []
    for (region, sequence), group in icc.groupby(["region", "sequence"], sort=False):
        intra, inter = (
            _mean_interval(group.loc[group["analysis"] == analysis, "icc"]) for analysis in ("intra", "inter")
        )
        rows.append(AgreementRow(str(region), str(sequence), intra, inter))
    return rows


def _mean_interval(values: pd.Series) -> tuple[str, str]:
    known = values.dropna()
    if len(known) < 2:
        return MISSING, MISSING
    half = 1.96 * float(known.std(ddof=1)) / np.sqrt(len(known))
    mean = float(known.mean())
    return number(mean, 3), f"{number(mean - half, 3)}–{number(mean + half, 3)}"
