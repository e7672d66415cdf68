"""Tables of the panel *Readers*: the readings of a study, and how well they agree."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import qt
from slicer.i18n import tr as _

from .row_table import prepare

MOST_ROWS = 500
"""Rows of an agreement table shown at once; the export has all."""

LIGHTS = {"green": "#009e73", "amber": "#e69f00", "red": "#d55e00"}
BANDS = {
    "almost perfect": "#08519c",
    "substantial": "#3182bd",
    "moderate": "#6baed6",
    "fair": "#bdd7e7",
    "slight": "#fdae6b",
    "poor": "#e6550d",
}
"""Colours beside the words, which say the same: nobody has to tell them apart."""


def color_icon(color: str) -> Any:
    """Return a filled square as an icon."""
    picture = qt.QPixmap(12, 12)
    picture.fill(qt.QColor(color))
    return qt.QIcon(picture)


class ReadingsTable:
    """Shows the readings of a study.

    Args:
        table: The QTableWidget.
        selected: Called when another row is selected.
    """

    def __init__(self, table: Any, selected: Callable[[], None]) -> None:
        self.table = table
        self._keys: list[tuple[str, str, int]] = []
        prepare(
            table,
            [
                (_("Reading"), _("Case and reader.")),
                (_("Session"), _("Which reading of the case by this reader.")),
                (_("Date"), _("When it was read.")),
                (_("State"), _("An open reading can be changed; a locked one is finished for good.")),
                (
                    _("Days"),
                    _("Since this reader's first session of the case; a repeat needs 60 (Nagawa 2021, Wei 2023)."),
                ),
            ],
        )
        table.itemSelectionChanged.connect(lambda: selected())

    def show(self, readings: Any, visible: Collection[tuple[str, str, int]]) -> None:
        """Show a table as ``ReadingStudy.table``; readings that are not visible to the reader say so."""
        selected = self.key()
        rows = readings[readings["kind"] == "segmentation"].to_dict("records")
        self._keys = [(row["case"], row["reader"], int(row["session"])) for row in rows]
        self.table.rowCount = len(rows)
        for index, (key, row) in enumerate(zip(self._keys, rows, strict=True)):
            remark = "; ".join(filter(None, (row["problem"], row["warning"], row["notes"])))
            mark = "▲ " if row["problem"] or row["warning"] else ""
            state = {"open": _("open"), "locked": _("locked")}.get(row["state"], row["state"])
            if key not in visible:
                state = _("{state}, hidden").format(state=state)
            days = row["days_since_first"]
            texts = [f"{mark}{row['case']} {row['reader']}", str(row["session"]), row["date"], state]
            texts.append(str(days) if isinstance(days, int) else "–")
            for column, text in enumerate(texts):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(remark or text)
                self.table.setItem(index, column, item)
        if selected in self._keys:
            self.table.selectRow(self._keys.index(selected))

    def key(self) -> tuple[str, str, int] | None:
        """Return case, reader and session of the selected row."""
        row = self.table.currentRow()
        return self._keys[row] if 0 <= row < len(self._keys) else None


class AgreementTable:
    """Shows rows of an agreement table with a colour and a word for how good each is.

    Args:
        table: The QTableWidget.
        columns: Column of the data, header, decimals (None for text) and what it is.
        colors: Colour of each word of the column ``band``.
    """

    def __init__(
        self, table: Any, columns: list[tuple[str, str, int | None, str]], colors: dict[str, str]
    ) -> None:
        self.table = table
        self._columns, self._colors = columns, colors
        self.rows: list[dict[str, Any]] = []
        prepare(table, [(header, tip) for _name, header, _decimals, tip in columns])

    def show(self, frame: Any) -> None:
        """Show a DataFrame; a row with a problem shows it as its tooltip."""
        self.rows = frame.head(MOST_ROWS).to_dict("records")
        self.table.rowCount = len(self.rows)
        for index, row in enumerate(self.rows):
            problem = str(row.get("problem") or "")
            for column, (name, _header, decimals, _tip) in enumerate(self._columns):
                value = row.get(name, "")
                text = str(value) if decimals is None else f"{value:.{decimals}f}" if value == value else "–"
                item = qt.QTableWidgetItem(f"▲ {text}" if problem and column == 0 else text)
                if name == "band" and value in self._colors:
                    item.setIcon(color_icon(self._colors[value]))
                if decimals is not None:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                item.setToolTip(problem or text)
                self.table.setItem(index, column, item)
        self.table.resizeRowsToContents()
