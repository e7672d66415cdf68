"""Tests of ``muscle-myopathy cohort``: what a user types, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from Testing.Library.study.tiny_cohort import PRESET_YAML, write_tiny_cohort


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "tiny.yaml").write_text(PRESET_YAML)
    return write_tiny_cohort(tmp_path, 3)


def cohort(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["cohort", *map(str, arguments)])


def measure(listed: Path, *arguments: object) -> Result:
    folder = listed.parent
    fixed = ("features", listed, "--preset", folder / "tiny.yaml", "--output", folder / "out")
    return cohort(*fixed, "--label-scheme", "muscle-myopathy", *arguments)


def test_a_cohort_ends_with_how_many_finished_and_which_failed(listed: Path) -> None:
    (listed.parent / "P1_T1w.nii.gz").unlink()
    result = measure(listed)
    assert result.exit_code == 0, result.output
    assert "2 cases finished; 1 failed." in result.stdout
    assert "  P1: " in result.stdout
    assert pd.read_csv(listed.parent / "out" / "failures.csv")["case"].tolist() == ["P1"]
    assert set(pd.read_csv(listed.parent / "out" / "features.csv")["case"]) == {"P0", "P2"}


def test_a_repeated_command_goes_on_where_it_was(listed: Path) -> None:
    (listed.parent / "P1_T1w.nii.gz").rename(listed.parent / "away.nii.gz")
    measure(listed)
    (listed.parent / "away.nii.gz").rename(listed.parent / "P1_T1w.nii.gz")
    assert "3 cases finished, 2 of them by an earlier run; none failed." in measure(listed).stdout


def test_as_a_job_it_counts_the_cases(listed: Path) -> None:
    lines = [json.loads(line) for line in measure(listed, "--progress", "json").stdout.splitlines()]
    fractions = [line["fraction"] for line in lines if "fraction" in line]
    assert fractions == sorted(fractions)
    assert any(str(line.get("text", "")).startswith("2 of 3 cases done") for line in lines)
    assert lines[-1] == {"result": str(listed.parent / "out" / "features.csv")}


def test_a_list_without_the_meaning_of_its_labels_is_refused(listed: Path) -> None:
    result = cohort("features", listed, "--preset", "nagawa2021", "--output", listed.parent / "out")
    assert result.exit_code == 1
    assert "nothing says what the labels mean" in result.output


def test_a_simulated_study_is_one_command(tmp_path: Path) -> None:
    preset = tmp_path / "tiny.yaml"
    preset.write_text(PRESET_YAML)
    result = cohort(
        "simulate-study", "--cases", 2, "--protocol", "small", "--preset", preset, "--output", tmp_path / "study"
    )
    assert result.exit_code == 0, result.output
    assert "Simulated data: a digital phantom, no patient." in result.stdout
    assert "2 cases finished; none failed." in result.stdout
    assert len(pd.read_csv(tmp_path / "study" / "features_reliable.csv")) == 2
