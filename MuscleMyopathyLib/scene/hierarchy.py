"""The subject hierarchy: a case's folder, its results by kind, replaced on a repeat run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import quote

import slicer

from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.headless import current_scene


def hierarchy_node(scene: Any = None) -> Any:
    """Return the scene's ``vtkMRMLSubjectHierarchyNode``."""
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(current_scene(scene))


def find_case_item(identifier: str, scene: Any = None) -> int | None:
    """Return the item (folder or DICOM study) that holds a case, or None."""
    hierarchy = hierarchy_node(scene)
    for item in _items_below(hierarchy, hierarchy.GetSceneItemID()):
        if hierarchy.GetItemDataNode(item) is None and (
            hierarchy.GetItemAttribute(item, attributes.CASE) in (identifier, quote(identifier))
        ):
            return item
    return None


def case_item(identifier: str, volumes: Iterable[Any] = (), name: str = "", scene: Any = None) -> int:
    """Return the item that holds a case, made where it is missing.

    Args:
        identifier: Case identifier.
        volumes: Volume nodes of the case. Those that came from the DICOM database lie under a study, which then
            becomes the case's item; otherwise the case gets a folder of its own.
        name: Name of the case's folder; the identifier by default. A DICOM study keeps its own name.
        scene: By default the current one.
    """
    hierarchy = hierarchy_node(scene)
    item = find_case_item(identifier, scene)
    if item is None:
        item = _study_of(hierarchy, volumes)
    if item is None:
        item = int(hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), name or identifier))
    elif hierarchy.IsItemLevel(item, slicer.vtkMRMLSubjectHierarchyConstants.GetSubjectHierarchyLevelFolder()):
        hierarchy.SetItemName(item, name or identifier)
    # Item attributes are saved with ^ and | between them, unquoted.
    hierarchy.SetItemAttribute(item, attributes.CASE, quote(identifier))
    return item


def place_node(node: Any, kind: str, identifier: str, item: int) -> None:
    """Put a node under a case's item as its result of a kind."""
    node.SetAttribute(attributes.CASE, identifier)
    node.SetAttribute(attributes.RESULT, kind)
    hierarchy = hierarchy_node(node.GetScene())
    own = hierarchy.GetItemByDataNode(node)
    # The application makes items by itself; without it nobody does.
    if own == hierarchy.GetInvalidItemID():
        hierarchy.CreateItem(item, node)
    else:
        hierarchy.SetItemParent(own, item)


def find_result(identifier: str, kind: str, scene: Any = None) -> Any:
    """Return the node of a case's result of a kind, or None."""
    return next(
        (node for node in results_of(identifier, scene) if node.GetAttribute(attributes.RESULT) == kind), None
    )


def results_of(identifier: str, scene: Any = None) -> list[Any]:
    """Return the nodes of all results of a case."""
    scene = current_scene(scene)
    nodes = [scene.GetNthNode(number) for number in range(scene.GetNumberOfNodes())]
    return [
        node
        for node in nodes
        if node.GetAttribute(attributes.CASE) == identifier and node.GetAttribute(attributes.RESULT)
    ]


def remove_results(identifier: str, keep: Collection[str] = (), scene: Any = None) -> None:
    """Remove the nodes of a case's results, but for the kinds to keep."""
    scene = current_scene(scene)
    for node in results_of(identifier, scene):
        if node.GetAttribute(attributes.RESULT) not in keep:
            _remove_node(scene, node)


def _remove_node(scene: Any, node: Any) -> None:
    """Remove a node with its item and the display and storage nodes that are its own."""
    hierarchy = hierarchy_node(scene)
    item = hierarchy.GetItemByDataNode(node)
    if item != hierarchy.GetInvalidItemID():
        hierarchy.RemoveItem(item, False, False)
    helpers = []
    if node.IsA("vtkMRMLDisplayableNode"):
        helpers += [node.GetNthDisplayNode(number) for number in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        helpers += [node.GetNthStorageNode(number) for number in range(node.GetNumberOfStorageNodes())]
    scene.RemoveNode(node)
    for helper in helpers:
        if helper is not None and helper.GetScene() is scene:
            scene.RemoveNode(helper)


def _study_of(hierarchy: Any, volumes: Iterable[Any]) -> int | None:
    study_level = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelStudy()
    for volume in volumes:
        item = hierarchy.GetItemByDataNode(volume)
        if item == hierarchy.GetInvalidItemID():
            continue
        study = hierarchy.GetItemAncestorAtLevel(item, study_level)
        if study != hierarchy.GetInvalidItemID():
            return int(study)
    return None


def _items_below(hierarchy: Any, item: int) -> Iterator[int]:
    items: list[int] = []
    hierarchy.GetItemChildren(item, items, True)
    yield from items
