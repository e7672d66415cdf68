"""Tests of ``muscle-myopathy features``: what a user types, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.radiomics.presets import read_radiomics_preset
from Testing.Library.study.tiny_cohort import PRESET_YAML, write_tiny_case


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    write_tiny_case(tmp_path, "a", 0)
    write_tiny_case(tmp_path, "b", 1)
    (tmp_path / "tiny.yaml").write_text(PRESET_YAML)
    return tmp_path


def features(folder: Path, *arguments: object) -> Result:
    fixed = ("features", "--preset", folder / "tiny.yaml", "--output", folder / "features.csv")
    return CliRunner().invoke(cli, [str(argument) for argument in (*fixed, *arguments)])


def one_image(folder: Path) -> list[str]:
    return ["--image", f"T1w={folder / 'a_T1w.nii.gz'}", "--labels", str(folder / "a_mask.nii.gz")]


def test_images_and_labels_become_a_table_with_a_row_per_structure_and_sequence(tiny: Path) -> None:
    result = features(tiny, *one_image(tiny), "--image", f"water={tiny / 'b_T1w.nii.gz'}", "--case", "A")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tiny / "features.csv")
    assert table[["case", "sequence", "structure", "side"]].values.tolist() == [
        ["A", sequence, "RF", side] for sequence in ("T1w", "water") for side in ("left", "right")
    ]


def test_provenance_lies_beside_the_table(tiny: Path) -> None:
    features(tiny, *one_image(tiny))
    beside = json.loads((tiny / "features.json").read_text(encoding="utf-8"))
    assert beside["preset_sha256"] == read_radiomics_preset(tiny / "tiny.yaml").content_hash
    assert beside["parameters"]["setting"] == {"binWidth": 10}
    assert len(beside["images_sha256"]["T1w"]) == 64
    assert not beside["phantom"]


def test_the_fused_table_has_sequences_side_by_side(tiny: Path) -> None:
    fused = tiny / "fused.csv"
    features(tiny, *one_image(tiny), "--image", f"water={tiny / 'b_T1w.nii.gz'}", "--fused", fused)
    table = pd.read_csv(fused)
    assert len(table) == 2
    assert {"thigh.T1w.original_firstorder_Mean", "thigh.water.original_firstorder_Mean"} <= set(table.columns)


def test_several_readings_are_told_apart(tiny: Path) -> None:
    mask = tiny / "a_mask.nii.gz"
    result = features(tiny, *one_image(tiny)[:2], "--labels", f"R1={mask}", "--labels", f"R1:2={mask}")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tiny / "features.csv")
    assert table[["reader", "session"]].drop_duplicates().values.tolist() == [["R1", 1], ["R1", 2]]


@pytest.mark.parametrize(
    ("slices", "voxels"), [("all", 6 * 5 * 4), ("2,3", 6 * 5 * 2), ("proximal,distal", 6 * 5 * 2), ("0.5", 6 * 5)]
)
def test_slices_are_chosen_by_level_or_number(tiny: Path, slices: str, voxels: int) -> None:
    result = features(tiny, *one_image(tiny), "--slices", slices)
    assert result.exit_code == 0, result.output
    assert pd.read_csv(tiny / "features.csv")["voxel_count"].tolist() == [voxels, voxels]


def test_sides_are_merged_when_asked_for(tiny: Path) -> None:
    features(tiny, *one_image(tiny), "--merge-sides")
    assert pd.read_csv(tiny / "features.csv")["side"].tolist() == ["both"]


def test_features_of_a_phantoms_folder_say_so(images: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(PRESET_YAML)
    muscles = images.parent / "truth" / "muscles.nii.gz"
    result = features(tmp_path, images, "--labels", muscles, "--sequence", "water")
    assert result.exit_code == 0, result.output
    assert "a phantom" in result.stdout
    assert json.loads((tmp_path / "features.json").read_text(encoding="utf-8"))["phantom"]
    table = pd.read_csv(tmp_path / "features.csv")
    assert set(table["sequence"]) == {"water"}
    assert set(table["region"]) == {"thigh"}
    assert len(table) == 22


def test_as_a_job_it_prints_json_lines_with_each_structure_and_last_the_result(tiny: Path) -> None:
    result = features(tiny, *one_image(tiny), "--progress", "json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert any(line.get("text") == "rectus femoris left, T1w" for line in lines)
    assert lines[-1] == {"result": str(tiny / "features.csv")}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "Give either a folder or --image"),
        (["--image", "T1w"], 2, "--labels FILE"),
        (["--image", "T1w", "--labels", "m.nii"], 2, "'T1w' is not SEQUENCE=FILE"),
        (["--image", "T1w=x.nii", "--image", "T1w=y.nii", "--labels", "m.nii"], 2, "two images are given as T1w"),
        (["--image", "T1w=x.nii", "--labels", "m.nii"], 1, "There is no file x.nii"),
        (["--image", "T1w=x.nii", "--labels", "m.nii", "--slices", "upper"], 2, "'upper' is neither 'all'"),
        (["--image", "T1w=x.nii", "--labels", "m.nii", "--slices", "1.5"], 1, "The level 1.5"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(tiny: Path, arguments: list[str], code: int, message: str) -> None:
    result = features(tiny, *arguments)
    assert result.exit_code == code, result.output
    assert message in " ".join(result.output.split())


def test_a_preset_with_an_unknown_key_is_refused_with_the_known_ones(tiny: Path) -> None:
    (tiny / "tiny.yaml").write_text("imageTypes: {Original: {}}\n")
    result = features(tiny, *one_image(tiny))
    assert result.exit_code == 1
    assert "has no imageTypes. Known are:" in result.output


def test_labels_of_another_scheme_are_refused_with_those_of_the_file(tiny: Path) -> None:
    result = features(tiny, *one_image(tiny), "--label-scheme", "qmritools-thigh")
    assert result.exit_code == 1
    assert "holds the labels 1, 101" in result.output
