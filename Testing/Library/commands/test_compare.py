"""Tests of ``muscle-myopathy compare``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.modeling.validation.files import write_validation
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from Testing.Library.modeling.small_validations import three_classes


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["compare", *map(str, arguments), "--resamples", "100"])


@pytest.fixture
def cnn_and_score(tmp_path: Path) -> Path:
    """Return the external test of seed 004 as far as it is printed: 43 and 31 of 46 patients right."""
    truth = np.repeat(["PM", "other"], 23)
    # Sensitivity 22/23 and specificity 21/23 of the CNN; 16/23 and 15/23 of the radiomics score.
    cnn = np.r_[np.full(22, 0.9), 0.2, np.full(21, 0.1), np.full(2, 0.8)]
    score = np.r_[np.full(16, 2.0), np.full(7, -1.0), np.full(15, -2.0), np.full(8, 1.0)]
    path = tmp_path / "predictions.csv"
    pd.DataFrame({"case": range(46), "diagnosis": truth, "cnn": cnn, "score": score}).to_csv(path, index=False)
    return path


def test_a_table_of_two_models_gives_delong_and_mcnemar(cnn_and_score: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call(
        cnn_and_score, "--outcome", "diagnosis", "--positive", "PM", "--first", "cnn", "--second", "score",
        "--first-predicted", "called", "--output", out,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "no column called" in result.output
    table = pd.read_csv(cnn_and_score)
    table["called"] = np.where(table["score"] >= 0, "PM", "other")
    table.to_csv(cnn_and_score, index=False)
    result = call(
        cnn_and_score, "--outcome", "diagnosis", "--positive", "PM", "--first", "cnn", "--second", "score",
        "--second-predicted", "called", "--output", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    found = pd.read_csv(out / "comparison.csv").set_index(["measure", "method"])
    accuracy = found.loc[("accuracy", "McNemar, mid-p")]
    assert accuracy["first_value"] == pytest.approx(43 / 46)
    assert accuracy["second_value"] == pytest.approx(31 / 46)
    assert accuracy["p"] < 0.01
    assert found.loc[("AUC", "DeLong"), "patients"] == 46
    # In the 23 with PM only the CNN is right in 6, only the score in none: 2 · 0.5⁶ less half of it.
    assert found.loc[("sensitivity", "McNemar, mid-p"), "p"] == pytest.approx(2 * 0.5**6 - 0.5**6)
    shares = pd.read_csv(out / "diagnostic_accuracy.csv").set_index(["classifier", "measure"])
    assert shares.loc[("cnn", "PPV"), ["count", "of"]].tolist() == [22, 24]
    assert shares.loc[("score", "specificity"), ["count", "of"]].tolist() == [15, 23]
    assert "cnn against score: 46 patients" in (out / "comparison.html").read_text(encoding="utf-8")
    provenance = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["parameters"]["resamples"] == 100
    assert not provenance["phantom"]


def test_folders_of_validations_are_compared_and_the_phantom_stays_marked(tmp_path: Path) -> None:
    for mode in Mode:
        write_validation(three_classes(mode), tmp_path / "validation" / str(mode))
    nested = tmp_path / "validation" / "nested"
    one = call(nested, "--output", tmp_path / "one")
    assert one.exit_code == 0, one.output
    assert "LDA – k-NN: AUC" in one.output
    assert "corrected t test over the splits: p =" in one.output
    assert "Never evidence about patients" in (tmp_path / "one" / "comparison.html").read_text(encoding="utf-8")
    paper = tmp_path / "validation" / "paper"
    both = call(nested, paper, "--first", "LDA", "--second", "LDA", "--output", tmp_path / "two")
    assert both.exit_code == 0, both.output
    assert "nested: LDA – paper: LDA" in both.output
    assert "which flatters it" in (tmp_path / "two" / "comparison.html").read_text(encoding="utf-8")


def test_what_cannot_be_compared_is_said(cnn_and_score: Path, tmp_path: Path) -> None:
    missing = call(cnn_and_score, "--first", "cnn", "--output", tmp_path / "out")
    assert missing.exit_code == 1
    assert "--positive" in missing.output
    empty = tmp_path / "empty"
    empty.mkdir()
    none = call(empty, "--output", tmp_path / "out")
    assert none.exit_code == 1
    assert "holds no validation" in none.output
    for mode in Mode:
        write_validation(three_classes(mode), tmp_path / "validation" / str(mode))
    whole = call(tmp_path / "validation", "--output", tmp_path / "out")
    assert whole.exit_code == 1
    assert f"{tmp_path / 'validation' / 'nested'} or " in whole.output.replace("\n", " ")
    mixed = call(empty, cnn_and_score, "--output", tmp_path / "out")
    assert "one or two folders" in mixed.output
