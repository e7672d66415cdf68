"""Tests of the command ``case`` on echo trains, the scanner's maps and readers' scores, on the digital limb."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.output import write_table
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import SpinEcho
from MuscleMyopathyLib.reproducibility.form_readings import FormReading
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.journal import Do, Operation
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.score_tables import score_table
from MuscleMyopathyLib.study.case_scores import read_case_scores
from MuscleMyopathyLib.study.phantom_case import phantom_case

SMALL = Protocol(190, 100, (2.0, 2.0), thickness_mm=6, spacing_mm=60, slices=3)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a T1w image, and spin echoes on a coarser grid without a word about their times."""
    folder = tmp_path_factory.mktemp("files")
    limb = LimbParameters(pattern=Pattern.LGMDR2, protocol=SMALL)
    case = phantom_case(limb, sequences=(SpinEcho(),), spin_echoes=True)
    for series in case.series:
        if series.role is Role.T1W:
            write_image(series.image, folder / "t1w.nii.gz")
        for number, echo in enumerate(series.echoes, start=1):
            write_image(echo, folder / "mese" / f"mese_echo-{number:02d}.nii.gz")
    return folder


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    form = Form(read_scale("mercuri-modified")).scored("RF_left", "3").scored("VL_right", "2")
    table = score_table(form).assign(case="P-1", reader="R1", session=1)
    write_table(table, tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_t2_of_named_echoes_is_measured_and_the_scores_stand_in_the_report(
    files: Path, scores: Path, tmp_path: Path
) -> None:
    times = ",".join(str(10 * n) for n in range(1, 11))
    result = call(
        "case", "--t1w", files / "t1w.nii.gz", "--spin-echoes", files / "mese", "--region", "thigh", "--phantom",
        "--echo-times", f"multi-echo SE={times}", "--case", "P-1", "--scores", scores, "--no-scene",
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    measures = pd.read_csv(tmp_path / "out" / "map_measures.csv")
    assert set(measures["structure"]) == {"MUSCLE"}
    assert measures["water_t2_median_ms"].between(30, 45).all()
    assert (tmp_path / "out" / "maps" / "multi-echo-SE_water_t2.nii.gz").is_file()
    assert (tmp_path / "out" / "transfers" / "whole-muscle_on_multi-echo-SE.nii.gz").is_file()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert '<h2 id="scores">' in page
    assert "modified" in page or "mercuri" in page
    assert "echo times are unknown" not in page


def test_echo_times_of_a_series_that_is_not_there_are_refused(files: Path, tmp_path: Path) -> None:
    wrong = call(
        "case", "--t1w", files / "t1w.nii.gz", "--region", "thigh", "--echo-times", "multi-echo SE=10,20",
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert wrong.exit_code == 1
    assert "the case has no such series" in wrong.stderr
    worse = call("case", files, "--region", "thigh", "--echo-times", "T1w=10", "--output", tmp_path / "out")
    assert worse.exit_code == 2


def test_scores_are_those_of_the_case_from_a_table_or_from_a_study(scores: Path, tmp_path: Path) -> None:
    assert len(read_case_scores(scores, "P-1")) == 34
    with pytest.raises(InputError, match="holds no scores of the case P-2; it holds those of: P-1"):
        read_case_scores(scores, "P-2")
    write_table(pd.DataFrame({"case": ["P-1"]}), tmp_path / "other.csv")
    with pytest.raises(InputError, match="no table of scores: it lacks reader"):
        read_case_scores(tmp_path / "other.csv", "P-1")

    study = ReadingStudy(tmp_path / "study")
    with pytest.raises(InputError, match="holds no form"):
        read_case_scores(tmp_path, "P-1")
    reading = Reading("P-1", "R2", 1, date(2026, 1, 5), ReadingKind.FORM)
    form = FormReading.begin(study, reading, read_scale("mercuri-modified"))
    form.apply(Operation(Do.SCORE, "RF_right", "2"))
    assert set(read_case_scores(tmp_path / "study", "P-1")["reader"]) == {"R2"}
