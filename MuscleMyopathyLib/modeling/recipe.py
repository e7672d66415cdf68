"""A recipe: selection steps, classifiers and validation of a study, as a YAML file that a reader understands.

>>> recipe = read_recipe("nagawa2021")
>>> recipe.classifiers
('LDA', 'QDA', 'SVM', 'k-NN', 'RF', 'MLP')
>>> [step.key for step in recipe.steps]
['z-score', 'icc', 'collinearity', 'univariate', 'forward']
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.cohort_data import matching_columns
from MuscleMyopathyLib.modeling.selection.parameters import STEPS, ForwardSelection, Step, ZScore
from MuscleMyopathyLib.modeling.validation.parameters import ValidationParameters
from MuscleMyopathyLib.parameters import from_mapping, to_mapping
from MuscleMyopathyLib.resources import resource

CLASSIFIERS = ("LDA", "QDA", "SVM", "k-NN", "RF", "MLP", "LR", "XGBoost")
"""The names that the papers use."""

RECIPES = ("nagawa2021", "wei2023", "radiomics-score", "recommended")
"""The recipes shipped."""


class Imputation(StrEnum):
    """What becomes of missing values: an error, or the training set's median inside the pipeline."""

    NONE = "none"
    MEDIAN = "median"


class Balance(StrEnum):
    """Whether a rare class weighs as much as a frequent one while a classifier learns."""

    NONE = "none"
    WEIGHTS = "class-weights"


@dataclass(frozen=True)
class Tuning:
    """Search over each classifier's grid (`classifiers.TUNING_GRIDS`) inside each training set.

    Attributes:
        folds: Of the inner cross-validation, by patient.
    """

    folds: int = 5

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ParameterError(f"folds = {self.folds}: tuning needs two or more.")


@dataclass(frozen=True)
class FeatureSet:
    """One of several models of a study, such as Wei's T1-weighted model of the thigh.

    Attributes:
        name: As the paper calls it.
        columns: Patterns of its features, e.g. ``thigh.T1w.*``.
        steps: Its own selection steps, or None for those of the recipe.
        fallback: Whether it is for tables with features of none of the other models.
    """

    name: str
    columns: tuple[str, ...]
    steps: tuple[Step, ...] | None = None
    fallback: bool = False


@dataclass(frozen=True)
class Recipe:
    """What is done to a cohort's features, by which classifiers, and how that is tested.

    Attributes:
        name: Its short name.
        description: One line.
        source: The paper that it follows; empty for one's own.
        steps: Scaling and selection, in order.
        classifiers: Of `CLASSIFIERS`.
        validation: Scheme, folds, repeats.
        tuning: Search over parameters inside the training sets, or None for scikit-learn's defaults.
        imputation: What becomes of missing values.
        balance: Whether classes are weighted.
        calibrated: Whether probabilities are calibrated (Platt) inside the training sets.
        feature_sets: Several models on parts of the features; empty for one model of all.
    """

    name: str
    description: str = ""
    source: str = ""
    steps: tuple[Step, ...] = (ZScore(),)
    classifiers: tuple[str, ...] = CLASSIFIERS
    validation: ValidationParameters = field(default_factory=ValidationParameters)
    tuning: Tuning | None = None
    imputation: Imputation = Imputation.NONE
    balance: Balance = Balance.NONE
    calibrated: bool = False
    feature_sets: tuple[FeatureSet, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.classifiers if name not in CLASSIFIERS]
        if unknown or not self.classifiers:
            raise ParameterError(
                f"The recipe {self.name} names no classifier or an unknown one ({', '.join(unknown) or 'none'}). "
                f"There are: {', '.join(CLASSIFIERS)}."
            )
        if any(isinstance(step, ForwardSelection) for step in self.steps[:-1]):
            raise ParameterError(
                f"The recipe {self.name}: forward selection is made for the classifier and stands last."
            )

    @property
    def needs_icc(self) -> bool:
        """Whether a step takes the reproducibility table."""
        return any(step.key == "icc" for step in self.steps)

    @property
    def validates_inside(self) -> bool:
        """Whether each training set is cross-validated as a whole, for tuning or calibration."""
        return self.tuning is not None or self.calibrated

    def without_icc(self) -> Recipe:
        """Return the recipe without its ICC filter, for features that were read once."""
        kept = tuple(step for step in self.steps if step.key != "icc")
        sets = tuple(
            dataclasses.replace(one, steps=one.steps and tuple(s for s in one.steps if s.key != "icc"))
            for one in self.feature_sets
        )
        return dataclasses.replace(self, steps=kept, feature_sets=sets)

    def sets_of(self, columns: Sequence[str]) -> tuple[FeatureSet, ...]:
        """Return the models of which a table has features; empty where the recipe is one model of all features.

        Raises:
            InputError: The table has features of none of them.
        """
        fitting = [one for one in self.feature_sets if matching_columns(columns, one.columns)]
        sets = [one for one in fitting if not one.fallback] or fitting
        if self.feature_sets and not sets:
            patterns = sorted({pattern for one in self.feature_sets for pattern in one.columns})
            raise InputError(
                f"The table has none of the features of the recipe {self.name} ({', '.join(patterns)}). Its first "
                f"columns are {', '.join(map(str, columns[:3]))}. Rename them, or write your own recipe."
            )
        return tuple(sets)

    def for_feature_set(self, one: FeatureSet) -> Recipe:
        """Return the recipe of one of its models: the same with that model's steps."""
        return dataclasses.replace(self, steps=self.steps if one.steps is None else one.steps, feature_sets=(one,))


