"""Tests of the simulated scoring study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.scoring_results import parse_raters, write_scoring_results
from MuscleMyopathyLib.reproducibility.simulated_scoring import ScoringStudyParameters, simulate_scoring_study
from MuscleMyopathyLib.scoring.scale_files import read_scale

MERCURI = read_scale("mercuri-modified")
SMALL = ScoringStudyParameters(lgmdr2_cases=4, imnm_cases=5, seed=2)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> ReadingStudy:
    study = ReadingStudy(tmp_path_factory.mktemp("study"))
    simulate_scoring_study(study, SMALL)
    return study


def test_every_simulated_reading_is_locked_and_says_that_it_is_simulated(study: ReadingStudy) -> None:
    table = study.table()
    assert len(table) == 2 * 9
    assert (table["state"] == "locked").all()
    assert table["simulated"].all()
    assert table["reader"].str.contains("simulated").all()
    assert table["notes"].str.startswith("Simulated").all()
    assert (table["problem"] == "").all()


def test_the_same_seed_gives_the_same_study(study: ReadingStudy, tmp_path: Path) -> None:
    again = ReadingStudy(tmp_path)
    simulate_scoring_study(again, SMALL)
    first, second = ({r.key: again_or.get(r.key).seal for r in again_or.readings()} for again_or in (study, again))
    assert first == second


def test_a_study_is_not_simulated_over_another(study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="already"):
        simulate_scoring_study(study, SMALL)


def test_the_results_lie_on_disk_with_the_figures_in_words(study: ReadingStudy, tmp_path: Path) -> None:
    summary = write_scoring_results(study, MERCURI, tmp_path, notice="Simulated.")
    assert summary[0] == "Simulated."
    assert (tmp_path / "summary.txt").read_text(encoding="utf-8").splitlines() == summary
    assert len(pd.read_csv(tmp_path / "scores.csv")) == 18 * 34
    assert len(pd.read_csv(tmp_path / "groups.csv")) == 17
    heat, cases = pd.read_csv(tmp_path / "heat_map.csv"), pd.read_csv(tmp_path / "heat_map_cases.csv")
    assert heat.columns[2:].tolist() == cases["case"].tolist()
    assert cases["diagnosis"].tolist() == ["LGMDR2"] * 4 + ["IMNM"] * 5
    assert (tmp_path / "kappa.csv").is_file()
    assert (tmp_path / "sums.csv").is_file()


def test_one_reader_alone_has_no_agreement(tmp_path: Path, study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="no form by R9, session 1"):
        write_scoring_results(study, MERCURI, tmp_path, raters=parse_raters("R9:1", None))


@pytest.mark.parametrize("text", ["R1", "R1:", ":1", "R1:one"])
def test_a_rater_is_named_by_reader_and_session(text: str) -> None:
    with pytest.raises(ParameterError, match="write reader and session such as R1:2"):
        parse_raters(text, None)
