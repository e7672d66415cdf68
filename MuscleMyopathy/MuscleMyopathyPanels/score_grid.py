"""The form as a table: muscles down, right and left across; or items down and one column of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.scoring.answers import Answer, State
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.scale import Scale, Target, TargetKind

ROW_HEIGHT = 22
MOST_ROWS = 8
"""Rows shown at once: the levels below stay in sight, and the table scrolls with the target at hand."""


class FormGrid:
    """Shows a form in a QTableWidget, whose current cell is the target at hand.

    Args:
        table: The QTableWidget.
        chosen: Called when another target becomes the one at hand.
    """

    def __init__(self, table: Any, chosen: Callable[[], None]) -> None:
        self.table = table
        self._chosen = chosen
        self._scale: Scale | None = None
        self._cells: dict[str, tuple[int, int]] = {}
        self._targets: dict[tuple[int, int], str] = {}
        table.editTriggers = qt.QAbstractItemView.NoEditTriggers
        table.selectionMode = qt.QAbstractItemView.SingleSelection
        table.tabKeyNavigation = False
        table.currentCellChanged.connect(lambda *cells: self._on_current())

    @property
    def current(self) -> str | None:
        """The id of the target at hand."""
        return self._targets.get((self.table.currentRow(), self.table.currentColumn()))

    def go_to(self, target: str) -> None:
        """Make a target the one at hand."""
        self.table.setCurrentCell(*self._cells[target])

    def show(self, form: Form, visible: Callable[[str], Suggestion | None]) -> None:
        """Show a form.

        Args:
            form: The form.
            visible: Returns the suggestion of a target where the reader may see it now.
        """
        if form.scale != self._scale:
            self._lay_out(form.scale)
        for target in form.scale.targets:
            item = self.table.item(*self._cells[target.id])
            answer = form.answer(target.id)
            text, suggestion = answer_text(target, answer), visible(target.id)
            if suggestion is not None:
                text += _("  · suggested {code}").format(code=suggestion.code)
            item.setText(text)
            item.setToolTip(_tool_tip(target, answer, suggestion))

    def _lay_out(self, scale: Scale) -> None:
        was_blocked = self.table.blockSignals(True)
        self._scale = scale
        sides = list(dict.fromkeys(target.side for target in scale.targets))
        names = list(dict.fromkeys(_row_name(target) for target in scale.targets))
        self._cells = {
            target.id: (names.index(_row_name(target)), sides.index(target.side)) for target in scale.targets
        }
        self._targets = {cell: target for target, cell in self._cells.items()}
        self.table.clear()
        self.table.rowCount, self.table.columnCount = len(names), len(sides)
        words = {Side.RIGHT: _("right"), Side.LEFT: _("left"), Side.BOTH: _("both"), None: _("answer")}
        self.table.setHorizontalHeaderLabels([words[side] for side in sides])
        self.table.setVerticalHeaderLabels(names)
        for row in range(len(names)):
            self.table.setRowHeight(row, ROW_HEIGHT)
            for column in range(len(sides)):
                item = qt.QTableWidgetItem("")
                if (row, column) in self._targets:
                    item.setTextAlignment(qt.Qt.AlignCenter)
                else:
                    item.setFlags(qt.Qt.NoItemFlags)
                self.table.setItem(row, column, item)
        self.table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
        self.table.verticalHeader().setSectionResizeMode(qt.QHeaderView.Fixed)
        self.table.horizontalHeader().setFixedHeight(ROW_HEIGHT)
        height = ROW_HEIGHT * (min(len(names), MOST_ROWS) + 1) + 2 * self.table.frameWidth
        self.table.minimumHeight, self.table.maximumHeight = height, height
        self.table.blockSignals(was_blocked)

    def _on_current(self) -> None:
        if self.current is not None:
            # What comes next is seen as well as what was.
            item = self.table.item(self.table.currentRow(), self.table.currentColumn())
            self.table.scrollToItem(item, qt.QAbstractItemView.PositionAtCenter)
            self._chosen()


def answer_text(target: Target, answer: Answer) -> str:
    """Return an answer as it stands in its cell; empty where there is none."""
    if answer.state is State.NOT_ASSESSABLE:
        return _("n. a.")
    value = answer.value
    if value is None:
        return ""
    if target.kind is TargetKind.YES_NO:
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g} {target.unit}".strip() if isinstance(value, float) else str(value)


def _row_name(target: Target) -> str:
    return target.structure.type.name if target.structure else target.name


def _tool_tip(target: Target, answer: Answer, suggestion: Suggestion | None) -> str:
    lines = [target.question or target.name]
    if answer.state is State.NOT_ASSESSABLE:
        lines.append(_("Not assessable: {reason}").format(reason=answer.reason))
    elif target.kind is TargetKind.LEVEL and isinstance(answer.value, str):
        lines.append(f"{answer.value}: {target.level(answer.value).label}")
    if suggestion is not None:
        lines.append(
            _("Suggested: {code}, as {share:.0f} % of the voxels are fat (fat fraction of 50 % or more).").format(
                code=suggestion.code, share=suggestion.share_percent
            )
        )
    return "\n".join(lines)
