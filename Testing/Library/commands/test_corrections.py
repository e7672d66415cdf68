"""The commands of learning from corrections, on files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["corrections", *(str(argument) for argument in arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    labels = np.zeros((3, 10, 10), np.uint8)
    labels[:, 3:6, 3:6] = 1
    paths = tmp_path / "t1.nii.gz", tmp_path / "labels.nii.gz"
    for array, path in zip((labels * 40.0 + 10, labels), paths, strict=True):
        sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    return paths


def test_a_correction_is_accepted_and_listed(files: tuple[Path, Path], tmp_path: Path) -> None:
    image, labels = files
    library = tmp_path / "library"
    added = call(
        *("add", "--library", library, "--case", "P-01", "--region", "thigh"),
        *("--image", f"T1w={image}", "--labels", labels),
    )
    assert added.exit_code == 0, added.output
    assert "Accepted as 0001, to train on." in added.output
    listed = call("list", "--library", library)
    assert "P-01  thigh  training  T1w" in listed.output


@pytest.mark.parametrize("image", ["T1w", "=x", "T1w=absent.nii.gz"])
def test_an_image_is_given_with_its_role(files: tuple[Path, Path], tmp_path: Path, image: str) -> None:
    result = call(
        *("add", "--library", tmp_path, "--case", "P-01", "--region", "thigh"),
        *("--image", image, "--labels", files[1]),
    )
    assert result.exit_code == 2
    assert "ROLE=FILE" in result.output


def test_before_anything_was_learned_the_shipped_network_is_named(tmp_path: Path) -> None:
    result = call("versions", "--library", tmp_path)
    assert result.exit_code == 0, result.output
    assert "the shipped network is used" in result.output
    assert "*" not in result.output


def test_versions_are_listed_and_rolled_back_to(tmp_path: Path) -> None:
    network = resource("Models", "limb-muscles")
    versions = NetworkVersions(tmp_path / "library", network)
    versions.network()
    versions.keep(network, {"version": 1, "reason": "In use: better."})
    versions.use(1, "better")
    assert "* 1" in call("versions", "--library", tmp_path / "library").output
    result = call("rollback", "--library", tmp_path / "library", "--to", 0)
    assert result.exit_code == 0, result.output
    assert "* 0" in call("versions", "--library", tmp_path / "library").output
    history = json.loads((tmp_path / "library" / "versions" / "in-use.json").read_text())["history"]
    assert [(change["from"], change["to"]) for change in history] == [(0, 1), (1, 0)]
    assert call("rollback", "--library", tmp_path / "library", "--to", 5).exit_code == 1
