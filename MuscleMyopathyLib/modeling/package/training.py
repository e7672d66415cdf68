"""From a cohort, a recipe and its validation to a model package."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.inference.conformal import CONFIDENCE, FEWEST_TO_EXCLUDE, wrongness_of
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.modeling.package.card import FeatureRange, Figure, ModelCard, Population, UsedPreset
from MuscleMyopathyLib.modeling.package.reduced import reduced_model
from MuscleMyopathyLib.modeling.pipeline import make_pipeline
from MuscleMyopathyLib.modeling.recipe import Recipe, recipe_to_mapping
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult, probability_column

KEEPS_CASES = ("SVM", "k-NN")
"""Classifiers that hold training cases' values, those of the selected features."""

_PACKAGES = ("numpy", "scipy", "scikit-learn", "skops", "pandas")


@dataclass(frozen=True)
class ModelDescription:
    """What the user says about a model.

    Attributes:
        name: Short name.
        version: Of the model.
        task: What it tells apart; by default made of the classes.
        intended_use: What it is for.
        limits: What it is not for.
    """

    name: str
    version: str = "1.0"
    task: str = ""
    intended_use: str = "Research on groups of patients like those that it learned from."
    limits: tuple[str, ...] = ()


def train(
    data: CohortData,
    recipe: Recipe,
    classifier: str,
    results: Sequence[ValidationResult],
    description: ModelDescription,
    *,
    seed: int = 0,
    icc: ReproducibilityTable | None = None,
    preset: Mapping[str, Any] | None = None,
    drawn_levels: Mapping[str, Any] | None = None,
    structures: Sequence[str] = (),
) -> ModelPackage:
    """Fit a recipe's classifier to all cases, and put its validation onto the card.

    Args:
        data: The cohort.
        recipe: Selection, tuning, calibration.
        classifier: One of the recipe's.
        results: Of the validation of this recipe on this cohort, in one or both modes.
        description: Name, version, use and limits.
        seed: Of all random numbers.
        icc: For an ICC filter.
        preset: The whole radiomics preset as plain values, so that cases can be classified from their images.
        drawn_levels: As of `UsedPreset`.
        structures: Structure and side of the rows, e.g. ``MUSCLE both``.

    Raises:
        InputError: The classifier is not of the recipe, a validation is of something else, or the fit fails.
        MissingPackageError: scikit-learn is not installed.
    """
    if classifier not in recipe.classifiers:
        raise InputError(
            f"The recipe {recipe.name} has no classifier {classifier}. It has: {', '.join(recipe.classifiers)}."
        )
    _require_own(results, data, classifier)
    reliable = None if icc is None else icc.for_patients(sorted(set(data.patients)))
    model = make_pipeline(recipe, classifier, seed=seed, icc=reliable, classes=len(data.classes))
    fitted, names = reduced_model(model.fit(data.matrix, data.outcome.to_numpy(dtype=object)))
    nested = [result for result in results if result.mode is Mode.NESTED]
    card = ModelCard(
        name=description.name,
        version=description.version,
        task=description.task or " or ".join(data.classes),
        classes=data.classes,
        classifier=classifier,
        recipe=recipe_to_mapping(recipe),
        features=tuple(_range(name, data.features[name]) for name in names),
        preset=UsedPreset(data.preset, data.preset_sha256, dict(preset or {}), dict(drawn_levels or {})),
        population=Population(
            words=data.description,
            patients=data.class_counts,
            structures=tuple(structures),
            centres=() if data.centres is None else tuple(sorted(set(data.centres))),
            notes=data.notes,
        ),
        figures=tuple(figure for result in results for figure in _figures(result, classifier)),
        validation=results[0].validation_words if results else "none",
        intended_use=description.intended_use,
        limits=(*description.limits, *_own_limits(data, classifier, results)),
        phantom=data.phantom,
        software=software_versions(classifier),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=seed,
        wrongness=_wrongness(nested[0], classifier) if nested else {},
    )
    return ModelPackage(card, fitted)


def software_versions(classifier: str = "") -> dict[str, str]:
    """Return the versions of what trains a model."""
    names = (*_PACKAGES, "xgboost-cpu") if classifier == "XGBoost" else _PACKAGES
    found = {"MuscleMyopathy": __version__, "Python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _require_own(results: Sequence[ValidationResult], data: CohortData, classifier: str) -> None:
    for result in results:
        own = result.predictions["classifier"] == classifier
        if result.classes != data.classes or not own.any():
            raise InputError(
                f"The validation in {result.mode} mode is not one of {classifier} on {', '.join(data.classes)}: "
                "validate this recipe on this cohort."
            )


def _range(name: str, values: pd.Series) -> FeatureRange:
    return FeatureRange(name, float(values.min()), float(values.max()), float(values.mean()), float(values.std()))


def _figures(result: ValidationResult, classifier: str) -> list[Figure]:
    rows = result.summary[result.summary["classifier"] == classifier]
    return [
        Figure(
            mode=str(result.mode),
            metric=str(row["metric"]),
            of_class=str(row["class"]),
            **{name: _number(row[name]) for name in ("mean", "sd", "ci_low", "ci_high")},
            interval=str(row["interval"]),
        )
        for _, row in rows.iterrows()
    ]


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _wrongness(nested: ValidationResult, classifier: str) -> dict[str, tuple[float, ...]]:
    own = nested.predictions[nested.predictions["classifier"] == classifier]
    return wrongness_of(own, nested.classes, {name: probability_column(name) for name in nested.classes})


def _own_limits(data: CohortData, classifier: str, results: Sequence[ValidationResult]) -> tuple[str, ...]:
    """Return the limits that follow from what the model was made of."""
    said = [f"It knows {', '.join(data.classes)} and nothing else: any other disease is given one of these names."]
    if data.centres is None or data.centres.nunique() == 1:
        said.append("It learned from one centre: another scanner or protocol may give other values.")
    if not any(result.mode is Mode.NESTED for result in results):
        said.append("It has no nested validation: how well it does with new cases is not known.")
    few = [f"{name} ({count})" for name, count in data.class_counts.items() if count < FEWEST_TO_EXCLUDE]
    if few:
        said.append(
            f"It never excludes {', '.join(few)}: with fewer than {FEWEST_TO_EXCLUDE} patients of a class nobody "
            f"can be told at {100 * CONFIDENCE:g} % to be unlike all of them."
        )
    if classifier in KEEPS_CASES:
        said.append(
            f"{classifier} keeps the training cases' values of its features in the package: ask whether they may "
            "be passed on."
        )
    return tuple(said)
