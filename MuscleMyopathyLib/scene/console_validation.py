"""Classifiers validated on table nodes: the module's logic offers this in the batch console.

figures = validate(cohort_table, "group", "nagawa2021", "/results/validation", readings_node=readings)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.recipe import Recipe, read_recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.report.classifier_reports import REPORT, write_classifier_reports
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from MuscleMyopathyLib.study.case import NOT_A_DEVICE_NOTICE, PHANTOM_NOTICE
from MuscleMyopathyLib.study.classifier_inputs import icc_of_readings
from MuscleMyopathyLib.study.classifier_validation import summary_of_all, validate_models


def validate(
    table_node: Any,
    outcome: str,
    recipe: Recipe | str,
    folder: Path | str,
    *,
    modes: Sequence[str] = ("paper", "nested"),
    outcomes_node: Any = None,
    readings_node: Any = None,
    external_node: Any = None,
    external_outcomes_node: Any = None,
    preset: Mapping[str, Any] | None = None,
    seed: int = 0,
    output_node: Any = None,
    progress: Progress = silent,
    **columns: Any,
) -> Any:
    """Validate a recipe's classifiers on a cohort and write the report.

    Args:
        table_node: Features, as of `modeling.cohort_data.read_cohort`.
        outcome: Column of the outcome.
        recipe: A recipe, or the name or file of one. Its ICC filter needs ``readings_node``; for another scheme or
            other repeats replace its ``validation``.
        folder: For ``report.html`` and the tables, as of the command ``validate``; a stopped run goes on there.
        modes: ``paper``, ``nested`` or both.
        outcomes_node: Table of the patients with the outcome; None where ``table_node`` has it.
        readings_node: Features of all readings; without it an ICC filter is left out.
        external_node: Features of other patients, for a recipe of the scheme ``external``.
        external_outcomes_node: Table of these patients with the outcome.
        preset: ``preset``, ``preset_sha256`` and ``phantom``, as beside a table of features.
        seed: Of all random numbers.
        output_node: Table node to fill; None makes a new one.
        progress: Receives fraction and text.
        columns: Further arguments of `read_cohort`: ``patient``, ``centre``, ``classes``, ``leave_out``.

    Returns:
        A table node of the figures: one row per model, mode, classifier, metric and class.

    Raises:
        InputError, LeakageError, OutputError, MissingPackageError: As `validate_models`.
    """
    chosen, icc = recipe_for_nodes(recipe, readings_node)
    data = cohort_of_nodes(table_node, outcome, outcomes_node, preset, **columns)
    external = None
    if external_node is not None:
        given = {**columns, "classes": data.classes}
        external = cohort_of_nodes(external_node, outcome, external_outcomes_node, preset, **given)
    results = validate_models(
        data,
        chosen,
        [Mode(mode) for mode in modes],
        Path(folder),
        seed=seed,
        icc=icc,
        external=external,
        progress=portion(progress, 0.0, 0.95),
    )
    whole = None if icc is None else icc.whole()
    write_classifier_reports(results, Path(folder), icc=whole, progress=portion(progress, 0.95, 1.0))
    node = table_node_from_dataframe(summary_of_all(results), f"{table_node.GetName()} validation", output_node)
    notices = [NOT_A_DEVICE_NOTICE, *([PHANTOM_NOTICE] if data.phantom else [])]
    node.SetDescription(" ".join((*notices, data.description, f"Report: {Path(folder) / REPORT}")))
    return node


def recipe_for_nodes(
    recipe: Recipe | str, readings_node: Any = None
) -> tuple[Recipe, ReproducibilityTable | None]:
    """Return the recipe, without its ICC filter where there are no readings, and where its ICC comes from."""
    chosen = read_recipe(recipe) if isinstance(recipe, str) else recipe
    if readings_node is None:
        return chosen.without_icc() if chosen.needs_icc else chosen, None
    readings = dataframe_from_table_node(readings_node)
    return chosen, ReproducibilityTable(readings=readings, agreement=icc_of_readings)


def cohort_of_nodes(
    table_node: Any, outcome: str, outcomes_node: Any, preset: Mapping[str, Any] | None, **columns: Any
) -> CohortData:
    """Return a cohort from table nodes; the arguments are those of `validate`.

    Raises:
        InputError: As `read_cohort`.
    """
    made = dict(preset or {})
    return read_cohort(
        dataframe_from_table_node(table_node),
        None if outcomes_node is None else dataframe_from_table_node(outcomes_node),
        outcome,
        preset=str(made.get("preset") or ""),
        preset_sha256=str(made.get("preset_sha256") or ""),
        phantom=bool(made.get("phantom")),
        **columns,
    )
