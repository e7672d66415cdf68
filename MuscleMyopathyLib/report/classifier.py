"""The report of a validation of classifiers: one HTML page that holds everything it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.models import ModelComparison
from MuscleMyopathyLib.modeling.group_table import GroupTable
from MuscleMyopathyLib.modeling.recipe import recipe_to_mapping
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.output import write_text
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.report.classifier_centres import METRICS as CENTRE_METRICS
from MuscleMyopathyLib.report.classifier_centres import centre_rows
from MuscleMyopathyLib.report.classifier_comparison import comparison_views
from MuscleMyopathyLib.report.classifier_curves import calibration_rows, curve_figures, drawn_classes, places
from MuscleMyopathyLib.report.classifier_gap import (
    GAP_METRICS,
    confusion_tables,
    gap_axis,
    gap_rows,
    stability_tables,
)
from MuscleMyopathyLib.report.classifier_page import p_text, render_page
from MuscleMyopathyLib.report.classifier_tables import (
    agreement_rows,
    best_classifier,
    interval_text,
    model_grid,
    model_scores,
    score_table,
    score_text,
    selection_rows,
)
from MuscleMyopathyLib.report.classifier_words import CHOSEN_ON_TEST, GLOSSARY, recipe_statements
from MuscleMyopathyLib.report.formatting import MISSING, number, text


def write_classifier_report(
    results: Sequence[ValidationResult],
    path: Path,
    *,
    group_table: GroupTable | None = None,
    comparison: Sequence[ModelComparison] = (),
    icc: pd.DataFrame | None = None,
    pages: Sequence[tuple[str, str]] = (),
    progress: Progress = silent,
) -> Path:
    """Write the report of a validation as one self-contained HTML page, whole or not at all.

    Args:
        results: Results of one recipe on one cohort: in paper mode, in nested mode or both, of one feature set or
            of several.
        path: The file to write; its folder is made where it is missing.
        group_table: The cohort's "Table 1", if it is to stand on the page.
        comparison: Classifiers compared two by two.
        icc: Reproducibility of the features, as ``reproducibility.feature_agreement`` gives it.
        pages: Pages of the feature sets, each with its address from this page.
        progress: Receives what is being drawn.

    Returns:
        The path written.

    Raises:
        InputError: No results, or results of several recipes or cohorts.
        OutputError: The page cannot be written.
    """
    path = Path(path)
    page = render_classifier_report(
        results, group_table=group_table, comparison=comparison, icc=icc, pages=pages, progress=progress
    )
    write_text(page, path)
    progress(1.0, "report written")
    return path


def render_classifier_report(
    results: Sequence[ValidationResult],
    *,
    group_table: GroupTable | None = None,
    comparison: Sequence[ModelComparison] = (),
    icc: pd.DataFrame | None = None,
    pages: Sequence[tuple[str, str]] = (),
    progress: Progress = silent,
) -> str:
    """Return the page as text; as `write_classifier_report`, which writes it."""
    _require_one_cohort(results)
    ordered = sorted(results, key=lambda one: one.mode is Mode.PAPER)
    first = ordered[0]
    several = len({one.feature_set for one in ordered}) > 1
    chosen = best_classifier([one for one in ordered if one.mode is first.mode])
    progress(0.0, "drawing the curves")
    drawn = places(ordered, chosen)
    figures = curve_figures(drawn)
    progress(0.7, "laying out the tables")
    by_mode = [[one for one in ordered if one.mode is mode] for mode in (Mode.NESTED, Mode.PAPER)]
    return render_page(
        "classifier.html.j2",
        title=first.recipe.name,
        phantom=any(one.phantom for one in ordered),
        software=f"MuscleMyopathy {__version__}",
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        modes=[str(group[0].mode) for group in by_mode if group],
        tiles=_tiles(ordered, several),
        several=several,
        chosen=chosen,
        chosen_on_test=CHOSEN_ON_TEST if _test_set_chooses(ordered) else "",
        statements=recipe_statements(ordered),
        data_notes=_data_notes(ordered),
        gap_metrics=[name for name, _, _ in GAP_METRICS],
        gap_axis=gap_axis(ordered),
        gap=gap_rows(ordered, chosen if several else ""),
        grids=[model_grid(group) for group in by_mode if group] if several else [],
        details=[model_scores(group, chosen) for group in by_mode if group] if several else [],
        selections=selection_rows(ordered) if several else [],
        pages=list(pages),
        tables=[score_table(one) for one in ordered],
        agreement=[] if icc is None or not {"analysis", "region", "sequence"} <= set(icc) else agreement_rows(icc),
        figures=figures,
        calibration=calibration_rows(drawn),
        calibrated_classes=drawn_classes(drawn[0], macro=False) if drawn else (),
        centre_metrics=[name for name, _ in CENTRE_METRICS],
        centres=centre_rows(ordered, chosen if several else ""),
        confusions=confusion_tables(ordered, chosen if several else ""),
        stability=stability_tables(ordered),
        permutation=_permutation(ordered),
        comparisons=comparison_views(comparison),
        group_table=group_table,
        problems=_problems(ordered),
        glossary=GLOSSARY,
        letters={entry.key: letter for entry, letter in zip(GLOSSARY, "abcdefghijkl", strict=False)},
        parameters=_parameters(first),
        seeds=sorted({one.seed for one in ordered}),
    )


def _require_one_cohort(results: Sequence[ValidationResult]) -> None:
    if not results:
        raise InputError("There is no validation to report.")
    names = {one.recipe.name for one in results}
    classes = {one.classes for one in results}
    if len(names) > 1 or len(classes) > 1:
        raise InputError(
            f"A report shows one recipe on one cohort; these results are of {', '.join(sorted(names))} with the "
            f"classes {'; '.join(', '.join(one) for one in classes)}. Make a report of each."
        )
    keys = [(one.mode, one.feature_set) for one in results]
    twice = sorted(
        {f"{mode} mode{f', {name}' if name else ''}" for mode, name in keys if keys.count((mode, name)) > 1}
    )
    if twice:
        raise InputError(f"There are several results of {'; '.join(twice)}: give one of each.")


def _data_notes(results: Sequence[ValidationResult]) -> list[str]:
    """Return what the cohort is; several feature sets are of the same patients, and the first stands for all."""
    first = results[0]
    sets = list(dict.fromkeys(one.feature_set for one in results))
    if len(sets) == 1:
        described = [first.data_note]
    else:
        more = f"The {len(sets) - 1} other models are of other features of the same patients."
        described = [f"{first.feature_set}: {first.data_note}", more]
    return list(dict.fromkeys(note for note in (*described, *(n for one in results for n in one.notes)) if note))


def _test_set_chooses(results: Sequence[ValidationResult]) -> bool:
    """Whether the recipe is one in which the paper's choice of a classifier falls on the test set."""
    recipe = results[0].recipe
    return len(recipe.classifiers) > 1 and (recipe.validation.scheme is Scheme.SPLIT or recipe.name == "wei2023")


