"""Tests of predictions, one per patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.patient_predictions import (
    on_same_patients,
    patient_predictions,
    table_predictions,
)


def out_of_fold() -> pd.DataFrame:
    rows = [
        # Two repeats of three patients; the third is predicted once each way.
        (0, "P1", "DM", "DM", 0.2),
        (0, "P2", "PM", "PM", 0.7),
        (0, "P3", "PM", "DM", 0.4),
        (1, "P1", "DM", "DM", 0.4),
        (1, "P2", "PM", "PM", 0.9),
        (1, "P3", "PM", "PM", 0.9),
    ]
    table = pd.DataFrame(rows, columns=["repeat", "patient", "outcome", "predicted", "p_PM"])
    return table.assign(classifier="LDA", p_DM=1 - table["p_PM"])


def test_probabilities_of_a_patient_are_averaged_and_the_majority_is_the_class() -> None:
    found = patient_predictions(out_of_fold(), "LDA", ("DM", "PM"))
    assert found.patients == ("P1", "P2", "P3")
    assert found.probabilities[:, 1] == pytest.approx([0.3, 0.8, 0.65])
    assert found.predicted.tolist() == [0, 1, 1]
    assert found.outcome.tolist() == [0, 1, 1]
    assert "up to 2 predictions" in found.notes[0]


def test_the_class_of_a_single_prediction_is_the_one_predicted_even_against_the_probability() -> None:
    # scikit-learn's SVC may predict another class than its probabilities favour.
    single = out_of_fold()[:3].assign(predicted=["PM", "PM", "DM"])
    found = patient_predictions(single, "LDA", ("DM", "PM"))
    assert found.predicted.tolist() == [1, 1, 0]
    assert not found.notes


def test_a_fold_without_predictions_leaves_its_patients_to_the_other_repeats() -> None:
    table = out_of_fold()
    table.loc[[0, 1], "predicted"] = ""
    table.loc[[0, 1], ["p_PM", "p_DM"]] = np.nan
    found = patient_predictions(table, "LDA", ("DM", "PM"))
    assert found.patients == ("P3", "P1", "P2")
    assert found.probabilities[:, 1] == pytest.approx([0.65, 0.4, 0.9])
    once = patient_predictions(table[:3], "LDA", ("DM", "PM"))
    assert once.patients == ("P3",)
    assert once.notes == ("2 patients have no prediction by LDA and are left out.",)


def test_unknown_classifiers_and_patients_with_two_outcomes_are_refused() -> None:
    with pytest.raises(InputError, match=r"no predictions by QDA\. There are: LDA"):
        patient_predictions(out_of_fold(), "QDA", ("DM", "PM"))
    with pytest.raises(InputError, match="several outcomes: P1"):
        patient_predictions(out_of_fold().assign(outcome=["DM", "PM", "PM"] + ["PM"] * 3), "LDA", ("DM", "PM"))


TABLE = pd.DataFrame(
    {
        "case": ["P1", "P2", "P3"],
        "diagnosis": ["DM", "PM", "ADM"],
        "cnn": [0.2, 0.9, 0.5],
        "score": [-3.0, 4.0, 1.0],
        "reader": ["DM", "DM", "PM"],
    }
)


def test_a_table_of_probabilities_is_cut_at_the_cut_off() -> None:
    found = table_predictions(TABLE, "cnn", outcome="diagnosis", positive="PM")
    assert found.classes == ("not PM", "PM")
    assert found.outcome.tolist() == [0, 1, 0]
    assert found.predicted.tolist() == [0, 1, 1]
    assert found.calibrated_scale
    score = table_predictions(TABLE, "score", outcome="diagnosis", positive="PM", cut_off=2)
    assert score.predicted.tolist() == [0, 1, 0]
    assert not score.calibrated_scale


def test_a_column_of_predicted_classes_goes_before_the_cut_off() -> None:
    found = table_predictions(TABLE, "cnn", outcome="diagnosis", positive="PM", predicted="reader")
    assert found.predicted.tolist() == [0, 0, 1]


def test_tables_that_cannot_be_used_are_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match="no column radiomics"):
        table_predictions(TABLE, "radiomics", outcome="diagnosis", positive="PM")
    with pytest.raises(InputError, match="holds words"):
        table_predictions(TABLE, "reader", outcome="diagnosis", positive="PM")
    with pytest.raises(InputError, match="holds no 'IBM'; it holds: ADM, DM, PM"):
        table_predictions(TABLE, "cnn", outcome="diagnosis", positive="IBM")
    with pytest.raises(InputError, match="P1 stand there more than once"):
        table_predictions(TABLE.assign(case=["P1", "P1", "P3"]), "cnn", outcome="diagnosis", positive="PM")
    with pytest.raises(InputError, match="missing for P2"):
        table_predictions(TABLE.assign(cnn=[0.1, np.nan, 0.2]), "cnn", outcome="diagnosis", positive="PM")


def test_two_models_are_put_on_the_patients_that_both_have() -> None:
    first = table_predictions(TABLE, "cnn", outcome="diagnosis", positive="PM")
    second = table_predictions(TABLE[::-1].iloc[:2], "score", outcome="diagnosis", positive="PM")
    one, two = on_same_patients(first, second)
    assert one.patients == two.patients == ("P2", "P3")
    assert two.probabilities[:, 1].tolist() == [4.0, 1.0]
    assert one.notes == ("1 patients with a prediction by one of the two only are left out.",)


def test_models_with_other_outcomes_or_classes_or_patients_are_refused() -> None:
    first = table_predictions(TABLE, "cnn", outcome="diagnosis", positive="PM")
    changed = TABLE.assign(diagnosis=["PM", "PM", "ADM"])
    second = table_predictions(changed, "score", outcome="diagnosis", positive="PM")
    with pytest.raises(InputError, match="The outcome of P1 is not the same"):
        on_same_patients(first, second)
    with pytest.raises(InputError, match="cannot be compared"):
        on_same_patients(first, table_predictions(TABLE, "score", outcome="diagnosis", positive="DM"))
    elsewhere = TABLE.assign(case=["Q1", "Q2", "Q3"])
    with pytest.raises(InputError, match="no patient in common"):
        on_same_patients(first, table_predictions(elsewhere, "score", outcome="diagnosis", positive="PM"))
