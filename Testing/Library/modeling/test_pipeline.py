"""From a recipe to a pipeline: the steps in order, tuning and calibration around the whole, patients inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.inner_validation import InnerValidated
from MuscleMyopathyLib.modeling.pipeline import fitted_pipeline, make_pipeline, selected_features
from MuscleMyopathyLib.modeling.recipe import Imputation, Recipe, Tuning, read_recipe
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, ForwardSelection, Univariate, ZScore
from Testing.Library.modeling.synthetic_cohort import signal_cohort

DATA = signal_cohort({"IMNM": 25, "LGMDR2": 20}, features=8)
SIMPLE = Recipe("simple", steps=(ZScore(), CappedBySize(5)), classifiers=("LR",))


def test_the_steps_stand_in_the_order_of_the_recipe_and_the_classifier_last() -> None:
    icc = pd.DataFrame({"feature": DATA.features.columns, "icc": 0.9})
    recipe = replace(read_recipe("nagawa2021"), imputation=Imputation.MEDIAN)
    pipeline = make_pipeline(recipe, "LDA", seed=0, icc=icc)
    assert list(pipeline.named_steps) == [
        "imputation", "z-score", "icc", "collinearity", "univariate", "forward", "classifier",
    ]  # fmt: skip
    assert type(pipeline.named_steps["forward"].estimator) is type(pipeline.named_steps["classifier"])
    assert selected_features(pipeline.fit(DATA.matrix, DATA.outcome))[:2] == ["feature_0", "feature_1"]


def test_a_step_that_comes_twice_has_two_names() -> None:
    recipe = replace(SIMPLE, steps=(ZScore(), Univariate(0.5), Univariate(0.05)))
    assert list(make_pipeline(recipe, "LR", seed=0).named_steps) == [
        "z-score", "univariate", "univariate-again-1", "classifier",
    ]  # fmt: skip


def test_an_icc_filter_without_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="needs a reproducibility table"):
        make_pipeline(read_recipe("wei2023"), "LR", seed=0)


def test_tuning_chooses_the_parameter_with_the_lowest_log_loss_of_the_whole_pipeline() -> None:
    from sklearn.model_selection import cross_val_score

    from MuscleMyopathyLib.modeling.patient_folds import inner_folds

    recipe = replace(SIMPLE, tuning=Tuning(4))
    model = make_pipeline(recipe, "LR", seed=1).fit(DATA.matrix, DATA.outcome)
    assert isinstance(model, InnerValidated)
    folds = inner_folds(DATA.matrix, DATA.outcome, 4, 1)
    plain = make_pipeline(SIMPLE, "LR", seed=1)
    losses = {
        c: cross_val_score(
            plain.set_params(classifier__C=c), DATA.matrix, DATA.outcome, cv=folds, scoring="neg_log_loss"
        ).mean()
        for c in (0.01, 0.1, 1.0, 10.0)
    }
    assert model.parameters_ == {"classifier__C": max(losses, key=lambda c: losses[c])}
    assert model.parameters_["classifier__C"] == fitted_pipeline(model).named_steps["classifier"].C


def test_a_calibrated_model_ranks_as_its_pipeline_and_is_fitted_on_all_training_rows() -> None:
    plain = make_pipeline(SIMPLE, "LR", seed=0).fit(DATA.matrix, DATA.outcome)
    calibrated = make_pipeline(replace(SIMPLE, calibrated=True), "LR", seed=0).fit(DATA.matrix, DATA.outcome)
    np.testing.assert_allclose(
        fitted_pipeline(calibrated).predict_proba(DATA.matrix), plain.predict_proba(DATA.matrix)
    )
    order = np.argsort(plain.predict_proba(DATA.matrix)[:, 1])
    assert (np.diff(calibrated.predict_proba(DATA.matrix)[order, 1]) >= 0).all()
    assert selected_features(calibrated) == selected_features(plain)


def test_forward_selection_and_calibration_keep_a_patients_rows_together() -> None:
    data = signal_cohort({"IMNM": 12, "LGMDR2": 12}, features=4, shift=0.0, per_patient=4, seed=2)
    recipe = Recipe("k", steps=(ForwardSelection(1, 1, folds=3),), classifiers=("k-NN",), calibrated=True)
    model = make_pipeline(recipe, "k-NN", seed=0).fit(data.matrix, data.outcome)
    # Noise: a patient's other rows would tell his class, and the sigmoid would trust the neighbours.
    sure = np.abs(model.predict_proba(data.matrix)[:, 1] - 0.5).max()
    freed = data.features.set_axis(pd.Index(range(len(data.features)), name="patient"))
    leaking = make_pipeline(recipe, "k-NN", seed=0).fit(freed, data.outcome)
    assert sure < np.abs(leaking.predict_proba(freed)[:, 1] - 0.5).max()
