"""Jobs: what a process says reaches the panel, and none outlives its Cancel."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Heard:
    """What a job told its owner."""

    def __init__(self) -> None:
        self.progress: list[tuple[float, str, float | None]] = []
        self.result: Path | None = None
        self.failure: tuple[str, str] | None = None
        self.cancelled = False

    @property
    def over(self) -> bool:
        return self.result is not None or self.failure is not None or self.cancelled


@pytest.fixture
def run(module: Any) -> Callable[[str], tuple[Any, Heard]]:
    """Return a function that starts a Python script as a job."""
    from MuscleMyopathyPanels.job import Job

    def start(script: str) -> tuple[Any, Heard]:
        heard = Heard()
        job = Job(
            [],
            progressed=lambda *told: heard.progress.append(told),
            finished=lambda path: setattr(heard, "result", path),
            failed=lambda text, details: setattr(heard, "failure", (text, details)),
            cancelled=lambda: setattr(heard, "cancelled", True),
            command=[sys.executable, "-c", script],
        )
        job.start()
        return job, heard

    return start


def test_progress_and_result_are_told(run: Any, wait_until: Any) -> None:
    script = (
        'import time; print(\'{"fraction": 0.5, "text": "RF left"}\', flush=True);'
        'time.sleep(0.5); print(\'{"result": "out"}\')'
    )
    job, heard = run(script)
    wait_until(lambda: heard.over, seconds=20)
    assert heard.progress[0][:2] == (0.5, "RF left")
    assert heard.result == Path("out")
    assert not job.running


def test_the_words_of_an_error_are_told(run: Any, wait_until: Any) -> None:
    _job, heard = run('print(\'{"error": "No such series."}\'); raise SystemExit(1)')
    wait_until(lambda: heard.over, seconds=20)
    assert heard.failure == ("No such series.", "")


def test_a_crash_is_told_with_its_exit_code_and_the_error_stream(run: Any, wait_until: Any) -> None:
    _job, heard = run("import os, sys; print('out of memory', file=sys.stderr, flush=True); os.abort()")
    wait_until(lambda: heard.over, seconds=20)
    assert heard.failure is not None
    text, details = heard.failure
    assert "exit code" in text
    assert "out of memory" in details


def test_a_process_that_ends_well_without_a_result_has_failed(run: Any, wait_until: Any) -> None:
    _job, heard = run("pass")
    wait_until(lambda: heard.over, seconds=20)
    assert heard.failure is not None


@pytest.mark.skipif(sys.platform == "win32", reason="reads the process table of POSIX")
def test_cancel_ends_the_children_of_the_process_within_a_second(run: Any, wait_until: Any) -> None:
    import os

    script = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        'print(\'{"fraction": 0.1, "text": "%d"}\' % child.pid, flush=True); time.sleep(60)'
    )
    job, heard = run(script)
    wait_until(lambda: heard.progress, seconds=20)
    child = int(heard.progress[0][1])
    job.cancel()
    wait_until(lambda: heard.over, seconds=1.0)
    assert heard.cancelled
    for _attempt in range(20):
        if (
            not Path(f"/proc/{child}").exists()
            or "Z" in Path(f"/proc/{child}/stat").read_text(encoding="utf-8").split()[2]
        ):
            break
        time.sleep(0.05)
    else:
        os.kill(child, 0)
        pytest.fail("the child of the cancelled process still runs")


def test_what_cannot_be_started_is_told(module: Any) -> None:
    from MuscleMyopathyPanels.job import Job

    heard = Heard()
    Job(
        [],
        progressed=lambda *told: None,
        finished=lambda path: None,
        failed=lambda text, details: setattr(heard, "failure", (text, details)),
        cancelled=lambda: None,
        command=["/no/such/program"],
    ).start()
    assert heard.failure is not None
    assert "could not be started" in heard.failure[0]
