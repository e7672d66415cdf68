"""Series of many echoes in the scene: each echo with its time, whichever way they came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtk.util import numpy_support

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Acquisition, Series
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.series_nodes import echo_nodes, series_from_volume_nodes, volume_nodes_from_series
from MuscleMyopathyLib.scene.volumes import volume_node_from_image
from Testing.Scene.comparing import assert_same_image

TIMES = (7.6, 15.2, 22.8)


def image(value: int) -> sitk.Image:
    made = sitk.GetImageFromArray(value * np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    made.SetSpacing((1.5, 1.5, 6.0))
    made.SetOrigin((-20.0, 31.0, 7.0))
    return made


def a_train() -> Series:
    echoes = tuple(image(value) for value in (5, 3, 2))
    known = Acquisition(repetition_time_ms=3000.0, field_strength_tesla=2.89, sequence_name="se_mc")
    return Series("mese", echoes[0], Role.MULTI_ECHO_SE, "SE", echoes, TIMES, known, "1.2.3", "patient-hash")


def test_a_train_comes_back_from_a_saved_scene_with_its_times_and_its_sequence(scene: Any, tmp_path: Path) -> None:
    volume_nodes_from_series(a_train())
    load_scene(save_scene(tmp_path / "scene.mrb"))
    third = scene.GetFirstNodeByName("mese echo 3")
    read = series_from_volume_nodes(third)
    expected = a_train()
    assert (read.name, read.role, read.echo_times_ms) == ("mese", Role.MULTI_ECHO_SE, TIMES)
    assert (read.acquisition, read.frame_of_reference_uid) == (expected.acquisition, "1.2.3")
    assert read.patient_key == "patient-hash"
    for echo, truth in zip(read.echoes, expected.echoes, strict=True):
        assert_same_image(echo, truth)


def test_two_trains_of_the_same_name_and_other_roles_keep_apart(scene: Any) -> None:
    magnitude = volume_nodes_from_series(a_train())
    phase = volume_nodes_from_series(
        Series("mese", image(1), Role.MULTI_ECHO_GRE_PHASE, "", (image(1), image(2)), TIMES[:2])
    )
    assert echo_nodes(magnitude[1]) == magnitude
    assert echo_nodes(phase[0]) == phase


def test_echoes_given_in_any_order_are_ordered_by_their_times(scene: Any) -> None:
    nodes = volume_nodes_from_series(a_train())
    assert series_from_volume_nodes(nodes[::-1]).echo_times_ms == TIMES
    bare = [volume_node_from_image(image(value), f"v{value}") for value in (2, 5, 3)]
    read = series_from_volume_nodes(bare, (22.8, 7.6, 15.2))
    assert read.echo_times_ms == TIMES
    assert_same_image(read.image, image(5))


def test_a_sequence_of_volumes_is_a_train(scene: Any) -> None:
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "train")
    sequence.SetIndexName("EchoTime")
    sequence.SetIndexUnit("ms")
    for time, value in zip(TIMES, (5, 3, 2), strict=True):
        sequence.SetDataNodeAtValue(volume_node_from_image(image(value), f"at {time}"), str(time))
    read = series_from_volume_nodes(sequence)
    assert read.echo_times_ms == TIMES
    assert_same_image(read.echoes[2], image(2))


def test_a_volume_with_several_numbers_per_voxel_is_a_train_whose_times_the_user_gives(scene: Any) -> None:
    node = volume_node_from_image(image(1), "4D")
    stacked = np.stack([sitk.GetArrayFromImage(image(value)).ravel() for value in (5, 3, 2)], axis=1)
    node.GetImageData().GetPointData().SetScalars(numpy_support.numpy_to_vtk(stacked, deep=True))
    assert series_from_volume_nodes(node).echo_times_ms == ()
    read = series_from_volume_nodes(node, TIMES)
    assert_same_image(read.echoes[1], image(3))


def test_another_number_of_times_than_of_echoes_is_refused(scene: Any) -> None:
    nodes = volume_nodes_from_series(a_train())
    with pytest.raises(InputError, match="3 echoes, but 2 echo times"):
        series_from_volume_nodes(nodes, (10.0, 20.0))
    with pytest.raises(InputError, match="Choose the echoes"):
        series_from_volume_nodes([])
    empty = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "empty")
    with pytest.raises(InputError, match="holds no volumes"):
        series_from_volume_nodes(empty)


def test_a_repeat_fills_the_same_nodes(scene: Any) -> None:
    first = volume_nodes_from_series(a_train())
    count = scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    assert volume_nodes_from_series(a_train(), nodes=first) == first
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == count
    assert isinstance(first[0], slicer.vtkMRMLScalarVolumeNode)