def _tiles(results: Sequence[ValidationResult], several: bool) -> list[dict[str, str]]:
    """Return a tile per mode: the highest AUC with its interval, and how many it is the highest of."""
    tiles = []
    for mode in (Mode.NESTED, Mode.PAPER):
        group = [one for one in results if one.mode is mode]
        if not group:
            continue
        result, name = max(
            ((one, name) for one in group for name in one.recipe.classifiers),
            key=lambda pair: _auc(*pair),
        )
        compared = sum(len(one.recipe.classifiers) for one in group)
        tiles.append(
            {
                "mode": str(mode),
                "auc": score_text(result, name, "auc").split(" ")[0],
                "interval": interval_text(result, name, "auc").replace(MISSING, "no interval"),
                "classifier": f"{name}, {result.feature_set}" if several else name,
                "accuracy": score_text(result, name, "accuracy").split(" ")[0],
                "compared": str(compared),
            }
        )
    return tiles


def _auc(result: ValidationResult, classifier: str) -> float:
    try:
        value = float(result.figure(classifier, "auc")["mean"])
    except KeyError:
        return -1.0
    return value if value == value else -1.0


def _permutation(results: Sequence[ValidationResult]) -> list[dict[str, str]]:
    rows = []
    for result in results:
        for row in result.permutation.to_dict("records"):
            rows.append(
                {
                    "mode": str(result.mode),
                    "name": f"{result.feature_set}, {row['classifier']}"
                    if result.feature_set
                    else row["classifier"],
                    "observed": number(row["observed"], 3),
                    "null": f"{number(row['null_mean'], 3)} ± {number(row['null_sd'], 3)}",
                    "high": number(row["null_high"], 3),
                    "permutations": number(row["permutations"], 0),
                    "p": p_text(row["p"]),
                }
            )
    return rows


def _problems(results: Sequence[ValidationResult]) -> list[dict[str, str]]:
    rows = []
    for result in results:
        for row in result.problems.to_dict("records"):
            # The selection on all patients and what concerns the whole recipe have the repeat and fold −1.
            where = [str(row[key]) for key in ("repeat", "fold") if row[key] >= 0]
            rows.append(
                {
                    "mode": str(result.mode),
                    "feature_set": result.feature_set,
                    "classifier": text(row.get("classifier")),
                    "where": " / ".join(where),
                    "count": text(row.get("count")),
                    "problem": text(row["problem"]),
                }
            )
    return rows


def _parameters(result: ValidationResult) -> list[tuple[str, str]]:
    """Return the recipe flat, as (dotted name, value)."""
    lines: list[tuple[str, str]] = []

    def flatten(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                flatten(inner, f"{name}.{key}" if name else str(key))
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            for place, inner in enumerate(value, 1):
                flatten(inner, f"{name} {place}")
        elif value not in (None, "", []):
            lines.append((name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))

    values = recipe_to_mapping(result.recipe)
    flatten({key: value for key, value in values.items() if key not in ("description", "source", "name")}, "")
    return lines
