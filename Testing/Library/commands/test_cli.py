"""Tests of the command line: what a user types, and what comes back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.study.results import read_results


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_help_lists_every_command_with_a_sentence() -> None:
    result = call("--help")
    assert result.exit_code == 0
    for name in cli.list_commands(None):  # type: ignore[arg-type]
        assert f"  {name} " in result.stdout


@pytest.mark.parametrize("name", cli.list_commands(None))  # type: ignore[arg-type]
def test_every_command_explains_itself(name: str) -> None:
    result = call(name, "--help")
    assert result.exit_code == 0, result.output
    assert "--" in result.stdout


def test_series_says_what_each_image_is_and_why(images: Path) -> None:
    result = call("series", images)
    assert result.exit_code == 0
    assert 'The file name says "water": water image of a Dixon series.' in result.stdout


def test_series_names_the_files_that_are_no_images_and_why(images: Path, tmp_path: Path) -> None:
    shutil.copy(images / "thigh_T1w.nii.gz", tmp_path)
    (tmp_path / "notes.txt").write_text("seen by a radiologist", encoding="utf-8")
    result = call("series", tmp_path)
    assert result.exit_code == 0
    assert "Left out: notes.txt: not an image file" in result.stdout


def test_series_prints_json_for_programs(images: Path) -> None:
    (row,) = [row for row in json.loads(call("series", images, "--json").stdout) if row["name"] == "thigh_T1w"]
    assert (row["role"], row["region"]) == ("T1w", "thigh")


def test_case_leaves_results_that_read_back_and_a_report(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "results"
    labels = images.parent / "truth" / "muscles.nii.gz"
    result = call("case", images, "--labels", labels, "--case", "P-017", "--output", output, "--no-scene")
    assert result.exit_code == 0, result.output
    assert f"Report: {output / 'report.html'}" in result.stdout
    back = read_results(output)
    assert back.case.identifier == "P-017"
    assert back.case.phantom
    assert (back.measures["structure"] == "RF").sum() == 2
    assert "phantom" in (output / "report.html").read_text(encoding="utf-8").lower()


def test_case_as_a_job_reports_progress_and_its_result_as_json_lines(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "results"
    water, fat = images / "thigh_water.nii.gz", images / "thigh_fat.nii.gz"
    result = call(
        "case", "--water", water, "--fat", fat, "--region", "thigh", "--erosion-mm", 2,
        "--output", output, "--no-scene", "--progress", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    *progress, last = lines(result)
    assert last == {"result": str(output)}
    fractions = [line["fraction"] for line in progress]
    assert fractions == sorted(fractions)  # type: ignore[type-var]
    assert (pd.read_csv(output / "measures.csv")["erosion_mm"] == 2).all()


def test_a_failing_job_says_why_in_its_last_line(images: Path, tmp_path: Path) -> None:
    result = call(
        "case", "--water", images / "thigh_water.nii.gz", "--fat", images.parent / "truth" / "muscles.nii.gz",
        "--labels", images / "thigh_fat.nii.gz", "--region", "thigh", "--output", tmp_path, "--progress", "json",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "is no label image" in str(lines(result)[-1]["error"])


def test_an_error_names_the_input_and_the_way_out_and_shows_no_traceback(images: Path, tmp_path: Path) -> None:
    result = call("case", images.parent / "truth" / "muscles.txt", "--output", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output


def test_an_output_folder_that_cannot_be_made_is_refused_before_the_work(images: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    result = call("case", images, "--output", tmp_path / "taken", "--no-scene")
    assert result.exit_code == 1
    assert "Choose another output folder" in result.stderr


def test_a_role_that_does_not_exist_is_a_wrong_call(images: Path, tmp_path: Path) -> None:
    result = call("case", images, "--role", "thigh_T1w=T9", "--output", tmp_path)
    assert result.exit_code == 2
    assert "T1w, T2w, STIR" in result.stderr


def test_segment_writes_compartments_with_their_label_description(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "compartments.nii.gz"
    result = call(
        "segment", "--water", images / "thigh_water.nii.gz", "--fat", images / "thigh_fat.nii.gz",
        "--region", "thigh", "--output", output, "--whole-muscle", tmp_path / "muscle.nrrd",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert read_image(output).GetSize() == read_image(images / "thigh_water.nii.gz").GetSize()
    assert '"subcutaneous fat left"' in (tmp_path / "compartments.txt").read_text(encoding="utf-8")
    assert '"whole muscle right"' in (tmp_path / "muscle.txt").read_text(encoding="utf-8")


def test_measure_equals_the_measures_of_the_whole_case(images: Path, tmp_path: Path) -> None:
    labels = images.parent / "truth" / "muscles.nii.gz"
    call("case", images, "--labels", labels, "--output", tmp_path / "case", "--no-scene")
    result = call(
        "measure", "--water", images / "thigh_water.nii.gz", "--fat", images / "thigh_fat.nii.gz",
        "--labels", labels, "--output", tmp_path / "m.csv",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    key = ["structure", "side"]
    alone = pd.read_csv(tmp_path / "m.csv").set_index(key).dropna(subset="ff_mean_percent")
    whole = pd.read_csv(tmp_path / "case" / "measures.csv").set_index(key).loc[alone.index]
    columns = ["voxel_count", "ff_mean_percent", "ff_ratio_of_sums_percent", "ff_p95_percent"]
    pd.testing.assert_frame_equal(alone[columns], whole[columns])


def test_measure_wants_water_and_fat_or_a_map(images: Path, tmp_path: Path) -> None:
    water = images / "thigh_water.nii.gz"
    result = call("measure", "--water", water, "--labels", water, "--output", tmp_path / "m.csv")
    assert result.exit_code == 2
    assert "either --water and --fat, or --ff-map" in result.stderr


def test_the_command_runs_as_a_module_where_it_is_not_on_the_path() -> None:
    command = [sys.executable, "-m", "MuscleMyopathyLib", "--version"]
    assert "muscle-myopathy" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
