"""A cohort for classifiers: what is read, and what is refused with the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import read_cohort


def a_table(groups: list[str]) -> pd.DataFrame:
    count = len(groups)
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"case": [f"c{n}" for n in range(count)], "t2_ms": rng.normal(40, 3, count), "ff": rng.normal(size=count)}
    ).assign(group=groups)


def test_features_are_the_numeric_columns_without_keys_outcome_patient_and_centre() -> None:
    table = a_table(["DM", "PM"] * 3).assign(centre=["A", "B"] * 3, session=1, comment="seen", phantom=True)
    data = read_cohort(table, None, "group", centre="centre")
    assert list(data.features.columns) == ["t2_ms", "ff"]
    assert data.centres is not None
    assert set(data.centres) == {"A", "B"}
    assert data.phantom
    assert any("comment" in note for note in data.notes)


def test_outcomes_come_from_participants_tsv_with_or_without_the_prefix_sub() -> None:
    table = a_table(["DM", "PM"] * 3)
    people = pd.DataFrame({"participant_id": "sub-" + table["case"], "diagnosis": table["group"]}).iloc[::-1]
    data = read_cohort(table.drop(columns="group"), people, "diagnosis")
    assert data.outcome.tolist() == table["group"].tolist()


def test_sequences_and_regions_of_a_feature_table_are_fused_side_by_side() -> None:
    keys = {"reader": "A", "session": 1, "structure": "muscles", "side": "both", "problem": ""}
    rows = [
        {"case": case, "sequence": sequence, "region": "thigh", **keys, "original_glcm_Contrast": value + number}
        for number, case in enumerate("abcd")
        for sequence, value in (("T1w", 1.0), ("water", 10.0))
    ]
    people = pd.DataFrame({"case": list("abcd"), "group": ["x", "y"] * 2})
    data = read_cohort(pd.DataFrame(rows), people, "group")
    assert list(data.features.columns) == [
        "thigh.T1w.original_glcm_Contrast",
        "thigh.water.original_glcm_Contrast",
    ]
    assert data.features.iloc[2].tolist() == [3.0, 12.0]
    one = data.with_columns(["thigh.T1w.*"])
    assert list(one.features.columns) == ["thigh.T1w.original_glcm_Contrast"]
    with pytest.raises(InputError, match=r"calf\.T1w"):
        data.with_columns(["calf.T1w.*"])


def test_the_matrix_carries_the_patient_of_each_row_as_its_index() -> None:
    table = pd.concat([a_table(["DM", "PM"] * 2)] * 2).reset_index(drop=True)
    data = read_cohort(table, None, "group")
    assert data.matrix.index.name == "patient"
    assert data.matrix.index.tolist() == table["case"].tolist()
    assert data.class_counts == {"DM": 2, "PM": 2}
    assert any("8 rows of 4 patients" in note for note in data.notes)


def test_one_class_only_is_refused() -> None:
    with pytest.raises(InputError, match="one class only: 'DM' 4"):
        read_cohort(a_table(["DM"] * 4), None, "group")


def test_an_outcome_that_differs_by_its_case_is_listed_as_a_typo_with_counts() -> None:
    with pytest.raises(InputError, match=r"typos.*'pm' for 'PM'.*'DM' 6, 'PM' 5, 'pm' 1"):
        read_cohort(a_table(["DM"] * 6 + ["PM"] * 5 + ["pm"]), None, "group")


def test_spaces_around_an_outcome_do_not_make_a_class() -> None:
    data = read_cohort(a_table(["DM"] * 5 + ["PM"] * 5 + [" PM "]), None, "group")
    assert data.class_counts == {"DM": 5, "PM": 6}


def test_a_rare_outcome_that_resembles_a_frequent_one_is_listed_as_a_typo() -> None:
    with pytest.raises(InputError, match=r"'LGMDR1' for 'LGMDR2'.*'LGMDR2' 10, 'IMNM' 8, 'LGMDR1' 1"):
        read_cohort(a_table(["LGMDR2"] * 10 + ["IMNM"] * 8 + ["LGMDR1"]), None, "group")


def test_the_groups_of_nagawa_are_no_typos_of_each_other() -> None:
    data = read_cohort(a_table(["PM"] * 19 + ["DM"] * 22 + ["ADM"] * 14), None, "group")
    assert data.class_counts == {"ADM": 14, "DM": 22, "PM": 19}


def test_an_outcome_that_is_none_of_the_named_classes_is_listed_with_counts() -> None:
    with pytest.raises(InputError, match=r"one of DM, PM.*'DM' 3, 'PM' 3, 'IBM' 1"):
        read_cohort(a_table(["DM", "PM"] * 3 + ["IBM"]), None, "group", classes=("DM", "PM"))


def test_outcomes_left_out_are_named_in_the_notes() -> None:
    table = a_table(["DM", "PM"] * 3 + ["IBM"])
    data = read_cohort(table, None, "group", classes=("PM", "DM"), leave_out=("IBM",))
    assert data.classes == ("PM", "DM")
    assert len(data.features) == 6
    assert "1 rows left out ('IBM')." in data.notes


def test_a_missing_outcome_names_the_patient() -> None:
    table = a_table(["DM", "PM"] * 3)
    table.loc[4, "group"] = np.nan
    with pytest.raises(InputError, match="missing for c4"):
        read_cohort(table, None, "group")
    assert len(read_cohort(table, None, "group", leave_out=("",)).features) == 5


def test_a_patient_whom_the_outcomes_do_not_know_is_named() -> None:
    people = pd.DataFrame({"case": ["c0", "c1"], "group": ["DM", "PM"]})
    with pytest.raises(InputError, match="does not know 2 of the patients: c2, c3"):
        read_cohort(a_table(["DM", "PM"] * 2).drop(columns="group"), people, "group")


def test_constant_and_empty_features_are_dropped_and_named() -> None:
    table = a_table(["DM", "PM"] * 3).assign(same=1.0, nothing=np.nan)
    data = read_cohort(table, None, "group")
    assert list(data.features.columns) == ["t2_ms", "ff"]
    assert "Constant features, left out: same." in data.notes
    assert "Features without any value, left out: nothing." in data.notes
    with pytest.raises(InputError, match="no feature"):
        read_cohort(table[["case", "group", "same"]], None, "group")


def test_infinite_values_are_refused_and_missing_ones_noted() -> None:
    table = a_table(["DM", "PM"] * 3)
    table.loc[0, "ff"] = np.inf
    with pytest.raises(InputError, match="infinite values in ff"):
        read_cohort(table, None, "group")
    table.loc[0, "ff"] = np.nan
    assert "1 values are missing in ff." in read_cohort(table, None, "group").notes


def test_imbalance_and_more_features_than_patients_are_noted() -> None:
    wide = a_table(["DM"] * 8 + ["PM"] * 3)
    wide = wide.assign(**{f"f{n}": np.random.default_rng(n).normal(size=11) for n in range(12)})
    notes = " ".join(read_cohort(wide, None, "group").notes)
    assert "not balanced (8 DM, 3 PM)" in notes
    assert "14 features of 11 patients" in notes


def test_a_patient_with_two_outcomes_is_noted() -> None:
    table = pd.concat([a_table(["DM", "PM"] * 3)] * 2).reset_index(drop=True)
    table.loc[6, "group"] = "PM"
    notes = read_cohort(table, None, "group").notes
    assert any("1 patient has rows of different outcomes (c0)" in note for note in notes)


def test_two_patients_with_the_very_same_values_are_noted_but_equal_mercuri_scores_are_not() -> None:
    table = a_table(["DM", "PM"] * 3).assign(third=np.arange(6) / 7)
    table.loc[5, ["t2_ms", "ff", "third"]] = table.loc[2, ["t2_ms", "ff", "third"]]
    assert any("c2 and c5" in note for note in read_cohort(table, None, "group").notes)
    scores = pd.DataFrame({"case": list("abcd"), "rf": [1, 1, 2, 3], "vl": [0, 0, 2, 2], "vm": [4, 4, 1, 0]})
    data = read_cohort(scores.assign(group=["x", "y"] * 2), None, "group")
    assert not any("very same" in note for note in data.notes)


def test_a_missing_column_lists_those_that_are_there() -> None:
    with pytest.raises(InputError, match=r"no column 'diagnosis'.*t2_ms"):
        read_cohort(a_table(["DM", "PM"]), None, "diagnosis")
    with pytest.raises(InputError, match="'case' or 'participant_id' or 'patient'"):
        read_cohort(a_table(["DM", "PM"]).rename(columns={"case": "who"}), None, "group")


def test_columns_that_number_the_patients_are_no_features_but_scores_are() -> None:
    table = a_table(["DM"] * 6 + ["PM"] * 6)
    rng = np.random.default_rng(1)
    # As pandas and spreadsheets leave it in a table that is sorted by group: it gives the outcome away.
    table.insert(0, "Unnamed: 0", range(12))
    table = table.assign(visit=range(101, 113), ID=[3, 7, 9, 20, 31, 40, 44, 50, 61, 70, 81, 93])
    table = table.assign(mercuri=rng.integers(0, 5, 12), age=[30, 31, 33, 40, 41, 45, 50, 52, 58, 60, 66, 71])
    data = read_cohort(table, None, "group")
    assert list(data.features.columns) == ["t2_ms", "ff", "mercuri", "age"]
    assert any("Unnamed: 0, visit, ID" in note for note in data.notes)
    twice = pd.concat([table, table], ignore_index=True)
    assert list(read_cohort(twice, None, "group").features.columns) == ["t2_ms", "ff", "mercuri", "age"]
    named = read_cohort(table, None, "group", columns=["visit", "ff"])
    assert list(named.features.columns) == ["ff", "visit"]
    assert any("visit" in note for note in named.notes)


def test_the_outcome_under_another_name_is_no_feature() -> None:
    table = a_table(["DM", "PM", "ADM"] * 4).assign(group_code=[1, 2, 0] * 4, jo1=[0, 1, 0, 0, 0, 1] * 2)
    data = read_cohort(table, None, "group")
    assert list(data.features.columns) == ["t2_ms", "ff", "jo1"]
    assert any("group_code" in note for note in data.notes)


def test_a_text_among_the_numbers_of_a_column_is_shown() -> None:
    table = a_table(["DM", "PM"] * 3).assign(ck=["310", "<5", "200", "", "44", "12"], t1=["1,5", "2,25"] * 3)
    notes = " ".join(read_cohort(table, None, "group").notes)
    assert "ck ('<5')" in notes
    assert "t1 ('1,5')" in notes


def test_patients_with_an_outcome_and_no_features_are_named() -> None:
    table = a_table(["DM", "PM"] * 3)
    people = pd.DataFrame({"participant_id": [*("sub-" + table["case"]), "sub-x", "sub-y"]})
    people["diagnosis"] = [*table["group"], "PM", "control"]
    data = read_cohort(table.drop(columns="group"), people, "diagnosis", leave_out=["control"])
    assert any("No features of 1 in the table of outcomes, who take no part: sub-x." in n for n in data.notes)
    assert not any("sub-y" in note for note in data.notes)


def test_a_measure_as_outcome_is_refused_in_one_sentence() -> None:
    table = a_table(["DM", "PM"] * 20)
    with pytest.raises(InputError, match=r"40 different values .* and 35 more"):
        read_cohort(table, None, "t2_ms")


def test_a_named_class_without_patients_is_no_typo() -> None:
    with pytest.raises(InputError, match="No patient's group is ADM"):
        read_cohort(a_table(["DM", "PM"] * 3), None, "group", classes=["PM", "DM", "ADM"])


def test_rows_of_a_patient_name_what_they_differ_in() -> None:
    table = pd.concat(
        [a_table(["DM", "PM"] * 3).assign(reader="A", side=side) for side in ("left", "right")], ignore_index=True
    )
    assert any(
        "12 rows of 6 patients, which differ in side;" in n for n in read_cohort(table, None, "group").notes
    )


def test_features_of_another_cohort_are_taken_although_constant_here() -> None:
    table = a_table(["DM", "PM"] * 3).assign(mercuri=0)
    data = read_cohort(table, None, "group", exactly=["mercuri", "ff"])
    assert list(data.features.columns) == ["mercuri", "ff"]
