"""A training's YAML file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.segmentation.training.parameters import (
    read_training,
    training_from_mapping,
    training_to_mapping,
)


def test_the_shipped_training_is_read_and_keeps_the_second_reading_out():
    training = read_training(resource("Training", "limb-muscles.yaml"))
    maps = training.label_maps[0]
    assert maps.unlabelled == ("AL", "AB")
    assert maps.leave_out == ("Training_T2_THIGH_038*",)
    assert {source.region for source in training.digital_limbs} == {Region.THIGH, Region.CALF}


def test_the_stage_with_real_pairs_has_the_same_anatomy_as_the_one_before_in_other_shares():
    first, last = (
        read_training(resource("Training", f"{name}.yaml")) for name in ("limb-muscles", "limb-muscles-pairs")
    )
    assert last.check_limbs == first.check_limbs
    assert [replace(one, weight=0) for one in last.sources] == [replace(one, weight=0) for one in first.sources]
    assert sum(one.weight for one in last.sources) == pytest.approx(1)
    assert sum(pair.weight for pair in last.pairs) == pytest.approx(0.30)


def test_parameters_come_back_from_their_plain_values():
    training = read_training(resource("Training", "limb-muscles.yaml"))
    assert training_from_mapping(training_to_mapping(training)) == training


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path):
    path = tmp_path / "training.yaml"
    path.write_text("schedule: {step: 3}\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"Schedule has no parameter step.*steps"):
        read_training(path)


def test_a_missing_file_and_one_without_parameters_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no training file"):
        read_training(tmp_path / "none.yaml")
    path = tmp_path / "empty.yaml"
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="holds no parameters"):
        read_training(path)
