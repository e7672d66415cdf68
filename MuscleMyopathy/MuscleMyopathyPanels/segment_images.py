"""The images that the panel *Segment* works from: the case's volumes, checked by their roles."""

from __future__ import annotations

from typing import Any

import qt
import slicer

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.volumes import role_of

from .case_volumes import case_volumes
from .panel_part import PanelPart

CHOSEN = "MuscleMyopathy.SegmentFrom"
"""Attribute of a volume: "true" or "false" as the user checked it; none where the role decides."""

ECHOES = (Role.MULTI_ECHO_SE, Role.MULTI_ECHO_GRE, Role.MULTI_ECHO_GRE_PHASE)


class ImagesChoice(PanelPart):
    """A checkable list of the case's images; water and fat are checked first, else the T1w, else the first."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._listed: list[tuple[str, str, bool]] = []
        self._listing = False
        ui.imagesList.itemChanged.connect(lambda item: self._on_checked(item))

    def volumes(self) -> list[Any]:
        """Return the case's images, without trains of echoes."""
        return [node for node in case_volumes(self.node.caseIdentifier) if role_of(node) not in ECHOES]

    def checked(self) -> list[Any]:
        """Return the checked images; the first gives the grid of the result."""
        volumes = self.volumes()
        suggested = self._suggested(volumes)
        answers = {None: suggested, "true": volumes, "false": []}
        return [node for node in volumes if node in answers[node.GetAttribute(CHOSEN)]]

    def named(self) -> dict[str, Any]:
        """Return the checked images by role, or by name where a role is unknown or there twice."""
        named: dict[str, Any] = {}
        for node in self.checked():
            role = role_of(node)
            name = role.value if role is not Role.UNKNOWN and role.value not in named else node.GetName()
            named[name.replace("=", "-")] = node
        return named

    def refresh(self) -> None:
        """Show the list; an unchanged one is left alone, focus with it."""
        checked = self.checked()
        listed = [(node.GetID(), label(node), node in checked) for node in self.volumes()]
        if listed == self._listed:
            return
        self._listed, self._listing = listed, True
        self.ui.imagesList.clear()
        for identifier, text, is_checked in listed:
            item = qt.QListWidgetItem(text)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setData(qt.Qt.UserRole, identifier)
            item.setCheckState(qt.Qt.Checked if is_checked else qt.Qt.Unchecked)
            self.ui.imagesList.addItem(item)
        self._listing = False

    def _suggested(self, volumes: list[Any]) -> list[Any]:
        by_role = {role_of(node): node for node in reversed(volumes)}
        if Role.WATER in by_role and Role.FAT in by_role:
            return [by_role[Role.WATER], by_role[Role.FAT]]
        return [by_role[Role.T1W]] if Role.T1W in by_role else volumes[:1]

    def _on_checked(self, item: Any) -> None:
        if self._listing:
            return
        # From here on the user decides of every image, not of one.
        checked = {node.GetID() for node in self.checked()}
        changed = item.data(qt.Qt.UserRole)
        checked = checked | {changed} if item.checkState() == qt.Qt.Checked else checked - {changed}
        for node in self.volumes():
            node.SetAttribute(CHOSEN, "true" if node.GetID() in checked else "false")
        self._listed = [(identifier, text, identifier in checked) for identifier, text, _before in self._listed]
        self._module.refresh()


def label(node: Any) -> str:
    """Return what a list calls a volume: its role and name."""
    role = role_of(node)
    return node.GetName() if role is Role.UNKNOWN else f"{role.value} · {node.GetName()}"


def shown_volume(segmentation: Any) -> Any:
    """Return the volume that a segmentation was made on, or None."""
    if segmentation is None:
        return None
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    return segmentation.GetNodeReference(role)
