"""LASSO: finds what carries the signal, keeps patients together inside, and never leaves nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LassoCV
from sklearn.model_selection import StratifiedKFold

from MuscleMyopathyLib.modeling.selection.lasso import LassoSelection
from Testing.Library.modeling.synthetic_cohort import signal_cohort


def test_the_features_are_those_of_scikit_learns_lasso_with_the_same_folds() -> None:
    data = signal_cohort({"IMNM": 25, "LGMDR2": 20}, features=15)
    values, outcome = data.features.to_numpy(), data.outcome.to_numpy()
    folds = list(StratifiedKFold(10, shuffle=True, random_state=4).split(values, outcome))
    expected = LassoCV(cv=folds, max_iter=10_000).fit(values, (outcome == "LGMDR2").astype(float)).coef_ != 0
    found = LassoSelection(folds=10, seed=4).fit(data.matrix, outcome)
    np.testing.assert_array_equal(found.get_support(), expected)
    assert found.get_support()[:2].all()


def test_three_classes_share_one_set_of_features() -> None:
    data = signal_cohort({"PM": 25, "DM": 25, "ADM": 20}, features=12, shift=2.0)
    found = LassoSelection(folds=5).fit(data.matrix, data.outcome)
    assert found.get_support()[:3].all()
    assert found.get_support().sum() < 12


def test_in_noise_at_least_one_feature_stays_and_the_step_says_so() -> None:
    rng = np.random.default_rng(11)
    outcome = np.resize(["a", "b"], 40)
    notes = []
    for _ in range(12):
        step = LassoSelection(folds=5).fit(rng.normal(size=(40, 6)), outcome)
        assert step.get_support().sum() >= 1
        notes.append(step.note_)
    assert any("the best penalty left 0 features" in note for note in notes)


def test_rows_of_one_patient_do_not_choose_the_penalty_for_each_other() -> None:
    # Ten noisy features per patient, each patient five times: with rows split freely a twin of every test row
    # trains, and the weakest penalty wins; by patient noise is recognised.
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=(24, 10)), 5, axis=0) + 0.01 * rng.normal(size=(120, 10))
    outcome = np.repeat(np.resize(["a", "b"], 24), 5)
    by_row = LassoSelection(folds=5).fit(values, outcome)
    named = pd.DataFrame(values, index=pd.Index(np.repeat(np.arange(24), 5), name="patient"))
    by_patient = LassoSelection(folds=5).fit(named, outcome)
    assert by_row.get_support().sum() > 5
    assert by_patient.penalty_ > 3 * by_row.penalty_
