"""The command propagate, on files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Write RF left (1) and VL left (2) in slices 0 and 4 of 5, and an image that shows both."""
    labels = np.zeros((5, 30, 40), np.uint8)
    labels[:, 5:12, 8:20], labels[:, 16:24, 10:30] = 1, 2
    sitk.WriteImage(sitk.GetImageFromArray(np.where(labels > 0, 50.0, 200.0)), str(tmp_path / "image.nii.gz"))
    labels[1:4] = 0
    path = tmp_path / "labels.nii.gz"
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(path))
    return path


def test_propagate_writes_labels_a_table_of_slices_and_the_provenance(drawn: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "filled.nii.gz"
    result = call("propagate", "--labels", drawn, "--image", tmp_path / "image.nii.gz", "--output", output)
    assert result.exit_code == 0, result.output
    filled = sitk.GetArrayFromImage(sitk.ReadImage(str(output)))
    assert [bool((plane == 1).any() and (plane == 2).any()) for plane in filled] == [True] * 5
    table = pd.read_csv(tmp_path / "out" / "filled.slices.csv")
    origins = table.drop_duplicates("slice")["origin"].tolist()
    assert origins == ["drawn", "propagated", "propagated", "propagated", "drawn"]
    record = json.loads((tmp_path / "out" / "filled.provenance.json").read_text(encoding="utf-8"))
    assert record["parameters"]["method"] == "guided"
    assert [one["role"] for one in record["inputs"]] == ["labels", "image"]
    assert "2 slices drawn" in result.stdout


def test_propagate_of_one_structure_by_shape_needs_no_image(drawn: Path, tmp_path: Path) -> None:
    output = tmp_path / "filled.nrrd"
    result = call(
        "propagate", "--labels", drawn, "--method", "shape", "--structures", "VL_left", "--output", output
    )
    assert result.exit_code == 0, result.output
    filled = sitk.GetArrayFromImage(sitk.ReadImage(str(output)))
    assert [int((plane == 2).sum()) for plane in filled] == [160] * 5
    assert not (filled[1:4] == 1).any()


def test_propagate_without_the_image_that_it_needs_ends_with_what_to_do(drawn: Path, tmp_path: Path) -> None:
    result = call("propagate", "--labels", drawn, "--output", tmp_path / "x.nrrd", "--progress", "json")
    assert result.exit_code == 1
    assert "choose the method 'motion'" in json.loads(result.stdout.splitlines()[-1])["error"]
    assert not (tmp_path / "x.nrrd").exists()


def test_propagate_refuses_slice_numbers_that_are_none(drawn: Path, tmp_path: Path) -> None:
    result = call("propagate", "--labels", drawn, "--drawn-slices", "a,b", "--output", tmp_path / "x.nrrd")
    assert result.exit_code == 2
