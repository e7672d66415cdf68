"""Tables of the panel *Features*: grey levels per structure, and the features that pass the filter."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from .row_table import number_item

MOST_FEATURES = 200
"""Rows shown at once; more take seconds to fill and nobody reads them."""


def _prepare(table: Any) -> None:
    table.editTriggers = qt.QAbstractItemView.NoEditTriggers
    table.selectionBehavior = qt.QAbstractItemView.SelectRows
    table.verticalHeader().visible = False
    table.tabKeyNavigation = False


class GreyLevelsTable:
    """Shows the grey levels of each structure, with a mark where they are too few.

    Args:
        table: The QTableWidget.
    """

    def __init__(self, table: Any) -> None:
        self.table = table
        _prepare(table)
        headers = [_("Structure"), _("Side"), _("Sequence"), _("Voxels"), _("Grey levels")]
        table.columnCount = len(headers)
        table.setHorizontalHeaderLabels(headers)
        table.horizontalHeaderItem(3).setToolTip(_("Voxels of the structure as measured, after resampling."))
        header = table.horizontalHeader()
        for index in range(1, len(headers)):
            header.setSectionResizeMode(index, qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)

    def show(self, levels: Any) -> None:
        """Show a table as ``radiomics.grey_level_check.judged_grey_levels``."""
        from MuscleMyopathyLib.anatomy import structure_type

        words = {"error": "✖", "warning": "▲", "": ""}
        self.table.rowCount = len(levels)
        for index, row in enumerate(levels.to_dict("records")):
            count = row["grey_levels"]
            shown = f"{count:.0f}" if count == count else "–"
            mark = words[row["judgement"]]
            name = qt.QTableWidgetItem(f"{mark} {structure_type(row['structure']).name}".strip())
            reason = row["problem"] or (_("fewer than 16 grey levels") if mark else "")
            items = [
                name,
                qt.QTableWidgetItem(row["side"]),
                qt.QTableWidgetItem(row["sequence"]),
                number_item(f"{row['voxel_count']:.0f}"),
                number_item(shown),
            ]
            for column, item in enumerate(items):
                item.setToolTip(reason)
                self.table.setItem(index, column, item)


class FeaturesTable:
    """Shows features, one per row, with a column per structure and sequence, filtered by filter, class and name.

    Args:
        ui: The panel's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        _prepare(ui.resultTable)
        self._table: Any = None
        self._kinds: dict[str, tuple[str, str]] = {}
        for box in (ui.imageTypeBox, ui.featureClassBox):
            box.activated.connect(lambda: self._fill())
        ui.nameEdit.textChanged.connect(lambda text: self._fill())

    def show(self, table: Any) -> None:
        """Show a feature table; the filter stays where it still selects something."""
        from MuscleMyopathyLib.radiomics.feature_table import feature_columns
        from MuscleMyopathyLib.reproducibility.feature_names import image_type_and_class

        self._table = table
        self._kinds = {name: image_type_and_class(name) for name in feature_columns(table)}
        for box, place, everything in (
            (self.ui.imageTypeBox, 0, _("all filters")),
            (self.ui.featureClassBox, 1, _("all classes")),
        ):
            before = box.currentText
            box.clear()
            box.addItem(everything, "")
            for value in dict.fromkeys(kinds[place] for kinds in self._kinds.values()):
                box.addItem(value, value)
            box.currentIndex = max(0, box.findText(before if before else "original"))
        self._fill()

    def _fill(self) -> None:
        if self._table is None:
            return
        from MuscleMyopathyLib.anatomy import structure_type

        image_type = self.ui.imageTypeBox.itemData(self.ui.imageTypeBox.currentIndex)
        feature_class = self.ui.featureClassBox.itemData(self.ui.featureClassBox.currentIndex)
        part = self.ui.nameEdit.text.strip().lower()
        found = [
            name
            for name, (of_type, of_class) in self._kinds.items()
            if image_type in ("", of_type) and feature_class in ("", of_class) and part in name.lower()
        ]
        shown = found[:MOST_FEATURES]
        rows = self._table.to_dict("records")
        table = self.ui.resultTable
        table.clear()
        table.rowCount, table.columnCount = len(shown), 1 + len(rows)
        sides = {"left": _("L"), "right": _("R"), "both": ""}
        names = [f"{row['structure']} {sides[row['side']]}".strip() + f"\n{row['sequence']}" for row in rows]
        table.setHorizontalHeaderLabels([_("Feature"), *names])
        for column, row in enumerate(rows, start=1):
            about = f"{structure_type(row['structure']).name} {row['side']}, {row['sequence']}"
            problem = row["problem"] or row["warning"]
            table.horizontalHeaderItem(column).setToolTip(f"{about}: {problem}" if problem else about)
        for index, name in enumerate(shown):
            first = qt.QTableWidgetItem(name.rpartition("_")[2])
            first.setToolTip(name)
            table.setItem(index, 0, first)
            for column, row in enumerate(rows, start=1):
                table.setItem(index, column, number_item(_number(row[name])))
        table.resizeColumnsToContents()
        self.ui.shownLabel.text = (
            _("{shown} of {found} features: narrow the filter, or export them all.").format(
                shown=len(shown), found=len(found)
            )
            if len(found) > len(shown)
            else _("{found} features.").format(found=len(found))
        )


def _number(value: float) -> str:
    return f"{value:.4g}" if value == value else "–"
