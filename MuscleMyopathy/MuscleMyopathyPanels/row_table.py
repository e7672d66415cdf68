"""Tables in which the user selects one row."""

from __future__ import annotations

from typing import Any

import qt


def prepare(table: Any, headers: list[tuple[str, str]]) -> None:
    """Set a table up: headers with their tooltips, whole rows selected, nothing editable."""
    table.columnCount = len(headers)
    table.setHorizontalHeaderLabels([header for header, _tip in headers])
    for column, (_header, tip) in enumerate(headers):
        table.horizontalHeaderItem(column).setToolTip(tip)
        mode = qt.QHeaderView.ResizeToContents if column else qt.QHeaderView.Stretch
        table.horizontalHeader().setSectionResizeMode(column, mode)
    table.editTriggers = qt.QAbstractItemView.NoEditTriggers
    table.selectionBehavior = qt.QAbstractItemView.SelectRows
    table.selectionMode = qt.QAbstractItemView.SingleSelection
    table.verticalHeader().visible = False
    table.tabKeyNavigation = False
