"""A small cohort with a known signal, and packages trained on it within milliseconds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.modeling.package.training import ModelDescription, train
from MuscleMyopathyLib.modeling.recipe import Imputation, Recipe
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, ZScore
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.modeling.validation.validate import validate

PRESET_SHA256 = "ab" * 32


def small_table(classes: tuple[str, ...] = ("IMNM", "LGMDR2"), patients: int = 60) -> pd.DataFrame:
    """Return a table in which f0 and f1 differ between the classes and four more features are noise."""
    rng = np.random.default_rng(7)
    group = np.arange(patients) % len(classes)
    values = rng.normal(size=(patients, 6)) * [1, 10, 1, 1, 1, 1] + [0, 50, 0, 0, 0, 0]
    values[:, 0] += 1.5 * group
    values[:, 1] += 10 * (group == 0)
    table = pd.DataFrame(values, columns=[f"thigh.T1w.f{number}" for number in range(6)])
    table.insert(0, "case", [f"P-{number:02d}" for number in range(patients)])
    return table.assign(group=np.array(classes, dtype=object)[group])


def small_cohort(classes: tuple[str, ...] = ("IMNM", "LGMDR2")) -> CohortData:
    data = read_cohort(small_table(classes), None, "group", preset="small", preset_sha256=PRESET_SHA256)
    return replace(data, phantom=True)


def small_recipe(classifier: str, *, calibrated: bool = False, imputes: bool = False) -> Recipe:
    return Recipe(
        "small",
        steps=(ZScore(), CappedBySize(patients_per_feature=8)),
        classifiers=(classifier,),
        validation=ValidationParameters(folds=3, repeats=2),
        calibrated=calibrated,
        imputation=Imputation.MEDIAN if imputes else Imputation.NONE,
    )


@cache
def small_package(
    classifier: str = "LR",
    *,
    classes: tuple[str, ...] = ("IMNM", "LGMDR2"),
    calibrated: bool = False,
    imputes: bool = False,
    validated: bool = False,
) -> ModelPackage:
    """Return a package; validated in nested mode if wished."""
    data = small_cohort(classes)
    recipe = small_recipe(classifier, calibrated=calibrated, imputes=imputes)
    results = [validate(data, recipe, Mode.NESTED)] if validated else []
    return train(data, recipe, classifier, results, ModelDescription("small"))
