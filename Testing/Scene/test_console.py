"""The console facade: what the panels do, on nodes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.limb import Limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import WEI_2023
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
from MuscleMyopathyLib.qmri.measures import MeasureParameters, measure_structures
from MuscleMyopathyLib.scene import console
from MuscleMyopathyLib.scene.case_reading import read_case
from MuscleMyopathyLib.scene.hierarchy import find_result
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, role_of, volume_node_from_image
from Testing.Scene.comparing import assert_same_image


@pytest.fixture(scope="module")
def thighs() -> tuple[dict[Role, sitk.Image], Limb]:
    """Return water and fat of a digital pair of thighs, and the limb that knows the truth."""
    protocol = dataclasses.replace(WEI_2023, slices=4)
    series, limb = phantom_series(LimbParameters(protocol=protocol), (WaterFat(),))
    return {one.role: one.image for one in series}, limb


@pytest.fixture
def nodes(scene: Any, thighs: tuple[dict[Role, sitk.Image], Limb]) -> dict[str, Any]:
    images, limb = thighs
    water = volume_node_from_image(images[Role.WATER], "Dixon water", role=Role.WATER)
    fat = volume_node_from_image(images[Role.FAT], "Dixon fat", role=Role.FAT)
    return {"water": water, "fat": fat, "muscles": segmentation_node_from(limb.muscles, "muscles", water)}


def test_the_map_of_two_volumes_is_that_of_the_library(nodes: dict[str, Any]) -> None:
    node = console.fat_fraction_map(nodes["water"], nodes["fat"])
    expected = fat_fraction(*(image_from_volume_node(nodes[name]) for name in ("water", "fat")))
    assert_same_image(image_from_volume_node(node), expected.percent)
    assert role_of(node) is Role.FAT_FRACTION_MAP


@pytest.mark.parametrize("by_slice", [False, True])
def test_the_table_of_a_segmentation_is_that_of_the_library(nodes: dict[str, Any], by_slice: bool) -> None:
    parameters = MeasureParameters(erosion_mm=2.0)
    node = console.measure_fat_fraction(
        nodes["water"], nodes["fat"], nodes["muscles"], by_slice=by_slice, measure_parameters=parameters
    )
    water, fat = (image_from_volume_node(nodes[name]) for name in ("water", "fat"))
    expected = measure_structures(
        segmentation_from_node(nodes["muscles"]),
        fat_fraction(water, fat).percent,
        water=water,
        fat=fat,
        parameters=parameters,
    )
    pd.testing.assert_frame_equal(
        dataframe_from_table_node(node), expected.by_slice if by_slice else expected.volume, check_exact=True
    )


def test_the_compartments_of_two_thighs_hold_their_muscles(nodes: dict[str, Any]) -> None:
    compartments = console.segment_compartments("thigh", water_node=nodes["water"], fat_node=nodes["fat"])
    found, muscles = segmentation_from_node(compartments), segmentation_from_node(nodes["muscles"])
    for side in (Side.LEFT, Side.RIGHT):
        inside = found.mask([Structure("LEAN", side), Structure("IMAT", side)])
        drawn = muscles.mask([structure for structure in muscles.structures.values() if structure.side is side])
        assert np.mean(inside[drawn]) > 0.95
    whole = segmentation_from_node(console.segment_whole_muscle(compartments, 3.0))
    assert set(whole.structures.values()) == {Structure("MUSCLE", Side.LEFT), Structure("MUSCLE", Side.RIGHT)}


def test_a_case_run_in_the_scene_is_read_back_and_reported(nodes: dict[str, Any], tmp_path: Path) -> None:
    volumes = [nodes["water"], nodes["fat"]]
    placed = console.run_case("P-001", "thigh", volumes, nodes["muscles"], reader="R1", session=2, phantom=True)
    assert list(placed.volumes.values()) == volumes
    before = read_case("P-001")
    assert (before.case.reader, before.case.session, before.case.phantom) == ("R1", 2, True)
    assert [series.role for series in before.case.series] == [Role.WATER, Role.FAT]

    load_scene(save_scene(tmp_path / "case.mrb"))
    after = read_case("P-001")
    assert_same_image(after.fat_fraction_percent, before.fat_fraction_percent)
    pd.testing.assert_frame_equal(after.measures, before.measures, check_exact=True)
    assert after.provenance == before.provenance

    page = console.write_case_report("P-001", tmp_path / "report.html").read_text(encoding="utf-8")
    assert "P-001" in page
    assert "phantom" in page


def test_a_repeat_run_replaces_the_first(scene: Any, nodes: dict[str, Any]) -> None:
    volumes = [nodes["water"], nodes["fat"]]
    first = console.run_case("P-001", "thigh", volumes, nodes["muscles"])
    count = scene.GetNumberOfNodes()
    assert console.run_case("P-001", "thigh", volumes, nodes["muscles"]) == first
    assert scene.GetNumberOfNodes() == count


def test_what_cannot_be_run_is_said_before_anything_is_placed(scene: Any, nodes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="thigh, calf"):
        console.run_case("P-001", "arm", [nodes["water"]])
    with pytest.raises(InputError, match="has no volume"):
        console.run_case("P-001", "thigh", [])
    with pytest.raises(InputError, match="same name"):
        console.run_case("P-001", "thigh", [nodes["water"], nodes["water"]])
    with pytest.raises(InputError, match="No volume is chosen"):
        console.segment_compartments("thigh")
    with pytest.raises(InputError, match="holds no results of a case P-001"):
        console.write_case_report("P-001", "report.html")
    assert find_result("P-001", "measures") is None
