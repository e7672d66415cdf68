"""Tests of ``muscle-myopathy readings``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from click.testing import CliRunner, Result

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.label_schemes import write_itksnap_labels
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import ReadingKey

KEY = ReadingKey("P1", "R1", 1)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["readings", *map(str, arguments)])


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A label image with its ITK-SNAP label file beside it."""
    labels = np.zeros((2, 40, 40), dtype=np.uint8)
    labels[:, 10:30, 10:30] = 3
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(tmp_path / "drawn.nii.gz"))
    write_itksnap_labels({3: Structure("SOL", Side.LEFT)}, tmp_path / "drawn.txt")
    return tmp_path / "drawn.nii.gz"


@pytest.fixture
def study(tmp_path: Path, drawn: Path) -> Path:
    folder = tmp_path / "study"
    result = call("import", folder, drawn, "--case", "P1", "--reader", "R1", "--date", "2024-01-01")
    assert result.exit_code == 0, result.output
    return folder


def test_an_imported_reading_is_in_the_study_with_its_date_and_source(study: Path) -> None:
    reading = ReadingStudy(study).get(KEY)
    assert reading.date.isoformat() == "2024-01-01"
    assert reading.source == "drawn.nii.gz"
    assert ReadingStudy(study).segmentation(KEY).mask(Structure("SOL", Side.LEFT)).sum() == 800


def test_importing_the_same_reading_again_is_refused(study: Path, drawn: Path) -> None:
    result = call("import", study, drawn, "--case", "P1", "--reader", "R1")
    assert result.exit_code == 1
    assert "A repeat is a new session: --session 2" in result.output


def test_a_further_part_is_added_to_an_open_reading_and_refused_by_a_locked_one(study: Path, drawn: Path) -> None:
    further = ("import", study, drawn, "--case", "P1", "--reader", "R1", "--part")
    assert call(*further, "calf").exit_code == 0
    assert ReadingStudy(study).get(KEY).parts == ("", "calf")
    assert call("lock", study, "--case", "P1", "--reader", "R1").exit_code == 0
    result = call(*further, "thigh")
    assert result.exit_code == 1
    assert "is locked" in result.output


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--case", "../P1", "cannot name a case"),
        ("--date", "1.5.2024", "is no date"),
        ("--session", "0", "Sessions are counted"),
    ],
)
def test_a_wrong_value_leaves_no_reading_behind(
    tmp_path: Path, drawn: Path, option: str, value: str, message: str
) -> None:
    values = {"--case": "P9", "--reader": "R1", option: value}
    result = call("import", tmp_path / "new", drawn, *(text for pair in values.items() for text in pair))
    assert result.exit_code == 1
    assert message in result.output
    assert not (tmp_path / "new").exists()


def test_another_grid_than_the_images_is_refused_with_both(tmp_path: Path, drawn: Path) -> None:
    sitk.WriteImage(sitk.Image(40, 40, 3, sitk.sitkInt16), str(tmp_path / "image.nii.gz"))
    options = ("--case", "P9", "--reader", "R1", "--image", tmp_path / "image.nii.gz")
    result = call("import", tmp_path / "new", drawn, *options)
    assert result.exit_code == 1
    assert "40 × 40 × 3" in result.output
    assert "40 × 40 × 2" in result.output
    assert not (tmp_path / "new").exists()


def test_the_list_warns_of_a_repeat_that_came_too_soon(study: Path, drawn: Path, tmp_path: Path) -> None:
    call("import", study, drawn, "--case", "P1", "--reader", "R1", "--session", 2, "--date", "2024-01-31")
    assert "30 days after session 1: closer than 60 days" in call("list", study).output
    assert call("list", study, "--output", tmp_path / "list.csv").exit_code == 0
    assert pd.read_csv(tmp_path / "list.csv")["session"].tolist() == [1, 2]


def test_the_list_of_a_blinded_reader_shows_only_the_reading_at_hand(study: Path, drawn: Path) -> None:
    call("import", study, drawn, "--case", "P1", "--reader", "R2", "--date", "2024-03-03")
    shown = call("list", study, "--reader", "R2", "--session", 1).output
    assert "2024-03-03" in shown
    assert "2024-01-01" not in shown
    assert call("list", study, "--reader", "R2").exit_code == 2


def test_a_simulated_second_reader_is_made_marked_and_locked(study: Path) -> None:
    result = call("perturb", study, "--reader", "R1", "--displacement-mm", 2, "--seed", 5)
    assert result.exit_code == 0, result.output
    reading = ReadingStudy(study).get(ReadingKey("P1", "R1-simulated", 1))
    assert reading.simulated
    assert reading.perturbation["displacement_mm"] == 2.0
    assert reading.perturbation["seed"] == 5


def test_help_says_that_simulated_readings_are_no_evidence() -> None:
    assert "never evidence about readers" in " ".join(call("perturb", "--help").output.split())
