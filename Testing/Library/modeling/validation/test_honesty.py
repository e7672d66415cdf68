"""What a statistician asks first: nested mode finds nothing in noise, and the truth where there is a signal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.modeling.pipeline import make_pipeline
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, Univariate, ZScore
from MuscleMyopathyLib.modeling.validation.metrics import area
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.modeling.validation.validate import validate
from Testing.Library.modeling.synthetic_cohort import signal_cohort, signal_table

RECIPE = Recipe(
    "few features",
    steps=(ZScore(), Univariate(0.05), CappedBySize(6)),
    classifiers=("LDA",),
    validation=ValidationParameters(folds=10, repeats=1),
)


def test_in_noise_nested_mode_finds_nothing_and_paper_mode_finds_much() -> None:
    # 75 cases × 1,000 features × 20 seeds. The selection is lighter than Wei's, whose LASSO takes minutes here:
    # Testing/Benchmarks/noise_optimism.py runs that one.
    areas: dict[Mode, list[float]] = {mode: [] for mode in Mode}
    for seed in range(20):
        data = signal_cohort({"LGMDR2": 30, "IMNM": 45}, features=1000, shift=0.0, seed=seed)
        for mode in Mode:
            areas[mode].append(float(validate(data, RECIPE, mode, seed=seed).figure("LDA", "auc")["mean"]))
    assert np.mean(areas[Mode.NESTED]) == pytest.approx(0.5, abs=0.05)
    assert np.mean(areas[Mode.PAPER]) > 0.8
    assert all(paper > nested for paper, nested in zip(areas[Mode.PAPER], areas[Mode.NESTED], strict=True))


def test_the_auc_of_nested_mode_in_noise_is_one_half_within_its_standard_error() -> None:
    # A test fold of noise is independent of its training set, and the AUC compares patients within a fold: its
    # expectation is exactly 0.5, and what a cohort departs from it is chance (SD 0.1 with 75 patients). The mean
    # of 80 cohorts is known to 0.012; selection from so few features on all patients already lies far above.
    recipe = replace(RECIPE, validation=ValidationParameters(folds=5, repeats=1))
    areas: dict[Mode, list[float]] = {mode: [] for mode in Mode}
    for seed in range(80):
        data = signal_cohort({"LGMDR2": 30, "IMNM": 45}, features=60, shift=0.0, seed=1000 + seed)
        for mode in Mode:
            areas[mode].append(float(validate(data, recipe, mode, seed=seed).figure("LDA", "auc")["mean"]))
    error = {mode: np.std(found, ddof=1) / np.sqrt(len(found)) for mode, found in areas.items()}
    assert error[Mode.NESTED] < 0.015
    assert abs(np.mean(areas[Mode.NESTED]) - 0.5) < 3 * error[Mode.NESTED]
    assert np.mean(areas[Mode.PAPER]) - 0.5 > 10 * error[Mode.PAPER]


def test_with_a_signal_nested_mode_gives_what_ten_thousand_fresh_cases_give() -> None:
    # The mean over 24 cohorts of 75: a single one's AUC has a standard error of 0.05 by its few cases alone.
    fresh = read_cohort(
        signal_table({"LGMDR2": 4000, "IMNM": 6000}, features=40, shift=1.2, seed=999), None, "group"
    )
    nested, truth = [], []
    for seed in range(24):
        data = signal_cohort({"LGMDR2": 30, "IMNM": 45}, features=40, shift=1.2, seed=seed)
        nested.append(float(validate(data, RECIPE, Mode.NESTED, seed=seed).figure("LDA", "auc")["mean"]))
        model = make_pipeline(RECIPE, "LDA", seed=seed).fit(data.matrix, data.outcome)
        truth.append(area(model.predict_proba(fresh.matrix)[:, 1], (fresh.outcome == "LGMDR2").to_numpy()))
    assert np.mean(nested) == pytest.approx(np.mean(truth), abs=0.03)
    assert np.mean(truth) > 0.75


def test_calibration_mends_the_overconfidence_of_a_quadratic_discriminant_in_small_cohorts() -> None:
    recipe = Recipe(
        "discriminant",
        steps=(ZScore(),),
        classifiers=("QDA",),
        validation=ValidationParameters(folds=2, repeats=1),
    )
    for seed in (1, 2, 3):
        data = signal_cohort({"LGMDR2": 40, "IMNM": 40}, features=4, shift=0.7, seed=seed)
        plain = validate(data, recipe, Mode.NESTED).figure("QDA", "brier")["mean"]
        calibrated = validate(data, replace(recipe, calibrated=True), Mode.NESTED).figure("QDA", "brier")["mean"]
        assert calibrated < plain - 0.02
