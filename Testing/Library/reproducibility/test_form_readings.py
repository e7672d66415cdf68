"""Tests of forms as readings of a study."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_readings import (
    FormReading,
    forms_of_study,
    journal_path,
    save_locked_form,
    study_scores,
    study_sums,
)
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind, ReadingState
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.journal import Do, Operation
from MuscleMyopathyLib.scoring.scale_files import read_scale

MERCURI = read_scale("mercuri-modified")
READING = Reading("P-017", "R1", 1, date(2024, 5, 1), ReadingKind.FORM)


@pytest.fixture
def study(tmp_path: Path) -> ReadingStudy:
    return ReadingStudy(tmp_path)


def test_every_key_is_in_the_study_when_it_returns(study: ReadingStudy) -> None:
    open_form = FormReading.begin(study, READING, MERCURI)
    open_form.apply(Operation(Do.SCORE, "RF_right", "2", seconds=1.5))
    assert study.form(READING.key, MERCURI.id)["answers"] == {"RF_right": {"value": "2"}}
    resumed = FormReading.resume(study, READING.key, MERCURI)
    assert resumed.form == open_form.form


def test_two_readings_by_one_reader_and_session_are_refused(study: ReadingStudy) -> None:
    first = FormReading.begin(study, READING, MERCURI)
    with pytest.raises(InputError, match=r"form of P-017 by R1, session 1 on Modified Mercuri.* already.*use 2"):
        FormReading.begin(study, READING, MERCURI)
    first.lock()
    with pytest.raises(InputError, match=r"is locked. A repeat is a new session: use 2"):
        FormReading.begin(study, READING, MERCURI)


def test_one_reading_may_hold_forms_of_several_scales(study: ReadingStudy) -> None:
    mercuri = FormReading.begin(study, READING, MERCURI)
    lung = FormReading.begin(study, READING, read_scale("ild-hrct"))
    mercuri.apply(Operation(Do.SCORE, "RF_right", "2"))
    lung.apply(Operation(Do.SCORE, "extent", "3"))
    assert study.get(READING.key).parts == ("mercuri-modified", "ild-hrct")
    assert study.form(READING.key, "ild-hrct")["answers"] == {"extent": {"value": "3"}}


def test_a_locked_form_refuses_further_scores_and_keeps_no_journal(study: ReadingStudy) -> None:
    open_form = FormReading.begin(study, READING, MERCURI)
    open_form.apply(Operation(Do.SCORE, "RF_right", "2"))
    assert open_form.lock().state is ReadingState.LOCKED
    with pytest.raises(InputError, match="locked"):
        open_form.apply(Operation(Do.SCORE, "RF_right", "3"))
    with pytest.raises(InputError, match="is locked"):
        FormReading.resume(study, READING.key, MERCURI)
    assert not journal_path(study, READING.key, MERCURI).exists()
    forms, _ = forms_of_study(study, MERCURI)
    assert forms[READING.key].locked
    assert forms[READING.key].answer("RF_right").value == "2"


def test_a_reading_of_contours_holds_no_form(study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="give it the kind 'form'"):
        FormReading.begin(study, Reading("P-017", "R1", 1, date(2024, 5, 1)), MERCURI)


def test_a_form_that_was_changed_after_it_was_locked_is_left_out_with_the_reason(study: ReadingStudy) -> None:
    for reader in ("R1", "R2"):
        form = Form(MERCURI).scored("RF_right", "2")
        save_locked_form(study, Reading("P-017", reader, 1, date(2024, 5, 1), ReadingKind.FORM), form)
    path = study.path_of(READING.key) / READING.file_name(MERCURI.id)
    values = json.loads(path.read_text(encoding="utf-8"))
    values["answers"]["RF_right"]["value"] = "4"
    path.write_text(json.dumps(values))
    forms, problems = forms_of_study(study, MERCURI)
    assert [key.reader for key in forms] == ["R2"]
    assert problems.loc[0, ["case", "reader"]].tolist() == ["P-017", "R1"]
    assert "changed after it was locked" in problems.loc[0, "problem"]


def test_scores_and_sums_of_a_study_stand_under_case_reader_and_session(study: ReadingStudy) -> None:
    form = Form(MERCURI).spent(90.0)
    for target in MERCURI.targets:
        form = form.scored(target.id, "1")
    save_locked_form(study, READING, form)
    forms, _ = forms_of_study(study, MERCURI)
    scores = study_scores(forms)
    assert scores.columns[:3].tolist() == ["case", "reader", "session"]
    assert len(scores) == 34
    assert (scores["form_seconds"] == 90.0).all()
    sums = study_sums(forms).set_index(["case", "reader", "session", "region", "side"])
    assert sums.loc[("P-017", "R1", 1, "", "both"), "score"] == 34


def test_a_study_without_forms_says_so(study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="no form on this scale"):
        study_scores({})
