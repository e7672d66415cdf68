"""Labels that a network does not divide are divided by the legs' place; the command segment-with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
import yaml
from click.testing import CliRunner

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.segmentation.engines.dividing import segment_with
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from Testing.Library.segmentation.engines.leg_image import Threshold, set_thresholds

WIDTH, MIDDLE = 120, 60


def two_legs() -> sitk.Image:
    """Return two legs as discs of 100 in air, in each a disc of 200; the patient's left is at higher columns."""
    rows, columns = np.mgrid[:60, :WIDTH]
    slices = []
    for _ in range(4):
        plane = np.zeros((60, WIDTH), np.float32)
        for middle in (30, 90):
            away = np.hypot(rows - 30, columns - middle)
            plane[away < 24] = 100
            plane[away < 8] = 200
        slices.append(plane)
    image = sitk.GetImageFromArray(np.stack(slices))
    image.SetSpacing((3.0, 3.0, 10.0))
    return image


def write_network(folder: Path) -> Path:
    network = Threshold(2)
    set_thresholds(network.head, 0.25, 0.75)
    torch.jit.script(network).save(str(folder / "net.ts"))
    description = {"name": "discs", "inputs": ["T1w"], "labels": {2: "RF"}, "ignored": [1], "window": [32, 32]}
    (folder / "net.yaml").write_text(yaml.safe_dump(description | {"normalisation": "0 to 1"}))
    return folder / "net.ts"


def test_undivided_labels_become_left_and_right(tmp_path: Path) -> None:
    made = segment_with(open_engine(write_network(tmp_path), trusted=True), [two_legs()], Region.THIGH)
    left, right = (made.segmentation.mask(Structure("RF", side)) for side in (Side.LEFT, Side.RIGHT))
    bright = sitk.GetArrayFromImage(two_legs()) == 200
    np.testing.assert_array_equal(left | right, bright)
    assert np.nonzero(left)[2].min() > MIDDLE > np.nonzero(right)[2].max()
    assert "does not tell left from right" in made.remarks[-1]


def test_the_side_of_a_single_leg_can_be_stated(tmp_path: Path) -> None:
    one_leg = two_legs()[:MIDDLE, :, :]
    one_leg.SetOrigin((-1.5 * MIDDLE, 0.0, 0.0))
    sitk.WriteImage(one_leg, str(tmp_path / "t1.nii.gz"))
    weights = write_network(tmp_path)
    image = ("--image", f"T1w={tmp_path / 't1.nii.gz'}")
    for arguments in (
        ("segment", "--method", "weights", "--weights", weights, *image),
        ("segment-with", weights, "--image", tmp_path / "t1.nii.gz"),
    ):
        common = ("--region", "thigh", "--trust", "--output", tmp_path / "out.nii.gz")
        call = [str(argument) for argument in (*arguments, *common)]
        refused = CliRunner().invoke(cli, call)
        assert refused.exit_code == 1
        assert "State the side (--side, parameter only_side; in the panel under Legs)" in refused.stderr
        for side in (Side.LEFT, Side.RIGHT):
            done = CliRunner().invoke(cli, [*call, "--side", str(side)])
            assert done.exit_code == 0, done.output
            labels = np.unique(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out.nii.gz"))))
            assert labels.tolist() == [0, Structure("RF", side).label]
            assert f"stated to be the {side} one" in done.output


def test_the_command_writes_labels_confidence_and_provenance(tmp_path: Path) -> None:
    sitk.WriteImage(two_legs(), str(tmp_path / "t1.nii.gz"))
    arguments = [
        *("segment-with", write_network(tmp_path), "--image", tmp_path / "t1.nii.gz", "--region", "thigh"),
        *("--output", tmp_path / "out.nii.gz", "--confidence", tmp_path / "sure.nii.gz"),
    ]
    refused = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert refused.exit_code == 1
    assert "--trust" in refused.stderr
    done = CliRunner().invoke(cli, [*(str(argument) for argument in arguments), "--trust"])
    assert done.exit_code == 0, done.output
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out.nii.gz")))
    assert set(np.unique(labels)) == {0, Structure("RF", Side.LEFT).label, Structure("RF", Side.RIGHT).label}
    assert ((sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "sure.nii.gz"))) > 0) == (labels > 0)).all()
    record = json.loads((tmp_path / "out.provenance.json").read_text(encoding="utf-8"))
    assert record["network"] == "discs"
    assert record["inputs"][0]["role"] == "T1w (1)"
    assert "rectus femoris left" in (tmp_path / "out.txt").read_text(encoding="utf-8")
