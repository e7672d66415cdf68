"""What a study decides before its first form."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_readings import FormReading
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind
from MuscleMyopathyLib.reproducibility.study_settings import (
    FILE,
    StudySettings,
    read_study_settings,
    write_study_settings,
)
from MuscleMyopathyLib.scoring.scale_files import read_scale


def test_suggestions_are_not_shown_first_unless_the_study_says_so(tmp_path: Path) -> None:
    assert not read_study_settings(tmp_path).suggestions_shown_first
    write_study_settings(tmp_path, StudySettings(suggestions_shown_first=True))
    assert read_study_settings(tmp_path).suggestions_shown_first


def test_the_settings_stay_once_a_form_is_begun(tmp_path: Path) -> None:
    reading = Reading("P-1", "R1", 1, date(2024, 5, 1), kind=ReadingKind.FORM)
    FormReading.begin(ReadingStudy(tmp_path), reading, read_scale("mercuri-modified"))
    with pytest.raises(InputError, match="holds forms already"):
        write_study_settings(tmp_path, StudySettings(suggestions_shown_first=True))
    write_study_settings(tmp_path, StudySettings())


@pytest.mark.parametrize("text", ["{", "[]", '{"unknown": 1}', '{"suggestions_shown_first": 1}'])
def test_damaged_settings_are_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=FILE):
        read_study_settings(tmp_path)
