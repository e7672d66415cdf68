"""From a cohort to a model package: validation in both modes, and the model fitted to all cases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError, MuscleMyopathyError
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.package.archive import ModelPackage, save_model
from MuscleMyopathyLib.modeling.package.training import ModelDescription, train
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.output import require_writable
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.radiomics.presets import read_radiomics_preset, shipped_presets
from MuscleMyopathyLib.study.classifier_inputs import made_with
from MuscleMyopathyLib.study.classifier_validation import validate_models


@dataclass(frozen=True)
class TableOrigin:
    """What is known of how a table of features was made.

    Attributes:
        preset: The whole radiomics preset as plain values; empty where it is not known.
        drawn_levels: Which slices the readers drew, by limb segment; empty for all or where it is not known.
        structures: Structure and side of the rows.
    """

    preset: dict[str, Any]
    drawn_levels: dict[str, Any]
    structures: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """A trained model and its validation.

    Attributes:
        package: The model with its card.
        results: Of the validation, in paper and in nested mode.
    """

    package: ModelPackage
    results: tuple[ValidationResult, ...]


def train_model(
    data: CohortData,
    recipe: Recipe,
    classifier: str,
    description: ModelDescription,
    path: Path,
    work: Path,
    *,
    origin: TableOrigin | None = None,
    icc: ReproducibilityTable | None = None,
    seed: int = 0,
    workers: int = 1,
    scheduler: str = "",
    progress: Progress = silent,
) -> Training:
    """Validate one classifier of a recipe in both modes, fit it to all cases and write the package.

    Args:
        data: The cohort.
        recipe: With at most one feature set.
        classifier: One of the recipe's.
        description: Name, version, use and limits.
        path: The package to write (``.mmyo``).
        work: Folder for the validation; a stopped one goes on there.
        origin: How the features were made.
        icc: For an ICC filter.
        seed: Of all random numbers.
        workers: Of the validation, like ``scheduler``.
        scheduler: Address of a Dask scheduler.
        progress: May raise `Cancelled`; finished pieces of the validation stay.

    Raises:
        InputError: The recipe has several feature sets or another classifier; or as `validate_models` and `train`.
        OutputError: The package or the validation cannot be written.
    """
    sets = recipe.sets_of(list(data.features.columns))
    if len(sets) > 1:
        names = ", ".join(repr(one.name) for one in sets)
        raise InputError(f"The recipe {recipe.name} describes several models. Choose one: {names}.")
    if classifier not in recipe.classifiers:
        raise InputError(
            f"The recipe {recipe.name} has no classifier {classifier}. It has: {', '.join(recipe.classifiers)}."
        )
    require_writable(path.parent)
    if sets:
        (one,) = sets
        data, recipe = data.with_columns(one.columns), recipe.for_feature_set(one)
    single = replace(recipe, classifiers=(classifier,))
    results = validate_models(
        data,
        single,
        list(Mode),
        work,
        seed=seed,
        icc=icc,
        workers=workers,
        scheduler=scheduler,
        progress=portion(progress, 0.0, 0.9),
    )
    progress(0.92, f"training {classifier} on all cases")
    made = origin or TableOrigin({}, {}, ())
    package = train(
        data,
        recipe,
        classifier,
        results,
        description,
        seed=seed,
        icc=icc,
        preset=made.preset,
        drawn_levels=made.drawn_levels,
        structures=made.structures,
    )
    save_model(package.model, package.card, path)
    progress(0.98, "model written")
    return Training(package, tuple(results))


def of_feature_set(recipe: Recipe, name: str) -> Recipe:
    """Return the recipe with one of its feature sets alone, or as it is where no name is given.

    Raises:
        InputError: It has none of this name.
    """
    if not name:
        return recipe
    for one in recipe.feature_sets:
        if one.name == name:
            return replace(recipe, feature_sets=(one,))
    there = ", ".join(repr(one.name) for one in recipe.feature_sets if one.name) or "none"
    raise InputError(f"The recipe {recipe.name} has no feature set {name!r}. It has: {there}.")


def table_origin(path: Path, table: pd.DataFrame, preset_sha256: str) -> TableOrigin:
    """Return how a table of features was made: from the JSON file beside it, else from the shipped presets.

    Args:
        path: The table's file.
        table: Its content.
        preset_sha256: Content hash of its preset; empty where not known.

    Raises:
        MissingPackageError: PyRadiomics, which checks a preset, is not installed.
    """
    record = made_with(path)
    preset = record.get("parameters") or {}
    if not preset and preset_sha256:
        preset = _shipped(preset_sha256)
    return TableOrigin(preset, record.get("drawn_levels") or {}, structures_of(table))


def structures_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Return structure and side of the rows of a table of features (``MUSCLE both``); nothing of another table."""
    if not {"structure", "side"} <= set(table.columns):
        return ()
    pairs = table[["structure", "side"]].drop_duplicates().astype(str)
    return tuple(sorted(f"{code} {side}".strip() for code, side in pairs.to_numpy()))


def _shipped(sha256: str) -> dict[str, Any]:
    for name in shipped_presets():
        try:
            preset = read_radiomics_preset(name)
        except MuscleMyopathyError:
            continue
        if preset.content_hash == sha256:
            return preset.to_mapping()
    return {}
