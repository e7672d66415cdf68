"""The subject hierarchy of cases."""

from __future__ import annotations

from typing import Any

from MuscleMyopathyLib.scene.hierarchy import (
    case_item,
    find_case_item,
    find_result,
    hierarchy_node,
    place_node,
    remove_results,
    results_of,
)


def result(scene: Any, kind: str, identifier: str, item: int) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", kind)
    place_node(node, kind, identifier, item)
    return node


def test_a_case_has_one_folder(scene: Any) -> None:
    assert find_case_item("P-001") is None
    item = case_item("P-001")
    assert case_item("P-001") == item == find_case_item("P-001")
    assert case_item("P-002") != item
    assert hierarchy_node().GetItemName(item) == "P-001"


def test_a_case_of_dicom_volumes_lives_in_their_study(scene: Any) -> None:
    hierarchy = hierarchy_node()
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "patient")
    study = hierarchy.CreateStudyItem(patient, "study")
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "water")
    hierarchy.CreateItem(study, volume)
    assert case_item("P-001", [volume], "P-001 (phantom)") == study
    assert case_item("P-001", [], "P-001 (phantom)") == study
    assert hierarchy.GetItemName(study) == "study"


def test_a_volume_outside_any_study_gives_the_case_a_folder(scene: Any) -> None:
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "water")
    hierarchy = hierarchy_node()
    assert hierarchy.GetItemParent(case_item("P-001", [volume])) == hierarchy.GetSceneItemID()


def test_a_result_lies_in_its_folder_once(scene: Any) -> None:
    item = case_item("P-001")
    node = result(scene, "measures", "P-001", item)
    place_node(node, "measures", "P-001", item)
    hierarchy = hierarchy_node()
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == item
    assert hierarchy.GetNumberOfItemChildren(item) == 1


def test_an_item_that_the_application_made_is_moved_into_the_folder(scene: Any) -> None:
    hierarchy = hierarchy_node()
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", "measures")
    own = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    item = case_item("P-001")
    place_node(node, "measures", "P-001", item)
    assert hierarchy.GetItemByDataNode(node) == own
    assert hierarchy.GetItemParent(own) == item


def test_results_are_found_by_case_and_kind(scene: Any) -> None:
    first, second = case_item("P-001"), case_item("P-002")
    measures = result(scene, "measures", "P-001", first)
    result(scene, "measures", "P-002", second)
    assert find_result("P-001", "measures") is measures
    assert find_result("P-001", "chart") is None
    assert results_of("P-001") == [measures]


def test_removing_results_keeps_other_cases_and_the_kinds_to_keep(scene: Any) -> None:
    item, other = case_item("P-001"), case_item("P-002")
    result(scene, "measures", "P-001", item)
    kept = result(scene, "provenance", "P-001", item)
    elsewhere = result(scene, "measures", "P-002", other)
    foreign = scene.AddNewNodeByClass("vtkMRMLTextNode", "the user's own")
    remove_results("P-001", keep={"provenance"})
    assert results_of("P-001") == [kept]
    assert results_of("P-002") == [elsewhere]
    assert foreign.GetScene() is scene
    assert hierarchy_node().GetNumberOfItemChildren(item) == 1


def test_removing_a_volume_removes_its_display_too(scene: Any) -> None:
    hierarchy_node()
    before = scene.GetNumberOfNodes()
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "map")
    node.CreateDefaultDisplayNodes()
    place_node(node, "fat fraction", "P-001", case_item("P-001"))
    remove_results("P-001")
    assert scene.GetNumberOfNodes() == before
