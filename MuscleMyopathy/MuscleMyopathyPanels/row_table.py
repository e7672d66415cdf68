"""Tables in which the user selects one row."""

from __future__ import annotations

from typing import Any

import qt


def prepare(table: Any, headers: list[tuple[str, str]], stretched: int = 0) -> None:
    """Set a table up: headers with their tooltips, whole rows selected, nothing editable.

    Args:
        table: The QTableWidget.
        headers: Text and tooltip of each column.
        stretched: The column that takes what room is left.
    """
    table.columnCount = len(headers)
    table.setHorizontalHeaderLabels([header for header, _tip in headers])
    for column, (_header, tip) in enumerate(headers):
        table.horizontalHeaderItem(column).setToolTip(tip)
        mode = qt.QHeaderView.Stretch if column == stretched else qt.QHeaderView.ResizeToContents
        table.horizontalHeader().setSectionResizeMode(column, mode)
    table.editTriggers = qt.QAbstractItemView.NoEditTriggers
    table.selectionBehavior = qt.QAbstractItemView.SelectRows
    table.selectionMode = qt.QAbstractItemView.SingleSelection
    table.verticalHeader().visible = False
    table.tabKeyNavigation = False


def number_item(text: str) -> Any:
    """Return a cell for a number: to the right, so that digits stand below one another."""
    item = qt.QTableWidgetItem(text)
    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
    return item
