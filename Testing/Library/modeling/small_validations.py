"""Small cohorts of random features, and their validation by quick recipes, for the tests of the reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.recipe import FeatureSet, Recipe
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, Uncorrelated, ZScore
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.modeling.validation.validate import validate

STEPS = (ZScore(), Uncorrelated(threshold=0.9), CappedBySize(patients_per_feature=5, fewest=2))
NAMES = [f"thigh.STIR.original_glcm_Feature{number}" for number in range(12)]


def random_cohort(classes: Sequence[str], counts: Sequence[int], *, phantom: bool = True) -> CohortData:
    """Return a cohort of which the first three features tell the classes apart somewhat."""
    rng = np.random.default_rng(21)
    codes = np.repeat(np.arange(len(classes)), counts)
    values = rng.normal(size=(codes.size, len(NAMES)))
    values[:, :3] += 1.2 * np.eye(3)[codes]
    table = pd.DataFrame(values, columns=NAMES)
    table["case"] = [f"P{number:02d}" for number in range(codes.size)]
    table["diagnosis"] = np.array(classes)[codes]
    return read_cohort(table, None, "diagnosis", classes=classes, phantom=phantom)


@cache
def three_classes(mode: Mode) -> ValidationResult:
    """Return Nagawa's groups, validated three times in five folds."""
    recipe = Recipe("small", "A quick recipe for tests", steps=STEPS, classifiers=("LDA", "k-NN"))
    recipe = replace(recipe, validation=ValidationParameters(folds=5, repeats=3))
    return validate(random_cohort(("PM", "DM", "ADM"), (19, 22, 14)), recipe, mode, seed=3)


@cache
def two_classes(mode: Mode) -> ValidationResult:
    """Return Wei's groups, validated twice in five folds, with a permutation test in nested mode."""
    validation = ValidationParameters(folds=5, repeats=2, permutations=9 if mode is Mode.NESTED else 0)
    recipe = Recipe("pair", steps=STEPS, classifiers=("LDA", "LR"), validation=validation)
    return validate(random_cohort(("LGMDR2", "IMNM"), (30, 45), phantom=False), recipe, mode, seed=3)


@cache
def feature_sets(mode: Mode) -> tuple[ValidationResult, ...]:
    """Return four models of parts of the features on one 7:3 split, as in Wei's study."""
    data = random_cohort(("LGMDR2", "IMNM"), (30, 45))
    recipe = Recipe(
        "wei2023",
        steps=STEPS,
        classifiers=("LR", "k-NN"),
        validation=ValidationParameters(scheme=Scheme.SPLIT, repeats=1),
    )
    sets = [
        FeatureSet(f"{model} {region}", tuple(NAMES[start::2]))
        for start, model in enumerate(("TM", "WM"))
        for region in ("calf", "calf + thigh")
    ]
    return tuple(
        validate(data.with_columns(one.columns), recipe.for_feature_set(one), mode, seed=3) for one in sets
    )
