"""Tests of ``muscle-myopathy agreement``."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from click.testing import CliRunner, Result

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.reproducibility.contour_perturbation import PerturbationParameters
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading
from MuscleMyopathyLib.reproducibility.simulated_reader import simulate_readings


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["agreement", *map(str, arguments)])


def table(columns: dict[str, float]) -> pd.DataFrame:
    """Return 15 cases read thrice; each column has the stated error of the readings (SD of the cases: 1)."""
    rng = np.random.default_rng(1)
    truth = {name: rng.normal(size=15) for name in columns}
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "case": [f"P{number}" for number in range(15)],
                    "reader": reader,
                    "session": session,
                    "sequence": "T1w",
                    "region": "thigh",
                    "structure": "MUSCLE",
                    "side": "both",
                    **{name: truth[name] + rng.normal(size=15) * error for name, error in columns.items()},
                }
            )
            for reader, session in (("R1", 1), ("R1", 2), ("R2", 1))
        ]
    )


@pytest.fixture
def features(tmp_path: Path) -> Path:
    path = tmp_path / "features.csv"
    table({"original_glcm_Contrast": 0.1, "lbp-2D_firstorder_Mean": 2.0}).to_csv(path, index=False)
    return path


def test_features_give_icc_filter_counts_and_means(features: Path, tmp_path: Path) -> None:
    result = call(features, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "T1w thigh MUSCLE both: 1 of 2" in result.output
    read = {path.stem: pd.read_csv(path) for path in (tmp_path / "out").glob("*.csv") if path.stem != "problems"}
    assert set(read) == {"icc", "reliable_features", "reliable_counts", "mean_icc"}
    assert len(read["icc"]) == 4
    assert read["reliable_features"]["feature"].tolist() == ["original_glcm_Contrast"]
    assert read["reliable_counts"]["reported"].tolist() == ["1 of 2"]
    assert set(read["mean_icc"]["image_type"]) == {"original", "lbp-2D"}


def test_threshold_kind_form_and_preset_are_obeyed(features: Path, tmp_path: Path) -> None:
    preset = tmp_path / "preset.yaml"
    preset.write_text("kind: inter\nform: ICC(3,1)\nthreshold: 0.5\n")
    call(features, "--preset", preset, "--threshold", 1, "--output", tmp_path / "out")
    icc = pd.read_csv(tmp_path / "out" / "icc.csv")
    assert set(icc["analysis"]) == {"inter"}
    assert set(icc["form"]) == {"ICC(3,1)"}
    assert pd.read_csv(tmp_path / "out" / "reliable_counts.csv")["reported"].tolist() == ["0 of 2"]


def test_measures_give_bland_altman(tmp_path: Path) -> None:
    path = tmp_path / "measures.csv"
    table({"ff_mean_percent": 0.2, "volume_cm3": 0.1}).to_csv(path, index=False)
    assert call(path, "--kind", "inter", "--output", tmp_path / "out").exit_code == 0
    found = pd.read_csv(tmp_path / "out" / "bland_altman.csv")
    assert found["measure"].tolist() == ["ff_mean_percent", "volume_cm3"]
    assert (found["lower_limit"] < found["bias"]).all()
    assert (found["bias"] < found["upper_limit"]).all()


def test_a_study_gives_overlap_and_says_what_is_simulated(tmp_path: Path) -> None:
    structure = Structure("SOL", Side.LEFT)
    labels = np.zeros((2, 60, 60), dtype=np.uint8)
    labels[:, 10:50, 10:50] = 1
    study = ReadingStudy(tmp_path / "study")
    reading = study.begin(Reading("P1", "R1", 1, date(2024, 1, 1)))
    study.save_segmentation(reading.key, Segmentation(sitk.GetImageFromArray(labels), {1: structure}))
    simulate_readings(study, ("R1", 1), ("R1-simulated", 1), PerturbationParameters())
    result = call("--study", study.folder, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "say nothing about readers" in result.output
    assert "inter (simulated) SOL left: Dice 0.9" in result.output
    overlap = pd.read_csv(tmp_path / "out" / "overlap.csv")
    assert overlap["band"].tolist() == ["green"]
    assert overlap["simulated"].tolist() == [True]


def test_a_table_that_cannot_be_compared_fails_in_words(features: Path, tmp_path: Path) -> None:
    one = pd.read_csv(features).query("reader == 'R1' and session == 1")
    one.to_csv(features, index=False)
    result = call(features, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "needs two sessions of one reader, and there is: R1 session 1" in result.output
    assert not (tmp_path / "out" / "icc.csv").exists()


def test_no_input_is_a_wrong_call(tmp_path: Path) -> None:
    assert call("--output", tmp_path / "out").exit_code == 2
