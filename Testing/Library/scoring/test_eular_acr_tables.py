"""Tests of classifying a file of cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scoring.eular_acr_tables import classify_file
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.form_files import write_form
from MuscleMyopathyLib.scoring.scale_files import read_scale


def test_every_row_of_a_table_is_classified_or_says_why_not(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text(
        "case,age_at_onset,gottron_sign,gottron_papules,biopsy_done,dysphagia\n"
        "P-1,55,yes,yes,no,\n"
        "P-2,,,,,\n"
        "P-3,55,maybe,no,no,no\n"
        "P-4,old,no,no,no,no\n"
    )
    table = classify_file(tmp_path / "cases.csv").set_index("case")
    assert table.loc["P-1", "score_low"] == 7.5
    assert table.loc["P-1", "category"] == "definite"
    assert table.loc["P-2", "with_biopsy"] == "unknown"
    assert "gottron_sign = 'maybe'" in table.loc["P-3", "problem"]
    assert "age at onset 'old'" in table.loc["P-4", "problem"]


def test_a_filled_form_is_classified(tmp_path: Path) -> None:
    form = Form(read_scale("eular-acr-2017")).scored("age_at_onset", 55).scored("biopsy_done", True)
    write_form(form, tmp_path / "form.json")
    (row,) = classify_file(tmp_path / "form.json").to_dict("records")
    assert (row["with_biopsy"], row["score_low"]) == ("yes", 2.2)


def test_a_table_without_cases_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("patient,age_at_onset\nP-1,55\n")
    with pytest.raises(InputError, match="no column 'case'"):
        classify_file(path)
    path.write_text("case,age_at_onset\nP-1,55\nP-1,56\n")
    with pytest.raises(InputError, match="names the case 'P-1' twice"):
        classify_file(path)