def read_recipe(name_or_path: str | Path) -> Recipe:
    """Read a shipped recipe by its name, or one's own YAML file.

    Raises:
        InputError: There is no such recipe, or the file is no YAML.
        ParameterError: A step, classifier or parameter is unknown or impossible.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = resource("Recipes", f"{name_or_path}.yaml")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"There is no recipe {path}. Shipped are: {', '.join(RECIPES)}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(values, Mapping):
        raise InputError(f"{path} holds no recipe: expected lines such as 'classifiers: [LDA, RF]'.")
    return recipe_from_mapping({"name": path.stem, **values})


def recipe_from_mapping(values: Mapping[str, Any]) -> Recipe:
    """Make a recipe from plain values, as they stand in a YAML or JSON file.

    Raises:
        ParameterError: A step, classifier or parameter is unknown or impossible.
    """
    plain = dict(values)
    if "steps" in plain:
        plain["steps"] = _steps(plain["steps"])
    plain["feature_sets"] = tuple(
        FeatureSet(
            str(one["name"]),
            tuple(map(str, one["columns"])),
            None if one.get("steps") is None else _steps(one["steps"]),
            bool(one.get("fallback", False)),
        )
        for one in plain.get("feature_sets") or ()
    )
    for name, kind in (("validation", ValidationParameters), ("tuning", Tuning)):
        if isinstance(plain.get(name), Mapping):
            plain[name] = from_mapping(kind, plain[name])
    return from_mapping(Recipe, plain)


def recipe_to_mapping(recipe: Recipe) -> dict[str, Any]:
    """Return plain values that `recipe_from_mapping` reads back."""
    values = to_mapping(dataclasses.replace(recipe, steps=(), feature_sets=()))
    return {
        **values,
        "steps": [_step_to_mapping(step) for step in recipe.steps],
        "feature_sets": [
            {
                "name": one.name,
                "columns": list(one.columns),
                "steps": None if one.steps is None else [_step_to_mapping(step) for step in one.steps],
                **({"fallback": True} if one.fallback else {}),
            }
            for one in recipe.feature_sets
        ],
    }


def _step_to_mapping(step: Step) -> dict[str, Any]:
    return {step.key: to_mapping(step)}


def _steps(entries: Any) -> tuple[Step, ...]:
    """Understand ``- z-score`` and ``- icc: {threshold: 0.8}``."""
    if not isinstance(entries, list | tuple):
        raise ParameterError("The steps of a recipe are a list, e.g. '- icc: {threshold: 0.8}'.")
    steps: list[Step] = []
    for entry in entries:
        named = {entry: {}} if isinstance(entry, str) else entry
        if not isinstance(named, Mapping) or len(named) != 1:
            raise ParameterError(
                f"{entry!r} is no step: one name and its parameters, e.g. 'icc: {{threshold: 0.8}}'."
            )
        ((key, values),) = named.items()
        if key not in STEPS:
            raise ParameterError(f"There is no selection step {key!r}. There are: {', '.join(STEPS)}.")
        steps.append(from_mapping(STEPS[key], values or {}))
    return tuple(steps)
