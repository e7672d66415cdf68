"""Tests of ``muscle-myopathy group-table``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["group-table", *map(str, arguments)])


@pytest.fixture
def participants(tmp_path: Path) -> Path:
    rng = np.random.default_rng(6)
    table = pd.DataFrame(
        {
            "participant_id": [f"sub-{number:02d}" for number in range(30)],
            "diagnosis": ["PM", "DM", "ADM"] * 10,
            "age": rng.normal(50, 12, 30).round(1),
            "sex": ["female", "male", "female"] * 10,
        }
    )
    table.loc[4, "age"] = np.nan
    path = tmp_path / "participants.tsv"
    table.to_csv(path, sep="\t", index=False, na_rep="n/a")
    return path


def test_a_bids_table_becomes_a_group_table_as_csv_and_page(participants: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call(
        participants, "--group", "diagnosis", "--groups", "ADM,DM,PM", "--holm",
        "--output", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    table = pd.read_csv(out / "group_table.csv")
    assert list(table.columns[3:6]) == ["ADM (n = 10)", "DM (n = 10)", "PM (n = 10)"]
    assert table["variable"].unique().tolist() == ["age", "sex"]
    assert table.loc[0, "missing DM"] == 1
    page = (out / "group_table.html").read_text(encoding="utf-8")
    assert "Cohort by diagnosis" in page
    assert "Digital phantom" not in page
    assert json.loads((out / "provenance.json").read_text(encoding="utf-8"))["parameters"]["holm"]


def test_a_table_that_says_phantom_beside_itself_is_marked(participants: Path, tmp_path: Path) -> None:
    participants.with_suffix(".json").write_text('{"phantom": true}', encoding="utf-8")
    assert call(participants, "--group", "diagnosis", "--output", tmp_path / "out").exit_code == 0
    assert "Never evidence" in (tmp_path / "out" / "group_table.html").read_text(encoding="utf-8")


def test_an_unknown_column_is_an_error_with_the_columns_there_are(participants: Path, tmp_path: Path) -> None:
    result = call(participants, "--group", "disease", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "no column disease. It has: participant_id, diagnosis, age, sex" in result.output
