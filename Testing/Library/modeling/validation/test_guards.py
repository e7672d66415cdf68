"""Leakage is caught: each of these tests fails when its guard is taken away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from MuscleMyopathyLib.modeling.recipe import Recipe, Tuning
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.selection.forward import ForwardFeatureSelection
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, ReliableOnly, Univariate, ZScore
from MuscleMyopathyLib.modeling.validation import run
from MuscleMyopathyLib.modeling.validation.guards import LeakageError, require_unfitted
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.modeling.validation.run import run_splits
from MuscleMyopathyLib.modeling.validation.splits import Split, splits
from MuscleMyopathyLib.modeling.validation.validate import validate
from Testing.Library.modeling.synthetic_cohort import signal_cohort

SIMPLE = Recipe(
    "simple",
    steps=(ZScore(), Univariate(0.5), CappedBySize(5)),
    classifiers=("LDA",),
    validation=ValidationParameters(folds=4, repeats=1),
)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_patient_on_both_sides_of_a_split_is_caught(mode: Mode) -> None:
    data = signal_cohort({"PM": 12, "DM": 12}, per_patient=2)
    by_row = np.random.default_rng(0).permutation(48)
    leaking = Split(0, 0, np.sort(by_row[:36]), np.sort(by_row[36:]))
    with pytest.raises(LeakageError, match="would train and test at once"):
        run_splits(data, SIMPLE, mode, [leaking], seed=0)


def test_two_readings_of_one_patient_do_not_tell_each_others_class() -> None:
    # Noise: whoever may look at a patient's other rows knows his class, and nobody else does.
    data = signal_cohort({"PM": 30, "DM": 30}, features=8, shift=0.0, per_patient=3, seed=4)
    recipe = Recipe("neighbours", classifiers=("k-NN",), validation=ValidationParameters(folds=5, repeats=4))
    honest = validate(data, recipe, Mode.NESTED).figure("k-NN", "auc")["mean"]
    assert abs(honest - 0.5) < 0.15
    pretended = signal_cohort({"PM": 30, "DM": 30}, features=8, shift=0.0, per_patient=3, seed=4)
    each_row = pretended.patients + pd.Series(np.arange(180).astype(str))
    from dataclasses import replace

    leaking = validate(replace(pretended, patients=each_row), recipe, Mode.NESTED).figure("k-NN", "auc")["mean"]
    assert leaking > 0.7


def test_a_step_that_was_fitted_before_the_split_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    data = signal_cohort({"PM": 12, "DM": 12})
    honest = run.selection_steps

    def fitted_on_all(*arguments: Any, **named: Any) -> list[tuple[str, Any]]:
        steps = honest(*arguments, **named)
        steps[0][1].fit(data.matrix)
        return steps

    parts = splits(data, SIMPLE.validation, 0)
    run_splits(data, SIMPLE, Mode.NESTED, parts, seed=0)
    monkeypatch.setattr(run, "selection_steps", fitted_on_all)
    with pytest.raises(LeakageError, match="'z-score' was fitted before the split"):
        run_splits(data, SIMPLE, Mode.NESTED, parts, seed=0)


def test_a_fitted_classifier_inside_a_wrapper_is_caught() -> None:
    values, outcome = np.random.default_rng(0).normal(size=(20, 2)), np.resize(["a", "b"], 20)
    machine = LinearDiscriminantAnalysis().fit(values, outcome)
    require_unfitted(
        [("pipeline", Pipeline([("scale", StandardScaler()), ("lda", LinearDiscriminantAnalysis())]))]
    )
    with pytest.raises(LeakageError, match="'lda' was fitted"):
        require_unfitted([("pipeline", Pipeline([("scale", StandardScaler()), ("lda", machine)]))])
    with pytest.raises(LeakageError, match="'forward: estimator' was fitted"):
        require_unfitted([("forward", ForwardFeatureSelection(machine))])


@pytest.mark.parametrize("inside", [False, True], ids=["selection", "selection with tuning and calibration"])
def test_what_is_learned_in_nested_mode_does_not_depend_on_the_test_rows(inside: bool) -> None:
    from dataclasses import replace

    data = signal_cohort({"PM": 15, "DM": 15}, features=12, shift=1.0)
    recipe = replace(SIMPLE, calibrated=inside, tuning=Tuning(3) if inside else None)
    part = splits(data, recipe.validation, 0)[0]
    clean = run_splits(data, recipe, Mode.NESTED, [part], seed=0)
    spoilt = data.features.copy()
    # Half of the test rows become garbage with the wrong outcome: whoever learned from them would differ.
    garbage = part.test[::2]
    spoilt.iloc[garbage] = 1e6 * np.random.default_rng(1).normal(size=(len(garbage), 12))
    swapped = data.outcome.copy()
    swapped.iloc[garbage] = swapped.iloc[garbage].map({"PM": "DM", "DM": "PM"})
    dirty = run_splits(replace(data, features=spoilt, outcome=swapped), recipe, Mode.NESTED, [part], seed=0)
    pd.testing.assert_frame_equal(clean.selections, dirty.selections)
    kept = ~clean.predictions["sample"].isin(garbage)
    columns = ["sample", "predicted", "p_DM", "p_PM"]
    pd.testing.assert_frame_equal(clean.predictions.loc[kept, columns], dirty.predictions.loc[kept, columns])
    paper = run_splits(data, SIMPLE, Mode.PAPER, [part], seed=0)
    spoilt_paper = run_splits(replace(data, features=spoilt, outcome=swapped), SIMPLE, Mode.PAPER, [part], seed=0)
    assert not paper.predictions.loc[kept, columns].equals(spoilt_paper.predictions.loc[kept, columns])


RELIABLE = Recipe(
    "reliable",
    steps=(ReliableOnly(0.8), ZScore()),
    classifiers=("LDA",),
    validation=ValidationParameters(folds=4, repeats=1),
)
ICC = pd.DataFrame({"feature": [f"feature_{n}" for n in range(6)], "icc": [0.9, 0.9, 0.9, 0.5, 0.9, 0.9]})


def test_an_icc_table_that_rests_on_test_cases_is_caught_in_nested_mode() -> None:
    data = signal_cohort({"PM": 12, "DM": 12})
    theirs = ReproducibilityTable(icc=ICC, patients=frozenset({"patient-003", "somebody else"}))
    with pytest.raises(LeakageError, match="rests on readings of patient-003"):
        validate(data, RELIABLE, Mode.NESTED, icc=theirs)
    others = ReproducibilityTable(icc=ICC, patients=frozenset({"somebody else"}))
    found = validate(data, RELIABLE, Mode.NESTED, icc=others)
    assert "feature_3" not in set(found.stability["feature"])


def test_an_icc_table_of_unknown_origin_needs_the_users_word_in_nested_mode() -> None:
    data = signal_cohort({"PM": 12, "DM": 12})
    with pytest.raises(LeakageError, match="not known whose readings"):
        validate(data, RELIABLE, Mode.NESTED, icc=ICC)
    validate(data, RELIABLE, Mode.NESTED, icc=ReproducibilityTable(icc=ICC, of_others=True))
    # The papers computed it from the whole cohort.
    validate(data, RELIABLE, Mode.PAPER, icc=ICC)


def test_readings_give_the_icc_of_the_training_patients_of_each_fold_alone() -> None:
    data = signal_cohort({"PM": 12, "DM": 12})
    readings = pd.DataFrame({"case": data.patients.repeat(2).to_numpy(), "reader": ["A", "B"] * 24})
    seen: list[set[str]] = []

    def agreement(rows: pd.DataFrame) -> pd.DataFrame:
        seen.append(set(rows["case"]))
        return ICC

    table = ReproducibilityTable(readings=readings, agreement=agreement)
    validate(data, RELIABLE, Mode.NESTED, icc=table)
    parts = splits(data, RELIABLE.validation, 0)
    assert seen == [set(data.patients.iloc[part.train]) for part in parts]
    seen.clear()
    validate(data, RELIABLE, Mode.PAPER, icc=table)
    assert seen == [set(data.patients)]
