"""Folds by patient: stratified, no patient on both sides, and scikit-learn's where each patient has one row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.patient_folds import inner_folds, patient_folds, patient_split

OUTCOME = np.repeat(["PM", "DM", "ADM"], [19, 22, 14])


def test_with_one_row_per_patient_the_folds_are_scikit_learns() -> None:
    expected = list(StratifiedKFold(10, shuffle=True, random_state=3).split(OUTCOME, OUTCOME))
    patients = np.array([f"p{n}" for n in range(55)], dtype=object)
    for names in (None, patients):
        found = patient_folds(OUTCOME, names, 10, 3)
        for (train, test), (expected_train, expected_test) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(train, expected_train)
            np.testing.assert_array_equal(test, expected_test)


def test_all_rows_of_a_patient_stand_on_one_side_and_each_row_tests_once() -> None:
    patients = np.repeat([f"p{n}" for n in range(55)], 3).astype(object)
    outcome = np.repeat(OUTCOME, 3)
    order = np.random.default_rng(0).permutation(165)
    found = patient_folds(outcome[order], patients[order], 5, 0)
    for train, test in found:
        assert not set(patients[order][train]) & set(patients[order][test])
        assert {name: int((outcome[order][test] == name).sum()) // 3 for name in ("PM", "DM", "ADM")}["ADM"] in (
            2,
            3,
        )
    np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in found])), np.arange(165))


def test_a_class_with_fewer_patients_than_folds_is_refused_with_all_counts() -> None:
    outcome = np.repeat(["DM", "ADM"], [20, 4])
    with pytest.raises(InputError, match=r"ADM has fewer patients.*\(10\).*ADM 4, DM 20"):
        patient_folds(outcome, None, 10, 0)


def test_rows_of_few_patients_do_not_count_as_patients() -> None:
    outcome = np.repeat(["DM", "ADM"], [20, 20])
    patients = np.array([f"d{n}" for n in range(20)] + [f"a{n % 4}" for n in range(20)], dtype=object)
    with pytest.raises(InputError, match="ADM 4, DM 20"):
        patient_folds(outcome, patients, 5, 0)


def test_a_split_keeps_the_share_of_each_class() -> None:
    outcome = np.repeat(["LGMDR2", "IMNM"], [30, 45])
    train, test = patient_split(outcome, None, 0.3, 0)
    assert (len(train), len(test)) == (52, 23)
    assert int((outcome[test] == "LGMDR2").sum()) == 9
    with pytest.raises(InputError, match="leaves a side without"):
        patient_split(np.repeat(["a", "b"], 3), None, 0.1, 0)


def test_inner_folds_follow_the_patients_in_the_index_and_shrink_to_the_rarest_class() -> None:
    table = pd.DataFrame({"x": np.arange(40.0)}, index=pd.Index(np.repeat(np.arange(20), 2), name="patient"))
    outcome = np.repeat(["DM", "ADM"], [34, 6])
    found = inner_folds(table, outcome, 5, 0)
    assert len(found) == 3
    for train, test in found:
        assert not set(table.index[train]) & set(table.index[test])
