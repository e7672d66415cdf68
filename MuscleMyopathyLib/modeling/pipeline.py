"""From a recipe to scikit-learn pipelines: imputation, scaling, selection, classifier, tuning and calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError, MissingPackageError
from MuscleMyopathyLib.modeling.recipe import Balance, Imputation, Recipe
from MuscleMyopathyLib.modeling.reproducibility_table import lowest_icc
from MuscleMyopathyLib.modeling.selection.parameters import (
    CappedBySize,
    ForwardSelection,
    Lasso,
    RelevantNotRedundant,
    ReliableOnly,
    Step,
    Uncorrelated,
    Univariate,
    ZScore,
)

CLASSIFIER = "classifier"
"""Name of the last step."""

Icc = Mapping[str, float] | pd.DataFrame


def make_pipeline(recipe: Recipe, classifier: str, *, seed: int, icc: Icc | None = None, classes: int = 2) -> Any:
    """Return an unfitted pipeline: every step of the recipe, then the classifier (step ``classifier``).

    Fit it on `CohortData.matrix`, whose index holds the patients, and `CohortData.outcome`. Where the recipe tunes
    or calibrates, the pipeline stands inside an `InnerValidated`; `fitted_pipeline` gives it back.

    Args:
        recipe: What to do.
        classifier: One of its classifiers.
        seed: Of all random numbers.
        icc: Lowest ICC by feature, or a table as ``icc.csv``; needed by an ICC filter.
        classes: Number of classes.

    Raises:
        InputError: The recipe filters by ICC and none is given.
        MissingPackageError: scikit-learn or XGBoost is not installed.
    """
    require_learning()
    from sklearn.pipeline import Pipeline

    from MuscleMyopathyLib.modeling.classifiers import TUNING_GRIDS
    from MuscleMyopathyLib.modeling.inner_validation import InnerValidated

    model = final_classifier(recipe, classifier, seed=seed, classes=classes)
    steps = selection_steps(recipe, model, seed=seed, icc=icc)
    pipeline = Pipeline([*steps, (CLASSIFIER, model)])
    if not recipe.validates_inside:
        return pipeline
    grid = TUNING_GRIDS[classifier] if recipe.tuning else {}
    return InnerValidated(
        pipeline,
        {f"{CLASSIFIER}__{name}": values for name, values in grid.items()},
        # The support vector machine brings Platt's probabilities along.
        recipe.calibrated and classifier != "SVM",
        recipe.tuning.folds if recipe.tuning else 5,
        seed,
    )


def fitted_pipeline(model: Any) -> Any:
    """Return the fitted pipeline of a model by `make_pipeline`, without tuning and calibration around it."""
    from MuscleMyopathyLib.modeling.inner_validation import InnerValidated

    return model.pipeline_ if isinstance(model, InnerValidated) else model


def selected_features(model: Any) -> list[str]:
    """Return the features that reach the classifier of a fitted model by `make_pipeline`."""
    pipeline = fitted_pipeline(model)
    names = list(pipeline.feature_names_in_)
    return list(pipeline[:-1].get_feature_names_out(names)) if len(pipeline) > 1 else names


def selection_steps(recipe: Recipe, model: Any, *, seed: int, icc: Icc | None = None) -> list[tuple[str, Any]]:
    """Return the unfitted steps before the classifier, by name.

    Those but forward selection, which is made for ``model``, are the same for every classifier.
    """
    from sklearn.impute import SimpleImputer

    named: list[tuple[str, Any]] = []
    if recipe.imputation is Imputation.MEDIAN:
        named.append(("imputation", SimpleImputer(strategy="median", keep_empty_features=True)))
    for step in recipe.steps:
        repeated = sum(name == step.key or name.startswith(f"{step.key}-again") for name, _ in named)
        name = f"{step.key}-again-{repeated}" if repeated else step.key
        named.append((name, _step(step, recipe, model, seed, icc)))
    for _, transformer in named:
        # Tables all the way: the names of the features, and the patients in the index, reach every step.
        transformer.set_output(transform="pandas")
    return named


def final_classifier(recipe: Recipe, classifier: str, *, seed: int, classes: int = 2) -> Any:
    """Return the unfitted classifier alone, weighted as the recipe says."""
    from MuscleMyopathyLib.modeling.classifiers import make_classifier

    return make_classifier(
        classifier,
        seed,
        classes=classes,
        weighted=recipe.balance is Balance.WEIGHTS,
        tuned=recipe.tuning is not None,
    )


def require_learning() -> None:
    """Check that scikit-learn is there.

    Raises:
        MissingPackageError: It is not; the text says how to get it.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingPackageError(
            f"Classifiers need the package scikit-learn. Install it with 'pip install muscle-myopathy[learning]'. "
            f"({error})"
        ) from error


def _step(step: Step, recipe: Recipe, model: Any, seed: int, icc: Icc | None) -> Any:
    from sklearn.preprocessing import StandardScaler

    from MuscleMyopathyLib.modeling.selection.collinearity import CollinearityFilter
    from MuscleMyopathyLib.modeling.selection.forward import ForwardFeatureSelection
    from MuscleMyopathyLib.modeling.selection.icc_filter import ICCFilter
    from MuscleMyopathyLib.modeling.selection.lasso import LassoSelection
    from MuscleMyopathyLib.modeling.selection.mrmr import MrmrSelection
    from MuscleMyopathyLib.modeling.selection.univariate import SampleSizeCap, UnivariateFilter

    match step:
        case ZScore():
            return StandardScaler()
        case ReliableOnly(threshold):
            if icc is None:
                raise InputError(
                    f"The recipe {recipe.name} keeps reliable features only and needs a reproducibility table "
                    "(--icc, --readings). Where features were read once, leave that step out (--without-icc)."
                )
            return ICCFilter(lowest_icc(icc) if isinstance(icc, pd.DataFrame) else dict(icc), threshold)
        case Univariate(p, fewest):
            return UnivariateFilter(p, fewest)
        case Uncorrelated(method, threshold, inclusive):
            return CollinearityFilter(str(method), threshold, inclusive)
        case Lasso(folds, fewest):
            return LassoSelection(folds, fewest, seed)
        case RelevantNotRedundant(features):
            return MrmrSelection(features)
        case CappedBySize(patients_per_feature, fewest):
            return SampleSizeCap(patients_per_feature, fewest)
        case ForwardSelection(fewest, most, patients_per_feature, folds):
            return ForwardFeatureSelection(model, fewest, most, patients_per_feature, folds, seed)
