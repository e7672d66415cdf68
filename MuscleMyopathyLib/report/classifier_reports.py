"""The reports of a validation: a page of all, and of several models one each with every classifier's curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.modeling.comparison.inputs import of_validations
from MuscleMyopathyLib.modeling.comparison.models import ModelComparison, compare_pairs
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.report.classifier import write_classifier_report
from MuscleMyopathyLib.study.classifier_validation import set_folder

REPORT = "report.html"


def write_classifier_reports(
    results: Sequence[ValidationResult],
    folder: Path,
    *,
    icc: pd.DataFrame | None = None,
    progress: Progress = silent,
) -> Path:
    """Write ``report.html``, and of several feature sets ``<set>/report.html``, to which the first one leads.

    Args:
        results: As `write_classifier_report` takes them.
        folder: Folder of the validation.
        icc: Reproducibility of the features, as ``reproducibility.feature_agreement`` gives it.
        progress: Told of every page.

    Returns:
        The page of all.

    Raises:
        InputError, OutputError: As `write_classifier_report`.
    """
    names = list(dict.fromkeys(result.feature_set for result in results))
    pages = [(name, f"{set_folder(name)}/{REPORT}") for name in names] if len(names) > 1 else []
    for number, (name, address) in enumerate(pages):
        progress(number / (len(pages) + 1), f"writing the report of {name}")
        own = [result for result in results if result.feature_set == name]
        write_classifier_report(own, folder / address, comparison=every_two(own), icc=icc)
    progress(len(pages) / (len(pages) + 1), "writing the report")
    return write_classifier_report(results, folder / REPORT, comparison=every_two(results), icc=icc, pages=pages)


def every_two(results: Sequence[ValidationResult]) -> list[ModelComparison]:
    """Compare every two classifiers of the honest mode; of several feature sets the page would hold hundreds.

    None are compared where patients have rows of several outcomes: the tests take one answer per patient.
    """
    last = results[-1]
    if len({result.feature_set for result in results}) > 1 or len(last.predicting) < 2:
        return []
    if last.predictions.groupby("patient")["outcome"].nunique().max() > 1:
        return []
    candidates = of_validations([last], [""])
    return compare_pairs(candidates.pairs, splits=candidates.splits)
