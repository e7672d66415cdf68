"""Tests of the journal: what is on the disk after every key, and after a kill."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.journal import Do, FormJournal, Operation
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import read_scale, scale_from_mapping

SCORING = """
import sys
from pathlib import Path
from MuscleMyopathyLib.scoring.journal import Do, FormJournal, Operation
from MuscleMyopathyLib.scoring.scale_files import read_scale

scale = read_scale("mercuri-modified")
journal = FormJournal.begin(Path(sys.argv[1]), scale)
key = 0
while True:
    target = scale.targets[key % 34]
    journal.apply(Operation(Do.SCORE, target.id, str((key // 34 + key) % 5), seconds=1.0))
    key += 1
    print(key, flush=True)
"""


def form_after(scale: Scale, keys: int) -> Form:
    form = Form(scale)
    for key in range(keys):
        form = form.scored(scale.targets[key % 34].id, str((key // 34 + key) % 5)).spent(1.0)
    return form


def test_killing_the_process_at_any_moment_loses_at_most_the_last_key(mercuri: Scale, tmp_path: Path) -> None:
    rng = random.Random(4)
    for attempt in range(4):
        path = tmp_path / f"{attempt}.journal"
        process = subprocess.Popen([sys.executable, "-c", SCORING, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.3))
        os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        rest, _ = process.communicate()
        shown = int(rest.split()[-1]) if rest.split() else 1
        restored = FormJournal.resume(path, mercuri).form
        # The key being written when the process died may have reached the disk without having been shown.
        kept = int(restored.seconds)
        assert shown <= kept <= shown + 1
        assert restored == form_after(mercuri, kept)


def test_a_journal_cut_at_any_byte_restores_every_whole_line(mercuri: Scale, tmp_path: Path) -> None:
    path = tmp_path / "form.journal"
    journal = FormJournal.begin(path, mercuri)
    forms = [journal.form]
    sizes = [path.stat().st_size]
    for operation in (
        Operation(Do.SCORE, "RF_right", "2", seconds=1.0),
        Operation(Do.NOT_ASSESSABLE, "VL_right", "Störung ✗", seconds=2.0),
        Operation(Do.UNDO, seconds=0.5),
    ):
        forms.append(journal.apply(operation))
        sizes.append(path.stat().st_size)
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        expected = forms[sum(size <= cut for size in sizes[1:])]
        resumed = FormJournal.resume(path, mercuri)
        assert resumed.form == expected
        # Scoring goes on after the torn line as if it had never been there.
        after = resumed.apply(Operation(Do.SCORE, "TA_left", "4"))
        assert FormJournal.resume(path, mercuri).form == after


def test_what_was_done_can_be_undone_after_a_restart(mercuri: Scale, tmp_path: Path) -> None:
    path = tmp_path / "form.journal"
    journal = FormJournal.begin(path, mercuri)
    journal.apply(Operation(Do.SCORE, "RF_right", "2"))
    journal.apply(Operation(Do.SCORE, "RF_right", "3"))
    resumed = FormJournal.resume(path, mercuri)
    assert resumed.apply(Operation(Do.UNDO)).answer("RF_right").value == "2"
    assert FormJournal.resume(path, mercuri).apply(Operation(Do.REDO)).answer("RF_right").value == "3"


def test_every_kind_of_operation_is_restored(mercuri: Scale, tmp_path: Path) -> None:
    path = tmp_path / "form.journal"
    journal = FormJournal.begin(path, mercuri)
    for operation in (
        Operation(Do.SUGGEST, "RF_right", ("3", 44.5)),
        Operation(Do.SCORE, "RF_right", "2", 1.5),
        Operation(Do.SAME_AS_OTHER_SIDE, "RF_left", seconds=0.5),
        Operation(Do.NOT_ASSESSABLE, "VL_left", "cut off"),
        Operation(Do.CLEAR, "VL_left"),
        Operation(Do.UNDO),
        Operation(Do.REDO),
        Operation(Do.PAUSE, seconds=30.0),
    ):
        journal.apply(operation)
    restored = FormJournal.resume(path, mercuri).form
    assert restored == journal.form
    assert restored.seconds == 32.0
    assert restored.suggestions["RF_right"] == ("3", 44.5)


def test_numbers_and_several_choices_are_restored(tmp_path: Path) -> None:
    sheet = read_scale("clinical-sheet")
    journal = FormJournal.begin(tmp_path / "sheet.journal", sheet)
    journal.apply(Operation(Do.SCORE, "ck", 195.5))
    journal.apply(Operation(Do.SCORE, "antibodies", ["SRP", "Ro-52"]))
    assert FormJournal.resume(tmp_path / "sheet.journal", sheet).form == journal.form


def test_a_refused_score_leaves_no_trace(mercuri: Scale, tmp_path: Path) -> None:
    path = tmp_path / "form.journal"
    journal = FormJournal.begin(path, mercuri)
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="not on the scale"):
        journal.apply(Operation(Do.SCORE, "RF_right", "7"))
    assert path.read_bytes() == before


def test_a_form_open_twice_is_refused_at_the_second_ones_key(mercuri: Scale, tmp_path: Path) -> None:
    path = tmp_path / "form.journal"
    first = FormJournal.begin(path, mercuri)
    second = FormJournal.resume(path, mercuri)
    first.apply(Operation(Do.SCORE, "RF_right", "2"))
    with pytest.raises(InputError, match="open twice"):
        second.apply(Operation(Do.SCORE, "RF_right", "3"))
    assert FormJournal.resume(path, mercuri).form == first.form


def test_a_journal_cannot_be_begun_again(mercuri: Scale, tmp_path: Path) -> None:
    FormJournal.begin(tmp_path / "form.journal", mercuri)
    with pytest.raises(InputError, match="exists already"):
        FormJournal.begin(tmp_path / "form.journal", mercuri)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"n": 1, "do": "score", "seconds": 0, "target"', "line 2 is damaged"),
        ('{"n": 2, "do": "undo", "seconds": 0}', "line 2 is damaged .it is numbered 2"),
        ('{"n": 1, "do": "score", "seconds": 0, "target": "RF_left", "value": "8"}', "line 2 does not fit"),
        ('{"n": 1, "do": "erase", "seconds": 0}', "line 2 does not fit"),
    ],
)
def test_a_damaged_line_is_an_error_and_not_a_guess(
    mercuri: Scale, tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "form.journal"
    FormJournal.begin(path, mercuri)
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=message):
        FormJournal.resume(path, mercuri)


def test_a_journal_of_an_older_version_is_migrated_and_goes_on_in_the_new_one(
    own_scale: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "form.journal"
    lines = [
        {"n": 0, "scale": "own-scale", "version": 1},
        {"n": 1, "do": "score", "seconds": 2.0, "target": "QF_left", "value": "a-bit"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    scale = scale_from_mapping(own_scale)
    journal = FormJournal.resume(path, scale)
    assert journal.form.answer("RF_left").value == "some"
    after = journal.apply(Operation(Do.SCORE, "RF_right", "much"))
    without_old_versions = scale_from_mapping({**own_scale, "migrations": {}})
    assert FormJournal.resume(path, without_old_versions).form.answers == after.answers
