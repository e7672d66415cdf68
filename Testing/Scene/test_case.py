"""A case's results in the scene, and in a saved one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.transfer import Refinement, Transfer
from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.measures import measure_structures
from MuscleMyopathyLib.scene.case import CaseNodes, place_case
from MuscleMyopathyLib.scene.case_reading import read_case
from MuscleMyopathyLib.scene.hierarchy import find_case_item, find_result, hierarchy_node, results_of
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.texts import json_from_text_node
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, series_from_volume_node, volume_node_from_image
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE, Case, CaseMap, CaseResult, CaseTransfer
from Testing.Scene.comparing import assert_same_grid, assert_same_image

SHAPE = (5, 24, 32)
MUSCLES = {1: Structure("RF", Side.LEFT), 101: Structure("RF", Side.RIGHT), 2: Structure("VL", Side.LEFT)}


def image(array: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(array)
    made.SetSpacing((1 / 3, 0.7, 5.5))
    made.SetOrigin((-123.456789, 45.678901, 1000 / 7))
    made.SetDirection((0.96, 0.0, 0.28, 0.0, -1.0, 0.0, 0.28, 0.0, -0.96))
    return made


def segmentation(structures: dict[int, Structure]) -> Segmentation:
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:4, 4:12, 4:12] = 1
    labels[1:4, 4:12, 18:26] = 101
    return Segmentation(image(labels), structures)


def case_result(identifier: str = "P-001", phantom: bool = False) -> CaseResult:
    """Return a small case, measured by the library; VL left has no voxel, so its row holds NaN and a problem."""
    random = np.random.default_rng(0)
    water = image(random.integers(200, 400, SHAPE).astype(np.uint16))
    fat = image(random.integers(20, 90, SHAPE).astype(np.uint16))
    percent = fat_fraction(water, fat).percent
    array = sitk.GetArrayFromImage(percent)
    array[0, 0, 0] = np.nan
    percent = image(array)
    muscles = segmentation(MUSCLES)
    measures = measure_structures(muscles, percent, water=water, fat=fat)
    whole = segmentation({1: Structure("MUSCLE", Side.LEFT), 101: Structure("MUSCLE", Side.RIGHT)})
    tissues = segmentation({1: Structure("LEAN", Side.LEFT), 101: Structure("LEAN", Side.RIGHT)})
    series = (
        Series("water", water, Role.WATER, 'ImageType says "W".'),
        Series("fat", fat, Role.FAT, 'ImageType says "F".'),
    )
    return CaseResult(
        case=Case(identifier, Region.THIGH, series, muscles, phantom),
        compartments=tissues,
        whole_muscle=whole,
        muscles=muscles,
        fat_fraction_percent=percent,
        measures=measures.volume,
        measures_by_slice=measures.by_slice,
        problems=pd.DataFrame(
            [{"stage": "measures", "structure": "VL", "side": "left", "problem": "no voxel of this structure"}]
        ),
        parameters={"erosion_mm": 1 / 3},
        provenance={"version": "0.1", "inputs": [{"name": "water", "sha256": "ab"}]},
    )


def assert_holds(result: CaseResult, scene: Any) -> None:
    """Assert that the scene holds the case, all its numbers and voxels, and nothing else of it."""
    identifier = result.case.identifier

    def found(kind: str) -> Any:
        return find_result(identifier, kind, scene)

    for series in result.case.series:
        assert_same_image(image_from_volume_node(found(f"series {series.name}")), series.image)
        read = series_from_volume_node(found(f"series {series.name}"))
        assert (read.role, read.reason) == (series.role, series.reason)
    assert_same_image(image_from_volume_node(found("fat fraction")), result.fat_fraction_percent)
    for kind in ("compartments", "whole muscle", "muscles"):
        expected = getattr(result, kind.replace(" ", "_"))
        read = segmentation_from_node(found(kind))
        assert_same_grid(read.image, expected.image)
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(read.image),
            np.where(np.isin(expected.array, list(expected.structures)), expected.array, 0),
        )
        assert list(read.structures.items()) == list(expected.structures.items())
    for kind in ("measures", "measures by slice", "problems"):
        pd.testing.assert_frame_equal(
            dataframe_from_table_node(found(kind)), getattr(result, kind.replace(" ", "_")), check_exact=True
        )
    assert json_from_text_node(found("provenance")) == {
        "parameters": result.parameters,
        "provenance": result.provenance,
    }
    assert found("fat fraction chart").GetNumberOfPlotSeriesNodes() == 2
    assert len(results_of(identifier, scene)) == 14

    hierarchy = hierarchy_node(scene)
    item = find_case_item(identifier, scene)
    assert {hierarchy.GetItemParent(hierarchy.GetItemByDataNode(n)) for n in results_of(identifier, scene)} == {
        item
    }


@pytest.mark.parametrize("identifier", ["P-001", 'odd;1: "x" <&> |^% ü'])
def test_a_case_stands_in_the_scene_and_comes_back_from_a_saved_one(
    scene: Any, tmp_path: Path, identifier: str
) -> None:
    result = case_result(identifier)
    place_case(result)
    assert_holds(result, scene)
    load_scene(save_scene(tmp_path / "case.mrb"))
    assert_holds(result, scene)


def test_a_repeat_run_fills_the_same_nodes(scene: Any) -> None:
    first = place_case(case_result())
    count = scene.GetNumberOfNodes()
    again = dataclasses.replace(case_result(), measures=case_result().measures.assign(ff_mean_percent=1.5))
    second = place_case(again)
    assert scene.GetNumberOfNodes() == count
    assert second == first
    assert dataframe_from_table_node(second.measures)["ff_mean_percent"].tolist() == [1.5, 1.5, 1.5]


def test_a_repeat_run_after_a_reload_replaces_too(scene: Any, tmp_path: Path) -> None:
    place_case(case_result())
    load_scene(save_scene(tmp_path / "case.mrb"))
    count = scene.GetNumberOfNodes()
    place_case(case_result())
    assert scene.GetNumberOfNodes() == count
    assert_holds(case_result(), scene)


def test_what_a_repeat_run_has_not_is_removed(scene: Any) -> None:
    place_case(case_result())
    poorer = dataclasses.replace(
        case_result(),
        muscles=None,
        fat_fraction_percent=None,
        measures=case_result().measures.assign(ff_mean_percent=np.nan),
    )
    nodes = place_case(poorer)
    assert (nodes.muscles, nodes.fat_fraction, nodes.chart) == (None, None, None)
    assert find_result("P-001", "muscles") is None
    assert find_result("P-001", "fat fraction chart") is None
    assert scene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode") == 0


def test_two_cases_keep_apart(scene: Any) -> None:
    place_case(case_result("P-001"))
    place_case(case_result("P-002"))
    assert_holds(case_result("P-001"), scene)
    assert_holds(case_result("P-002"), scene)
    assert find_case_item("P-001") != find_case_item("P-002")


def test_volumes_that_are_in_the_scene_already_are_used_as_they_are(scene: Any) -> None:
    result = case_result()
    water = volume_node_from_image(result.case.series[0].image, "loaded by hand")
    nodes = place_case(result, volumes={"water": water})
    assert nodes.volumes["water"] is water
    assert water.GetName() == "loaded by hand"
    assert find_result("P-001", "series water") is None
    role = nodes.muscles.GetReferenceImageGeometryReferenceRole()
    assert nodes.muscles.GetNodeReference(role) is water


def all_nodes(nodes: CaseNodes) -> list[Any]:
    fields = [getattr(nodes, field.name) for field in dataclasses.fields(nodes)]
    return [*nodes.volumes.values(), *(node for node in fields if hasattr(node, "GetID"))]


def test_a_phantom_says_so_on_its_folder_and_on_every_node(scene: Any, tmp_path: Path) -> None:
    nodes = place_case(case_result(phantom=True))
    assert hierarchy_node().GetItemName(nodes.item) == "P-001 (phantom)"
    assert len(all_nodes(nodes)) == 11
    for node in all_nodes(nodes):
        assert node.GetAttribute("MuscleMyopathy.Notice") == PHANTOM_NOTICE
    load_scene(save_scene(tmp_path / "case.mrb"))
    for node in results_of("P-001"):
        assert node.GetDescription() == PHANTOM_NOTICE


def test_a_patient_is_no_phantom(scene: Any) -> None:
    nodes = place_case(case_result())
    assert hierarchy_node().GetItemName(nodes.item) == "P-001"
    for node in all_nodes(nodes):
        assert node.GetAttribute("MuscleMyopathy.Notice") is None
        assert not node.GetDescription()


def test_each_echo_is_a_volume_with_its_echo_time(scene: Any) -> None:
    echoes = tuple(image(np.full(SHAPE, 100 // n, np.int16)) for n in (1, 2, 3))
    train = Series("T2 train", echoes[0], Role.MULTI_ECHO_SE, "3 echoes", echoes, (10.0, 20.0, 30.5))
    result = case_result()
    nodes = place_case(dataclasses.replace(result, case=dataclasses.replace(result.case, series=(train,))))
    third = series_from_volume_node(find_result("P-001", "series T2 train echo 3"))
    assert third.echo_times_ms == (30.5,)
    assert third.role is Role.MULTI_ECHO_SE
    assert_same_image(third.image, echoes[2])
    names = [f"series T2 train echo {number}" for number in (1, 2, 3)]
    assert nodes.volumes["T2 train"] == [find_result("P-001", name) for name in names]


def test_a_series_may_be_called_like_a_result(scene: Any) -> None:
    result = case_result()
    odd = dataclasses.replace(result.case.series[0], name="measures")
    nodes = place_case(dataclasses.replace(result, case=dataclasses.replace(result.case, series=(odd,))))
    assert nodes.volumes["measures"] is not nodes.measures
    pd.testing.assert_frame_equal(dataframe_from_table_node(nodes.measures), result.measures)


def test_the_chart_shows_muscles_left_beside_right(scene: Any) -> None:
    nodes = place_case(case_result())
    table = dataframe_from_table_node(find_result("P-001", "chart table"))
    assert table["structure"].tolist() == ["RF", "VL"]
    measures = case_result().measures.set_index(["structure", "side"])["ff_mean_percent"]
    assert table["left"][0] == measures["RF", "left"]
    assert table["right"][0] == measures["RF", "right"]
    assert np.isnan(table["left"][1])
    assert nodes.chart.GetYAxisTitle() == "mean fat fraction (%)"


def test_segmentations_are_outlined_and_only_the_muscles_are_shown_at_first(scene: Any) -> None:
    result = case_result()
    nodes = place_case(result)
    for node in (nodes.muscles, nodes.compartments, nodes.whole_muscle):
        assert not node.GetDisplayNode().GetVisibility2DFill()
    assert nodes.muscles.GetDisplayNode().GetVisibility()
    assert not nodes.compartments.GetDisplayNode().GetVisibility()
    nodes.compartments.GetDisplayNode().SetVisibility(True)
    again = place_case(result)
    assert again.compartments.GetDisplayNode().GetVisibility(), "the user's choice was not kept"


def result_with_maps() -> CaseResult:
    """Return the small case with a T2 map of another series, structures carried there, and their measures."""
    result = case_result()
    t2 = image(np.linspace(20, 60, int(np.prod(SHAPE)), dtype=np.float32).reshape(SHAPE))
    echoes = tuple(image(np.full(SHAPE, value, np.int16)) for value in (90, 50))
    train = Series("mese", echoes[0], Role.MULTI_ECHO_SE, "2 echoes", echoes, (10.0, 20.0))
    sequence = str(Role.MULTI_ECHO_SE)
    volumes = pd.DataFrame({"structure": ["RF"], "side": ["left"], "volume_after_cm3": [1 / 3], "problem": [""]})
    rigid = sitk.Euler3DTransform((1.0, 2.0, 3.0), 0.0, 0.0, 0.02, (4.0, -3.0, 0.0))
    moved = Transfer(segmentation(MUSCLES), volumes, 99.5, Refinement(rigid, 5.0, 6.5, 0.1, 0.4), ("said",))
    measures = pd.DataFrame(
        {
            "sequence": [sequence] * 2,
            "structure": ["RF"] * 2,
            "side": ["left", "right"],
            "t2_median_ms": [45.5, np.nan],
            "water_t2_median_ms": [38.25, 1000 / 7],
        }
    )
    return dataclasses.replace(
        result,
        case=dataclasses.replace(result.case, series=(*result.case.series, train)),
        maps=(
            CaseMap(MapKind.T2, sequence, t2, "Mono-exponential."),
            CaseMap(MapKind.B1, sequence, image(np.full(SHAPE, 0.9, np.float32)), "Extended phase graph."),
        ),
        map_measures=measures,
        map_measures_by_slice=measures.assign(slice=[1, 2]),
        transfers=(CaseTransfer("muscles", sequence, "water", echoes[0], moved),),
        t2_against_fat=pd.DataFrame({"quantity": ["t2"], "ff_percent": [5.5], "median_ms": [42.0]}),
    )


def test_maps_and_transfers_come_back_from_a_saved_scene(scene: Any, tmp_path: Path) -> None:
    expected = result_with_maps()
    nodes = place_case(expected)
    assert nodes.t2_chart.GetNumberOfPlotSeriesNodes() == 2
    count = scene.GetNumberOfNodes()
    assert place_case(expected) == nodes
    assert scene.GetNumberOfNodes() == count
    load_scene(save_scene(tmp_path / "case.mrb"))
    found = read_case("P-001")
    for one, other in zip(expected.maps, found.maps, strict=True):
        assert (other.kind, other.sequence) == (one.kind, one.sequence)
        assert_same_image(other.image, one.image)
    for name in ("map_measures", "map_measures_by_slice", "t2_against_fat"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    (transfer,) = found.transfers
    assert (transfer.structures, transfer.sequence, transfer.source) == ("muscles", "multi-echo SE", "water")
    refinement = transfer.transfer.refinement
    assert refinement is not None
    assert (refinement.displacement_mm, refinement.largest_displacement_mm) == (5.0, 6.5)
    train = next(one for one in found.case.series if one.role is Role.MULTI_ECHO_SE)
    assert train.echo_times_ms == (10.0, 20.0)
    assert_same_image(train.echoes[1], expected.case.series[2].echoes[1])
    place_case(case_result())
    assert find_result("P-001", "map multi-echo SE t2") is None
    assert find_result("P-001", "map measures") is None
