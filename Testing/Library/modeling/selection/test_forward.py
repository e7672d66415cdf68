"""Sequential forward selection: scikit-learn's features, the number by accuracy, patients together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from MuscleMyopathyLib.modeling.patient_folds import patient_folds
from MuscleMyopathyLib.modeling.platt_scaling import PlattScaledSVM
from MuscleMyopathyLib.modeling.selection.forward import ForwardFeatureSelection
from Testing.Library.modeling.synthetic_cohort import signal_cohort

DATA = signal_cohort({"PM": 19, "DM": 22, "ADM": 14}, features=9, shift=1.2, seed=5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (LinearDiscriminantAnalysis(), LinearDiscriminantAnalysis()),
        (KNeighborsClassifier(), KNeighborsClassifier()),
        (
            RandomForestClassifier(n_estimators=10, random_state=0),
            RandomForestClassifier(n_estimators=10, random_state=0),
        ),
        (PlattScaledSVM(), SVC()),
    ],
    ids=["LDA", "k-NN", "RF", "SVM"],
)
def test_the_features_are_those_of_scikit_learns_sequential_feature_selector(ours: object, theirs: object) -> None:
    folds = patient_folds(DATA.outcome, None, 5, 2)
    # All five folds test eleven cases: whole numbers of them tie exactly, accuracies by rounding only.
    expected = SequentialFeatureSelector(
        clone(theirs), n_features_to_select=3, cv=folds, scoring=lambda m, x, y: round(11 * m.score(x, y))
    ).fit(DATA.features.to_numpy(), DATA.outcome)
    found = ForwardFeatureSelection(ours, fewest=3, most=3, folds=5, seed=2).fit(DATA.matrix, DATA.outcome)
    np.testing.assert_array_equal(found.get_support(), expected.get_support())


@pytest.mark.parametrize(("patients", "most"), [(45, 3), (55, 4), (30, 3)])
def test_the_number_of_patients_limits_the_features_as_in_the_paper(patients: int, most: int) -> None:
    # Nagawa: 3 features of 45 patients, 3 to 4 of 55. A signal in every feature makes the fourth worth while.
    rng = np.random.default_rng(1)
    outcome = np.resize(["a", "b"], patients)
    values = rng.normal(size=(patients, 8)) + 0.9 * (outcome == "b")[:, None]
    counts = {
        int(
            ForwardFeatureSelection(LinearDiscriminantAnalysis(), seed=seed)
            .fit(values, outcome)
            .get_support()
            .sum()
        )
        for seed in range(12)
    }
    assert max(counts) == most
    assert min(counts) >= 3


def test_of_equal_accuracies_the_lower_number_is_taken() -> None:
    outcome = np.resize(["a", "b"], 60)
    values = np.column_stack([10.0 * (outcome == "b"), *np.random.default_rng(0).normal(size=(5, 60)) * 0.01])
    found = ForwardFeatureSelection(KNeighborsClassifier(), fewest=2, most=5, patients_per_feature=1)
    assert found.fit(values, outcome).get_support().sum() == 2


def test_fewer_features_than_asked_for_are_all_taken_and_the_step_says_so() -> None:
    data = signal_cohort({"a": 15, "b": 15}, features=2)
    step = ForwardFeatureSelection(LinearDiscriminantAnalysis()).fit(data.matrix, data.outcome)
    assert step.get_support().all()
    assert step.note_ == "2 features were left to select 3 from; all were taken"


def test_a_feature_that_knows_the_patient_does_not_win_where_patients_have_several_rows() -> None:
    # Feature 0 tells the patient, not the disease: only when a patient's other rows train does it help k-NN.
    rng = np.random.default_rng(3)
    outcome = np.repeat(np.resize(["a", "b"], 24), 4)
    patient = np.repeat(np.arange(24), 4)
    values = np.column_stack(
        [10.0 * rng.permutation(24)[patient] + rng.normal(size=96) * 0.1, rng.normal(size=96)]
    )
    values[:, 1] += 1.5 * (outcome == "b")
    one = {"fewest": 1, "most": 1, "folds": 4}
    by_row = ForwardFeatureSelection(KNeighborsClassifier(3), **one).fit(values, outcome)
    named = pd.DataFrame(values, index=pd.Index(patient, name="patient"))
    by_patient = ForwardFeatureSelection(KNeighborsClassifier(3), **one).fit(named, outcome)
    assert by_row.get_support().tolist() == [True, False]
    assert by_patient.get_support().tolist() == [False, True]
