"""The volumes of the case in the scene: their roles, their place in the subject hierarchy, what they allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.case_nodes import ADDITION
from MuscleMyopathyLib.scene.hierarchy import case_item, find_case_item, hierarchy_node
from MuscleMyopathyLib.scene.series_nodes import echo_nodes
from MuscleMyopathyLib.scene.volumes import role_of, set_role

PROBLEM = "MuscleMyopathy.Problem"
"""Attribute of a volume: what is wrong with its series, in words."""


def case_volumes(identifier: str) -> list[Any]:
    """Return the input volumes of the case in the scene, of a train of echoes the first; results are none."""
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetAttribute(attributes.CASE) == identifier
        and node.GetAttribute(attributes.ROLE) is not None
        and not node.GetAttribute(attributes.RESULT)
        and not node.GetAttribute(ADDITION)
        and (node.GetAttribute(attributes.ECHO_TRAIN) is None or echo_nodes(node)[0] is node)
    ]


def other_volumes() -> list[Any]:
    """Return the scene's volumes that belong to no case."""
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetClassName() == "vtkMRMLScalarVolumeNode"
        and node.GetAttribute(attributes.CASE) is None
        and not node.GetHideFromEditors()
        and node.GetImageData() is not None
    ]


def add_to_case(node: Any, identifier: str, role: Role, reason: str, problems: Iterable[str] = ()) -> None:
    """Make a volume an input of the case: its role, and its place in the case's folder."""
    set_role(node, role, reason)
    node.SetAttribute(PROBLEM, " ".join(problems) or None)
    place_in_case(node, identifier)


def place_in_case(node: Any, identifier: str) -> None:
    """Put a node into the case's folder."""
    node.SetAttribute(attributes.CASE, identifier)
    hierarchy = hierarchy_node()
    folder = case_item(identifier, [node])
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        hierarchy.CreateItem(folder, node)
    elif (
        hierarchy.GetItemAncestorAtLevel(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelStudy())
        == hierarchy.GetInvalidItemID()
    ):
        # A volume of the DICOM database stays under its study, which then is the case's item.
        hierarchy.SetItemParent(item, folder)


def rename_case(old: str, new: str) -> None:
    """Give the case another identifier: on its folder, its volumes and its results."""
    item = find_case_item(old)
    if item is not None:
        hierarchy = hierarchy_node()
        hierarchy.SetItemAttribute(item, attributes.CASE, new)
        if hierarchy.GetItemName(item) == old:
            hierarchy.SetItemName(item, new)
    for node in slicer.util.getNodesByClass("vtkMRMLNode"):
        if node.GetAttribute(attributes.CASE) == old:
            node.SetAttribute(attributes.CASE, new)


def mark_phantom(identifier: str) -> None:
    """Note on the case's folder that its images are simulated; every later output says so."""
    from MuscleMyopathyLib.study.case import PHANTOM_NOTICE

    hierarchy_node().SetItemAttribute(case_item(identifier), attributes.NOTICE, PHANTOM_NOTICE)


def is_phantom(identifier: str) -> bool:
    """Tell whether the case's images are simulated."""
    item = find_case_item(identifier)
    return item is not None and bool(hierarchy_node().GetItemAttribute(item, attributes.NOTICE))


def volume_of_role(identifier: str, role: Role) -> Any:
    """Return the case's one volume of a role; None where there is none or the choice is the user's."""
    found = [node for node in case_volumes(identifier) if role_of(node) is role]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Allowed:
    """One thing that the images of a case allow or not, and why."""

    what: str
    possible: bool
    reason: str


def what_images_allow(volumes: Iterable[Any]) -> list[Allowed]:
    """Return what can be measured from the roles of the volumes."""
    counts: dict[Role, int] = {}
    for node in volumes:
        role = role_of(node)
        counts[role] = counts.get(role, 0) + 1

    def any_of(what: str, ways: tuple[tuple[Role, ...], ...], otherwise: str) -> Allowed:
        for way in ways:
            if all(counts.get(role) == 1 for role in way):
                return Allowed(what, True, _("from {images}").format(images=" + ".join(way)))
        twice = [role for way in ways for role in way if counts.get(role, 0) > 1]
        if twice:
            return Allowed(
                what, False, _("several volumes are “{role}”: keep the role of one").format(role=twice[0])
            )
        return Allowed(what, False, otherwise)

    return [
        any_of(
            _("Fat fraction"),
            ((Role.WATER, Role.FAT), (Role.FAT_FRACTION_MAP,), (Role.MULTI_ECHO_GRE, Role.MULTI_ECHO_GRE_PHASE)),
            _("no water and fat, no FF map, no gradient echoes with their phase"),
        ),
        any_of(
            _("Compartments"),
            ((Role.WATER, Role.FAT), (Role.T1W,)),
            _("no water and fat, no T1w"),
        ),
        any_of(
            _("T2"),
            ((Role.T2_MAP,), (Role.MULTI_ECHO_SE,)),
            _("no T2 map or spin echoes"),
        ),
    ]
