"""The table of measures in a panel: numbers with their units, a row per structure and side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import qt
from slicer.i18n import tr as _


@dataclass(frozen=True)
class Column:
    """A column: the measure, its header with the unit, its decimals, and what it is."""

    measure: str
    header: str
    decimals: int
    tool_tip: str


def columns() -> tuple[Column, ...]:
    """Return the measures that the panel shows; the exported table holds all of them."""
    return (
        Column(
            "ff_mean_percent",
            _("FF mean\n%"),
            1,
            _(
                "Mean of the voxels' fat fractions F / (F + W) "
                "(Reeder et al., J Magn Reson Imaging 2012;36:1011). Not the same as the ratio of sums."
            ),
        ),
        Column("ff_sd_percent", _("SD\n%"), 1, _("Standard deviation of the voxels' fat fractions (n − 1).")),
        Column(
            "ff_ratio_of_sums_percent",
            _("FF of sums\n%"),
            1,
            _("Sum of F divided by the sum of F + W: voxels weigh by their signal."),
        ),
        *_of_time("t2", _("T2")),
        *_of_time("water_t2", _("Water T2")),
        Column("r2star_median_per_s", _("R2* median\n1/s"), 1, _("Median of the voxels' R2*.")),
        Column("r2star_mean_per_s", _("R2* mean\n1/s"), 1, _("Mean of the voxels' R2*.")),
        Column(
            "volume_cm3",
            _("Volume\ncm³"),
            0,
            _("Voxels × voxel volume; a slice stands for the whole distance to the next one, gaps included."),
        ),
        Column(
            "lean_volume_cm3",
            _("Lean\ncm³"),
            0,
            _("Sum of (1 − FF) × voxel volume: what of the structure is not fat."),
        ),
    )


def _of_time(prefix: str, name: str) -> tuple[Column, ...]:
    return (
        Column(
            f"{prefix}_median_ms",
            _("{name} median\nms").format(name=name),
            1,
            _("Median of the voxels: fits that went astray in single voxels hardly move it."),
        ),
        Column(f"{prefix}_mean_ms", _("Mean\nms"), 1, _("Mean of the voxels.")),
        Column(f"{prefix}_sd_ms", _("SD\nms"), 1, _("Standard deviation of the voxels (n − 1).")),
        Column(
            f"{prefix}_share_above_percent",
            _("Above\n%"),
            0,
            _("Share of voxels above the cut-off of the parameters (see Advanced)."),
        ),
    )


class ResultTable:
    """Shows a table of measures in a QTableWidget.

    Args:
        table: The QTableWidget.
    """

    def __init__(self, table: Any) -> None:
        self.table = table
        table.editTriggers = qt.QAbstractItemView.NoEditTriggers
        table.selectionBehavior = qt.QAbstractItemView.SelectRows
        table.verticalHeader().visible = False
        table.tabKeyNavigation = False
        table.wordWrap = True
        self.rows: list[dict[str, Any]] = []

    def selected(self) -> dict[str, Any] | None:
        """Return the selected row; the first where none is."""
        number = self.table.currentRow()
        if not self.rows:
            return None
        return self.rows[number if 0 <= number < len(self.rows) else 0]

    def show(self, measures: Any) -> None:
        """Show measures (``structure``, ``side`` and the columns above): whole muscle, muscles, compartments."""
        from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Side, structure_type
        from MuscleMyopathyLib.report.formatting import number

        shown = [column for column in columns() if column.measure in measures]
        headers = [_("Structure"), _("Side"), *(column.header for column in shown)]
        self.table.columnCount = len(headers)
        self.table.setHorizontalHeaderLabels(headers)
        for index, column in enumerate(shown, start=2):
            self.table.horizontalHeaderItem(index).setToolTip(column.tool_tip)
        order = {kind.code: place for place, kind in enumerate(STRUCTURE_TYPES)}
        side_order = {side.value: place for place, side in enumerate(Side)}
        rows = sorted(
            measures.to_dict("records"),
            key=lambda row: (row["structure"] != "MUSCLE", order[row["structure"]], side_order[row["side"]]),
        )
        self.rows = rows
        sides = {Side.LEFT.value: _("left"), Side.RIGHT.value: _("right"), Side.BOTH.value: _("both")}
        self.table.rowCount = len(rows)
        for index, row in enumerate(rows):
            problem = row.get("problem") or ""
            name = structure_type(row["structure"]).name
            cells = [f"▲ {name}" if problem else name, sides[row["side"]]]
            cells += [number(row[column.measure], column.decimals) for column in shown]
            for place, text in enumerate(cells):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(problem or (name if place == 0 else ""))
                if place > 1:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                self.table.setItem(index, place, item)
        header = self.table.horizontalHeader()
        for index in range(1, len(headers)):
            header.setSectionResizeMode(index, qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        self.table.resizeRowsToContents()
