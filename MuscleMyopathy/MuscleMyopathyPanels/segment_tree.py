"""The structures to find as a checkable tree, by region and side."""

from __future__ import annotations

from typing import Any

import qt

from MuscleMyopathyLib.anatomy import Structure

from .panel_part import PanelPart
from .segment_method import group_of, structures_of


class StructureTree(PanelPart):
    """Shows what the method looks for; what is unchecked stands in the parameter node."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._listed: list[tuple[str, str]] = []
        self._listing = False
        ui.structuresTree.headerHidden = True
        ui.structuresTree.itemChanged.connect(lambda item, column: self._on_checked(item))

    def offered(self) -> list[Structure]:
        """Return what the method looks for."""
        node = self.node
        return structures_of(node.segmentMethod, node.region, node.segmentDrawn)

    def chosen(self) -> list[Structure]:
        """Return the checked structures."""
        left_out = self._left_out()
        return [one for one in self.offered() if one.identifier not in left_out]

    def refresh(self) -> None:
        """Show the tree.

        It is made anew only where it lists other structures: this is also called while one of its items is told
        that it was checked, and must not take that item away.
        """
        left_out = self._left_out()
        offered = self.offered()
        listed = [(group_of(one, self.node.region), one.identifier) for one in offered]
        self.ui.structuresTree.visible = self.ui.structuresLabel.visible = bool(listed)
        self._listing = True
        if listed != self._listed:
            self._listed = listed
            self._make_anew(offered)
        tree = self.ui.structuresTree
        for row in range(tree.topLevelItemCount):
            group = tree.topLevelItem(row)
            items = [group.child(place) for place in range(group.childCount())]
            checked = [item.data(0, qt.Qt.UserRole) not in left_out for item in items]
            for item, one in zip(items, checked, strict=True):
                item.setCheckState(0, _state([one]))
            group.setCheckState(0, _state(checked))
        self._listing = False

    def _make_anew(self, offered: list[Structure]) -> None:
        tree = self.ui.structuresTree
        tree.clear()
        groups: dict[str, Any] = {}
        for structure, (group, identifier) in zip(offered, self._listed, strict=True):
            if group not in groups:
                groups[group] = qt.QTreeWidgetItem([group])
                groups[group].setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable)
                tree.addTopLevelItem(groups[group])
            item = qt.QTreeWidgetItem([structure.type.name])
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setData(0, qt.Qt.UserRole, identifier)
            groups[group].addChild(item)

    def _left_out(self) -> set[str]:
        return set(filter(None, self.node.segmentLeftOut.split(",")))

    def _on_checked(self, item: Any) -> None:
        if self._listing:
            return
        checked = item.checkState(0) == qt.Qt.Checked
        own = item.data(0, qt.Qt.UserRole)
        names = [own] if own else [item.child(row).data(0, qt.Qt.UserRole) for row in range(item.childCount())]
        left_out = self._left_out()
        self.node.segmentLeftOut = ",".join(sorted(left_out - set(names) if checked else left_out | set(names)))
        self._module.refresh()


def _state(checked: list[bool]) -> Any:
    if all(checked):
        return qt.Qt.Checked
    return qt.Qt.PartiallyChecked if any(checked) else qt.Qt.Unchecked
