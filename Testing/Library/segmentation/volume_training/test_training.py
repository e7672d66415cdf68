"""A volume network trained on digital examinations in seconds: small, and honest about it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
from click.testing import CliRunner

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.segmentation.volume_training import training
from MuscleMyopathyLib.segmentation.volume_training.examinations import digital_examination, volume_of
from MuscleMyopathyLib.segmentation.volume_training.parameters import (
    DigitalExaminations,
    VolumeTrainingParameters,
    read_volume_training,
)

SMALL = VolumeTrainingParameters(
    name="small",
    training=DigitalExaminations(2, 5000),
    testing=DigitalExaminations(1, 6000),
    patterns=("healthy",),
    protocol=Protocol(100, 56, (4.0, 4.0), thickness_mm=6, spacing_mm=40, through_plane_samples=1),
    spacing_mm=(4.0, 4.0, -1.0),
    window=(48, 48, 8),
    channels=(6, 12, 24),
    strides=((2, 2, 1), (2, 2, 2)),
    steps=140,
    learning_rate=1e-2,
    checkpoint_every=20,
)


def test_it_learns_where_rectus_femoris_is_and_tells_the_sides_by_place(tmp_path: Path) -> None:
    """The figure is that of some seconds' training at 4 mm: enough to see that every part works together."""
    weights = training.train_volume_network(SMALL, tmp_path)
    table = pd.read_csv(tmp_path / "dice.csv")
    assert table[["case", "side"]].to_numpy().tolist() == [["healthy 6000", "left"], ["healthy 6000", "right"]]
    assert table["dice"].min() > 0.5
    record = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    assert record["dice_mean"] == pytest.approx(table["dice"].mean())
    assert record["trained_on"] == ["healthy 5000", "healthy 5001"]
    assert weights.with_suffix(".yaml").is_file()
    with pytest.raises(InputError, match="already holds a training"):
        training.train_volume_network(SMALL, tmp_path)


def test_a_training_that_was_stopped_ends_as_one_that_was_not(tmp_path: Path) -> None:
    few = dataclasses.replace(SMALL, steps=40)

    def stop(fraction: float, text: str) -> None:
        if text.startswith("step 20,"):
            raise Cancelled

    with pytest.raises(Cancelled):
        training.train_volume_network(few, tmp_path / "stopped", progress=stop)
    stopped = training.train_volume_network(few, tmp_path / "stopped", resume=True)
    through = training.train_volume_network(few, tmp_path / "through")
    first, second = (safetensors.torch.load_file(path) for path in (stopped, through))
    for name, value in first.items():
        np.testing.assert_allclose(value.numpy(), second[name].numpy(), rtol=1e-4, atol=1e-6)


def test_resuming_needs_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        training.train_volume_network(SMALL, tmp_path, resume=True)


def test_the_truth_is_the_muscle_of_both_sides_on_the_network_s_grid() -> None:
    examination = digital_examination(SMALL, 5000)
    volume = volume_of(examination, SMALL)
    assert volume.image.shape[1:] == volume.truth.shape
    drawn = np.isin(examination.muscles.array, [1, 101]).sum()
    assert volume.truth.sum() == pytest.approx(drawn, rel=0.02)
    assert volume.image[0][volume.truth == 1].std() < volume.image.std()


def test_the_shipped_yaml_is_read_and_subjects_are_never_shared() -> None:
    parameters = read_volume_training(resource("Training", "rectus-femoris-3d.yaml"))
    assert (parameters.structure, parameters.window) == ("RF", (64, 64, 16))
    assert parameters.description.classes == 2
    with pytest.raises(ValueError, match="must not share a subject"):
        dataclasses.replace(parameters, testing=DigitalExaminations(3, 5001))


def test_the_training_command_says_what_a_yaml_gets_wrong(tmp_path: Path) -> None:
    config = tmp_path / "wrong.yaml"
    config.write_text("{kind: volume, name: x, training: {subjects: 1, first_seed: 1}, colour: red}")
    result = CliRunner().invoke(cli, ["train-segmentation", str(config), "--output", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "no parameter colour" in result.stderr
    with pytest.raises(ParameterError):
        read_volume_training(config)
