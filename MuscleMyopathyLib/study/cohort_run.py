"""Runs the cases of a cohort, one task each: resumable, in this process or on Dask; a failing case is a row."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from MuscleMyopathyLib.errors import MuscleMyopathyError, ParameterError
from MuscleMyopathyLib.output import write_table
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.study.cohort import require_different_identifiers
from MuscleMyopathyLib.study.cohort_records import CaseRecords, CaseTables

FAILURES = "failures.csv"
_FAILURE_COLUMNS = ["case", "problem"]


class CaseTask(Protocol):
    """What is done with one case; travels to another process, so it holds file names and parameters only."""

    @property
    def identifier(self) -> str:
        """Name of the case, unique in the cohort."""

    def fingerprint(self) -> str:
        """Return a checksum over all inputs and parameters; equal ones give equal results."""

    def run(self, progress: Progress) -> CaseTables:
        """Do the work."""


@dataclass(frozen=True)
class CaseOutcome:
    """How a task ended: with a result, or with a problem in words."""

    identifier: str
    fingerprint: str = ""
    result: CaseTables | None = None
    problem: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class CohortRun:
    """What became of a cohort.

    Attributes:
        records: The finished cases on disk.
        finished: Their identifiers, in the cohort's order.
        resumed: How many of them an earlier run had finished.
        failures: Columns ``case`` and ``problem``, in the cohort's order; also written as ``failures.csv``.
    """

    records: CaseRecords
    finished: tuple[str, ...]
    resumed: int
    failures: pd.DataFrame

    @property
    def summary(self) -> str:
        """One line in words, and one for each failure."""
        earlier = f", {self.resumed} of them by an earlier run" if self.resumed else ""
        failed = f"{len(self.failures)} failed" if len(self.failures) else "none failed"
        lines = [f"{len(self.finished)} cases finished{earlier}; {failed}."]
        lines += [f"  {row.case}: {str(row.problem).splitlines()[0]}" for row in self.failures.itertuples()]
        return "\n".join(lines)


def run_cohort(
    tasks: Sequence[CaseTask],
    output: Path,
    *,
    workers: int = 1,
    scheduler: str = "",
    progress: Progress = silent,
) -> CohortRun:
    """Run all tasks that an earlier run into the same folder has not finished.

    Each finished case is written whole before the next is counted, by this process alone: a run that is stopped or
    killed at any moment leaves finished cases and nothing else that counts. Calling this again goes on from there.

    Args:
        tasks: One per case.
        output: Folder for ``cases/`` and ``failures.csv``.
        workers: Processes on this computer; 1 works in this process, without Dask.
        scheduler: Address of a running Dask scheduler (``tcp://host:8786``) instead. Its workers must see the
            input files under the same paths and have this package.
        progress: Told of every case; may raise `Cancelled`, which ends the local worker processes. Cases that a
            scheduler elsewhere has begun run to their end there; none is begun any more.

    Raises:
        ParameterError: ``workers`` is below 1.
        InputError: Two cases have one name, or no scheduler answers at the address.
        MissingPackageError: Several workers or a scheduler are asked for and ``distributed`` is not installed.
        OutputError: The folder cannot be written.
    """
    if workers < 1:
        raise ParameterError(f"workers = {workers}: at least one process is needed.")
    require_different_identifiers([task.identifier for task in tasks])
    records = CaseRecords(output)
    waiting = _unfinished(tasks, records, portion(progress, 0.0, 0.02))
    problems: dict[str, str] = {}
    done = resumed = len(tasks) - len(waiting)

    def report(fraction: float, text: str) -> None:
        failed = f", {len(problems)} failed" if problems else ""
        share = 1.0 if not tasks else (done + fraction) / len(tasks)
        progress(0.02 + 0.98 * share, f"{done} of {len(tasks)} cases done{failed}; {text}")

    report(0.0, "starting" if waiting else "nothing left to do")
    for outcome in _outcomes(waiting, workers, scheduler, report):
        if outcome.result is None:
            problems[outcome.identifier] = outcome.problem
        else:
            records.write(outcome.identifier, outcome.fingerprint, outcome.result, outcome.seconds)
        done += 1
        report(0.0, outcome.identifier)
    order = [task.identifier for task in tasks]
    failures = pd.DataFrame(
        [(case, problems[case]) for case in order if case in problems], columns=_FAILURE_COLUMNS
    )
    write_table(failures, output / FAILURES)
    return CohortRun(records, tuple(case for case in order if case not in problems), resumed, failures)


def attempt(task: CaseTask, progress: Progress = silent) -> CaseOutcome:
    """Run one task; whatever goes wrong in it becomes its problem."""
    start = time.perf_counter()
    try:
        fingerprint = task.fingerprint()
        result = task.run(progress)
    except MuscleMyopathyError as error:
        return CaseOutcome(task.identifier, problem=str(error))
    except Exception as error:
        # A fault that nobody foresaw in one case must not take the other cases with it.
        return CaseOutcome(task.identifier, problem=f"unexpected {type(error).__name__}: {error}")
    return CaseOutcome(task.identifier, fingerprint, result, seconds=time.perf_counter() - start)


def _unfinished(tasks: Sequence[CaseTask], records: CaseRecords, progress: Progress) -> list[CaseTask]:
    """Return the tasks that are left; an earlier result of other inputs or parameters counts no more."""
    waiting = []
    for number, task in enumerate(tasks):
        progress(number / len(tasks), f"looking for finished cases: {task.identifier}")
        if records.exists(task.identifier):
            try:
                if records.is_finished(task.identifier, task.fingerprint()):
                    continue
            except MuscleMyopathyError:
                # Its inputs cannot be read any more; the run says so in its row.
                pass
            records.discard(task.identifier)
        waiting.append(task)
    return waiting


def _outcomes(
    tasks: Sequence[CaseTask], workers: int, scheduler: str, progress: Progress
) -> Iterator[CaseOutcome]:
    if not tasks:
        return
    if scheduler or workers > 1:
        from MuscleMyopathyLib.study.cohort_cluster import outcomes_on_cluster

        yield from outcomes_on_cluster(tasks, min(workers, len(tasks)), scheduler, progress)
        return
    for task in tasks:
        yield attempt(task, lambda fraction, text: progress(fraction, text))
