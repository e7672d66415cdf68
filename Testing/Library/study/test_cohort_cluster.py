"""Tests of cohorts on Dask: a scheduler of the user's, workers that die, and Dask that is not there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from distributed import LocalCluster

from MuscleMyopathyLib.errors import InputError, MissingPackageError, MuscleMyopathyError
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.study.cohort_csv import read_cohort_csv
from MuscleMyopathyLib.study.cohort_features import measure_cohort
from MuscleMyopathyLib.study.cohort_records import CaseTables
from MuscleMyopathyLib.study.cohort_run import run_cohort
from Testing.Library.study.tiny_cohort import tiny_preset, write_tiny_cohort


@dataclass(frozen=True)
class Task:
    identifier: str
    dies: bool = False
    seconds: float = 0.0

    def fingerprint(self) -> str:
        return self.identifier

    def run(self, progress: Progress = silent) -> CaseTables:
        if self.dies:
            os._exit(1)
        time.sleep(self.seconds)
        return CaseTables({"features": pd.DataFrame({"case": [self.identifier]})}, {"process": os.getpid()})


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with LocalCluster(
        n_workers=2, threads_per_worker=2, dashboard_address="127.0.0.1:0", silence_logs="CRITICAL"
    ) as cluster:
        yield cluster.scheduler_address


def test_a_scheduler_at_an_address_gives_the_same_tables_as_this_process(tmp_path: Path, scheduler: str) -> None:
    cases = read_cohort_csv(write_tiny_cohort(tmp_path, 4), "muscle-myopathy")
    measure_cohort(cases, tiny_preset(), tmp_path / "here")
    measure_cohort(cases, tiny_preset(), tmp_path / "there", scheduler=scheduler)
    for name in ("features.csv", "grey_levels.csv", "cases.csv", "failures.csv"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_an_address_without_a_scheduler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("MuscleMyopathyLib.study.cohort_cluster._CONNECT_S", 0.5)
    with pytest.raises(InputError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        run_cohort([Task("A")], tmp_path, scheduler="tcp://127.0.0.1:9")


def test_a_case_that_ends_its_process_is_a_row_and_the_others_are_done(tmp_path: Path) -> None:
    names = list("ABCDEFGH")
    run = run_cohort([Task(name, dies=name == "B") for name in names], tmp_path, workers=2)
    assert run.failures.values.tolist() == [
        ["B", "its worker process ended by itself, probably for want of memory"]
    ]
    assert run.finished == tuple("ACDEFGH")


def test_several_workers_without_dask_say_what_to_install_or_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingPackageError, match=r"pip install muscle-myopathy\[distributed\].*--workers 1"):
        run_cohort([Task("A"), Task("B")], tmp_path, workers=2)
    assert run_cohort([Task("A"), Task("B")], tmp_path, workers=1).finished == ("A", "B")


def test_workers_with_another_version_of_this_package_are_refused(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("MuscleMyopathyLib.study.cohort_cluster.__version__", "0.0.1")
    with pytest.raises(InputError, match=r"have version .* of this package, and this is 0\.0\.1"):
        run_cohort([Task("A")], tmp_path, scheduler=scheduler)


def test_a_scheduler_that_goes_away_is_said_and_finished_cases_are_kept(tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs="CRITICAL"
    ) as cluster:

        def progress(fraction: float, text: str) -> None:
            if text.startswith("1 of 2 cases done"):
                cluster.close()

        with pytest.raises(MuscleMyopathyError, match="The Dask scheduler went away"):
            run_cohort(
                [Task("A"), Task("B", seconds=60)],
                tmp_path,
                scheduler=cluster.scheduler_address,
                progress=progress,
            )
    assert run_cohort([Task("A"), Task("B")], tmp_path).resumed == 1
