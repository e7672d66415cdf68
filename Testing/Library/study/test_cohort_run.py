"""Tests of running a cohort: what fails, what is resumed, and what a kill in the middle leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from psutil import Process

from MuscleMyopathyLib.errors import GeometryError, InputError, ParameterError
from MuscleMyopathyLib.progress import Cancelled, Progress, silent
from MuscleMyopathyLib.study.cohort_records import CaseRecords, CaseTables
from MuscleMyopathyLib.study.cohort_run import CaseTask, run_cohort


@dataclass(frozen=True)
class Task:
    """Leaves a line in a log each time it runs."""

    identifier: str
    log: Path
    content: str = "1"
    seconds: float = 0.0
    fault: Exception | None = None

    def fingerprint(self) -> str:
        return self.content

    def run(self, progress: Progress = silent) -> CaseTables:
        with self.log.open("a") as stream:
            stream.write(f"{self.identifier}\n")
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            progress(0.5, "working")
            time.sleep(0.01)
        if self.fault is not None:
            raise self.fault
        return CaseTables({"features": pd.DataFrame({"case": [self.identifier], "value": [1 / 3]})}, {})


def tasks(log: Path, names: str = "ABC", **changes: object) -> list[CaseTask]:
    return [Task(name, log, **changes) for name in names]  # type: ignore[arg-type]


def runs(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").split() if log.is_file() else []


def test_finished_cases_are_not_done_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_cohort(tasks(log, "AB"), tmp_path)
    again = run_cohort(tasks(log, "ABC"), tmp_path)
    assert runs(log) == ["A", "B", "C"]
    assert again.finished == ("A", "B", "C")
    assert again.resumed == 2


def test_a_case_whose_inputs_changed_is_done_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_cohort(tasks(log, "AB"), tmp_path)
    again = run_cohort([Task("A", log), Task("B", log, content="2")], tmp_path)
    assert runs(log) == ["A", "B", "B"]
    assert again.resumed == 1


def test_a_case_whose_table_was_damaged_is_done_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = run_cohort(tasks(log, "A"), tmp_path)
    path = first.records.path_of("A") / "features.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    run_cohort(tasks(log, "A"), tmp_path)
    assert runs(log) == ["A", "A"]
    assert path.read_bytes() == whole


def test_a_case_without_its_manifest_is_not_taken_for_finished(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = run_cohort(tasks(log, "A"), tmp_path)
    (first.records.path_of("A") / "case.json").unlink()
    assert run_cohort(tasks(log, "A"), tmp_path).resumed == 0


def test_a_failing_case_is_a_row_and_the_others_are_done(tmp_path: Path) -> None:
    log = tmp_path / "log"
    wrong = GeometryError("The grids differ.\n  one: 3 × 3\n  other: 4 × 4")
    run = run_cohort(
        [
            Task("A", log),
            Task("B", log, fault=wrong),
            Task("C", log, fault=ZeroDivisionError("x")),
            Task("D", log),
        ],
        tmp_path,
    )
    assert run.finished == ("A", "D")
    written = pd.read_csv(tmp_path / "failures.csv")
    assert written["case"].tolist() == ["B", "C"]
    assert written["problem"].tolist() == [str(wrong), "unexpected ZeroDivisionError: x"]
    assert run.summary.splitlines()[:2] == ["2 cases finished; 2 failed.", "  B: The grids differ."]


def test_a_failed_case_is_tried_again_and_its_row_goes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_cohort([Task("A", log, fault=InputError("not yet there"))], tmp_path)
    run = run_cohort([Task("A", log)], tmp_path)
    assert run.finished == ("A",)
    assert pd.read_csv(tmp_path / "failures.csv").empty


def test_the_earlier_result_of_a_case_that_now_fails_counts_no_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_cohort(tasks(log, "A"), tmp_path)
    run_cohort([Task("A", log, content="2", fault=InputError("gone"))], tmp_path)
    assert not run_cohort(tasks(log, ""), tmp_path).records.exists("A")


def test_numbers_and_texts_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=2000) * 10.0 ** np.arange(-100, 100, 0.1)
    table = pd.DataFrame({"case": "007", "reader": "", "session": 1, "value": numbers})
    records = CaseRecords(tmp_path)
    records.write("007", "f", CaseTables({"features": table}, {}), seconds=1.0)
    pd.testing.assert_frame_equal(records.joined(["007"], "features"), table, check_exact=True, check_dtype=False)


def test_two_cases_of_one_name_are_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cases occur twice"):
        run_cohort(tasks(tmp_path / "log", "AA"), tmp_path)
    assert runs(tmp_path / "log") == []


def test_no_worker_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="workers = 0"):
        run_cohort(tasks(tmp_path / "log"), tmp_path, workers=0)


def cancel_when(condition: Callable[[], bool]) -> Progress:
    def progress(fraction: float, text: str) -> None:
        if condition():
            raise Cancelled

    return progress


def test_cancelling_in_the_middle_keeps_what_is_finished(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(Cancelled):
        run_cohort(tasks(log, seconds=0.05), tmp_path, progress=cancel_when(lambda: len(runs(log)) == 2))
    run = run_cohort(tasks(log), tmp_path)
    assert run.resumed == 1
    assert runs(log) == ["A", "B", "B", "C"]


def test_cancelling_ends_every_worker_process(tmp_path: Path) -> None:
    log = tmp_path / "log"
    before = {child.pid for child in Process().children(recursive=True)}
    seen: set[int] = set()

    def working() -> bool:
        seen.update(child.pid for child in Process().children(recursive=True) if child.pid not in before)
        return bool(runs(log))

    start = time.monotonic()
    with pytest.raises(Cancelled):
        run_cohort(tasks(log, seconds=60), tmp_path, workers=2, progress=cancel_when(working))
    assert time.monotonic() - start < 40
    workers = seen - {
        child.pid for child in Process().children() if "resource_tracker" in " ".join(child.cmdline())
    }
    assert len(workers) >= 2
    assert not workers & {child.pid for child in Process().children(recursive=True)}


COHORT_OF_SLOW_CASES = """
import sys
from pathlib import Path
from Testing.Library.study.test_cohort_run import tasks
from MuscleMyopathyLib.study.cohort_run import run_cohort
output = Path(sys.argv[1])
run_cohort(tasks(output / "log", "ABCDEFGHIJ", seconds=float(sys.argv[2])), output, workers=2)
"""


def group_of(leader: int) -> list[int]:
    members = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            members.append(int(entry.parent.name))
    return members


@pytest.mark.skipif(
    not hasattr(os, "killpg") or not Path("/proc").is_dir(), reason="needs process groups and /proc"
)
@pytest.mark.parametrize("whole_tree", [True, False], ids=["the whole process tree", "the main process alone"])
def test_a_cohort_killed_in_the_middle_goes_on_and_loses_or_doubles_no_case(
    tmp_path: Path, whole_tree: bool
) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", COHORT_OF_SLOW_CASES, folder, "0.4"],
        start_new_session=True,
        cwd=Path(__file__).parents[3],
    )
    try:
        deadline = time.monotonic() + 60
        while len(list(folder.glob("cases/*/case.json"))) < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        if whole_tree:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
    finished = len(list(folder.glob("cases/*/case.json")))
    assert 3 <= finished < 10
    deadline = time.monotonic() + 20
    while group_of(process.pid):
        assert time.monotonic() < deadline, "a worker outlives the process that started it"
        time.sleep(0.1)

    resumed = run_cohort(tasks(folder / "log", "ABCDEFGHIJ"), folder)
    assert resumed.resumed == finished
    uninterrupted = run_cohort(tasks(tmp_path / "log", "ABCDEFGHIJ"), tmp_path / "whole")
    joined = [run.records.joined(list(run.finished), "features") for run in (resumed, uninterrupted)]
    pd.testing.assert_frame_equal(joined[0], joined[1], check_exact=True)
    assert joined[0]["case"].tolist() == list("ABCDEFGHIJ")
    shutil.rmtree(folder)
