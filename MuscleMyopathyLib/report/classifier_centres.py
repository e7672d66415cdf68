"""How the classifiers do in each centre, where the cohort tells centres apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.validation.metrics import scores
from MuscleMyopathyLib.modeling.validation.result import ValidationResult, probability_column
from MuscleMyopathyLib.report.formatting import number

METRICS = (
    ("AUC", "auc"),
    ("Accuracy, %", "accuracy"),
    ("Sensitivity, %", "recall"),
    ("Specificity, %", "specificity"),
)


@dataclass(frozen=True)
class CentreRow:
    """One classifier in one centre: its patients, how many of each class, and the metrics of `METRICS`."""

    mode: str
    label: str
    centre: str
    patients: str
    cells: tuple[str, ...]


def centre_rows(results: Sequence[ValidationResult], only: str = "") -> list[CentreRow]:
    """Return the scores by centre, mean over the repeats; of one classifier only where it is named.

    Sensitivity and specificity of three and more classes are the averages over the classes. Nothing is returned
    where there are no centres, or one.
    """
    rows = []
    for result in results:
        made = result.predictions[result.predictions["predicted"] != ""]
        if made.empty or made["centre"].nunique() < 2:
            continue
        for classifier in result.recipe.classifiers:
            if only and classifier != only:
                continue
            own = made[made["classifier"] == classifier]
            for centre, part in own.groupby("centre", sort=True):
                found = pd.DataFrame(
                    [_scores(of_repeat, result.classes) for _, of_repeat in part.groupby("repeat")]
                )
                cells = tuple(_cell(found[metric], metric) for _, metric in METRICS)
                label = f"{result.feature_set}, {classifier}" if result.feature_set else classifier
                rows.append(
                    CentreRow(str(result.mode), label, str(centre), _patients(part, result.classes), cells)
                )
    return rows


def _scores(part: pd.DataFrame, classes: Sequence[str]) -> dict[str, float]:
    names = pd.Index(list(classes))
    return scores(
        names.get_indexer(pd.Index(part["outcome"])),
        names.get_indexer(pd.Index(part["predicted"])),
        part[[probability_column(name) for name in classes]].to_numpy(dtype=np.float64),
        classes,
    )


def _cell(values: pd.Series, metric: str) -> str:
    mean = float(values.mean())
    return number(mean, 3) if metric == "auc" else number(100 * mean, 1)


def _patients(part: pd.DataFrame, classes: Sequence[str]) -> str:
    each = part.drop_duplicates("patient")["outcome"]
    return f"{len(each)} ({', '.join(f'{int((each == name).sum())} {name}' for name in classes)})"
