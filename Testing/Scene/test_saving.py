"""Scenes as .mrb files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings

from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.scene.headless import start_headless_scene
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.texts import text_node_from_json
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, volume_node_from_image
from Testing.Scene.comparing import assert_same_grid, assert_same_image
from Testing.Scene.strategies import images
from Testing.Scene.test_segmentations import labels_without_strangers, segmentations


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(images(), segmentations())
def test_any_image_and_segmentation_come_back_from_a_saved_scene(
    tmp_path: Path, image: Any, segmentation: Any
) -> None:
    scene = start_headless_scene()
    scene.Clear(False)
    volume_node_from_image(image, "image")
    segmentation_node_from(segmentation, "segmentation")
    load_scene(save_scene(tmp_path / "scene.mrb"))
    assert_same_image(image_from_volume_node(scene.GetFirstNodeByName("image")), image)
    found = segmentation_from_node(scene.GetFirstNodeByName("segmentation"))
    assert_same_grid(found.image, segmentation.image)
    expected = labels_without_strangers(segmentation)
    for structure in segmentation.structures.values():
        wanted = expected == segmentation.label_of(structure)
        assert (found.mask(structure) == wanted).all()
    assert list(found.structures.values()) == list(segmentation.structures.values())
    scene.Clear(False)


def test_an_oblique_thigh_and_its_muscles_come_back_from_a_saved_scene(
    scene: Any, tmp_path: Path, shared_data: Path
) -> None:
    folder = shared_data / "huashan_thigh"
    water = sitk.ReadImage(str(folder / "Thigh_001_water.nii.gz"))
    labels = sitk.ReadImage(str(folder / "Thigh_001_labels.nii.gz"))
    muscles = Segmentation(labels, read_label_scheme("huashan"))
    segmentation_node_from(muscles, "muscles", volume_node_from_image(water, "water"))
    load_scene(save_scene(tmp_path / "scene.mrb"))
    assert_same_image(image_from_volume_node(scene.GetFirstNodeByName("water")), water)
    found = segmentation_from_node(scene.GetFirstNodeByName("muscles"))
    assert_same_grid(found.image, water)
    assert found.structures == muscles.structures
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), labels_without_strangers(muscles))


def test_loading_replaces_what_was_in_the_scene(scene: Any, tmp_path: Path) -> None:
    text_node_from_json({}, "saved")
    path = save_scene(tmp_path / "new folder" / "scene.mrb")
    text_node_from_json({}, "later")
    assert load_scene(path) is scene
    assert scene.GetFirstNodeByName("saved") is not None
    assert scene.GetFirstNodeByName("later") is None


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(scene: Any, tmp_path: Path) -> None:
    path = tmp_path / "scene.mrb"
    path.write_bytes(b"old")
    text_node_from_json({"new": True}, "saved")
    save_scene(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["scene.mrb"]
    assert load_scene(path).GetFirstNodeByName("saved") is not None


def test_a_scene_saved_in_an_unwritable_place_is_an_error(scene: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    with pytest.raises(OutputError, match="cannot be written"):
        save_scene(blocked / "scene.mrb")


def test_a_scene_needs_its_suffix(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.mrb"):
        save_scene(tmp_path / "scene.zip")


def test_a_missing_or_damaged_file_is_an_error(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scene file"):
        load_scene(tmp_path / "absent.mrb")
    path = save_scene(tmp_path / "scene.mrb")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be loaded"):
        load_scene(path)
