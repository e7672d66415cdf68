"""The table of a case's volumes: what each is, why, its size, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.series_nodes import echo_nodes
from MuscleMyopathyLib.scene.volumes import role_of

from .case_volumes import PROBLEM
from .row_table import prepare

VOLUME, ROLE, SIZE = range(3)
GREATEST_HEIGHT = 330


class VolumeTable:
    """Shows volume nodes in a QTableWidget: two rows each, the second across all columns for the reason.

    Args:
        table: The QTableWidget.
        role_chosen: Called with the node and the role when the user overrules a role.
        selected: Called with the node of the row that the user selects.
    """

    def __init__(
        self, table: Any, role_chosen: Callable[[Any, Role], None], selected: Callable[[Any], None]
    ) -> None:
        self.table = table
        self._role_chosen = role_chosen
        self._nodes: list[Any] = []
        self._shown: list[Any] = []
        name = _("Name of the volume in the scene; below it why its role was told, and what is wrong with it.")
        role = _("What the volume is in this examination. Choose another role where it was taken wrongly.")
        size = _("Size in voxels and spacing in mm: columns × rows × slices.")
        prepare(table, [(_("Volume"), name), (_("Role"), role), (_("Voxels, mm"), size)], stretched=VOLUME)
        table.horizontalHeader().setSectionResizeMode(ROLE, qt.QHeaderView.Fixed)
        table.setColumnWidth(ROLE, 126)
        table.wordWrap = True
        table.showGrid = False
        table.itemSelectionChanged.connect(lambda: self._select(selected))

    def show(self, nodes: list[Any]) -> None:
        """Show these volumes; where nothing changed the table is left alone, selection and focus with it."""
        content = [_content(node) for node in nodes]
        self.table.visible = bool(nodes)
        if content == self._shown:
            return
        self._nodes, self._shown = nodes, content
        self.table.clearSpans()
        self.table.rowCount = 2 * len(nodes)
        for number, node in enumerate(nodes):
            name, role, reason, size = content[number][1:]
            for row, column, text in (
                (2 * number, VOLUME, name),
                (2 * number, SIZE, size),
                (2 * number + 1, VOLUME, reason),
            ):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
            self.table.setCellWidget(2 * number, ROLE, self._role_box(node, role))
            self.table.setSpan(2 * number + 1, VOLUME, 1, 3)
        self.table.resizeRowsToContents()
        height = self.table.horizontalHeader().height + 4
        height += sum(self.table.rowHeight(row) for row in range(self.table.rowCount))
        self.table.minimumHeight = self.table.maximumHeight = min(height, GREATEST_HEIGHT)

    def _role_box(self, node: Any, role: str) -> Any:
        box = qt.QComboBox()
        for value in Role:
            box.addItem(value.value)
        box.currentIndex = box.findText(role)
        box.accessibleName = _("Role of {volume}").format(volume=node.GetName())
        # The wheel scrolls the table; a role changed on the way would go unnoticed.
        box.focusPolicy = qt.Qt.StrongFocus
        box.currentTextChanged.connect(lambda text: self._role_chosen(node, Role(text)))
        return box

    def _select(self, selected: Callable[[Any], None]) -> None:
        number = self.table.currentRow() // 2
        if 0 <= number < len(self._nodes):
            selected(self._nodes[number])


def _content(node: Any) -> tuple[str, ...]:
    problem = node.GetAttribute(PROBLEM)
    reason = node.GetAttribute(attributes.ROLE_REASON) or ""
    return (
        node.GetID(),
        node.GetName(),
        role_of(node).value,
        f"▲ {problem}\n{reason}" if problem else reason,
        _size(node),
    )


def _size(node: Any) -> str:
    if node.GetImageData() is None:
        return _("no image")
    size = " × ".join(str(n) for n in node.GetImageData().GetDimensions())
    spacing = " × ".join(f"{s:.3g}" for s in node.GetSpacing())
    echoes = len(echo_nodes(node))
    return f"{size}\n{spacing}" + (_("\n{count} echoes").format(count=echoes) if echoes > 1 else "")
