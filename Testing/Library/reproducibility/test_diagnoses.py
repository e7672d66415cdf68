"""Tests of the table of participants."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.diagnoses import read_diagnoses, write_diagnoses


def test_diagnoses_survive_the_file(tmp_path: Path) -> None:
    diagnoses = {"P-1": "LGMDR2", "P-2": "IMNM"}
    write_diagnoses(diagnoses, tmp_path / "participants.tsv", "simulated")
    assert read_diagnoses(tmp_path / "participants.tsv") == diagnoses
    assert (tmp_path / "participants.tsv").read_text(encoding="utf-8").splitlines()[
        1
    ] == "sub-P-1\tLGMDR2\tsimulated"


def test_cases_without_a_diagnosis_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tdiagnosis\nP-1\tDM\nP-2\tn/a\nP-3\t\n")
    assert read_diagnoses(path) == {"P-1": "DM"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("participant_id\tgroup\nP-1\tDM\n", "no column 'diagnosis'. It has: participant_id, group"),
        ("participant_id\tdiagnosis\nP-1\tDM\nsub-P-1\tPM\n", "names P-1 twice"),
        ("", "cannot be read as a table"),
    ],
)
def test_a_table_that_does_not_tell_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "participants.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_diagnoses(tmp_path / "participants.tsv")
