"""The list of structures of a segmentation: shown or not, colour, volume, confidence, warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.scene.attributes import MADE_BY

from .panel_part import PanelPart
from .row_table import number_item, prepare
from .score_views import jump
from .segment_images import shown_volume

TABLE = "MuscleMyopathy.StructuresTable"
"""Reference role of a segmentation node: the table with confidence and warnings of the run that made it."""

COLOR_SIZE = 12
SETTLE_MS = 400
"""Volumes are counted anew when the drawing has rested this long."""


class StructureList(PanelPart):
    """Shows the structures of the segmentation at hand, and which of them is looked at.

    Args:
        module: The module's widget.
        ui: The panel's widgets.
        messages: The panel's message strip.
        selected: Called with the structure and its segment's identifier when another one is selected.
    """

    def __init__(self, module: Any, ui: Any, messages: Any, selected: Callable[[Structure, str], None]) -> None:
        super().__init__(module, ui, messages)
        self._selected = selected
        self._stamp: tuple[str, int] | None = None
        self._rows: list[tuple[Structure, str]] = []
        self._places: dict[Structure, Any] = {}
        self._filling = False
        self._watched: tuple[Any, int] | None = None
        self._timer = qt.QTimer()
        self._timer.interval = SETTLE_MS
        self._timer.timeout.connect(lambda: self._on_settled())
        table = ui.structuresTable
        sure = _(
            "How sure the method was: the network's mean probability, or how well both directions of a "
            "propagation agree (Dice). It does not change with a correction."
        )
        prepare(
            table,
            [
                (_("Structure"), _("Checked structures are shown in the views.")),
                (_("Side"), ""),
                (_("Volume\ncm³"), _("As drawn now: voxels × voxel volume, gaps between slices included.")),
                (_("Conf.\n%"), sure),
                (_("Warning"), ""),
            ],
            stretched=4,
        )
        table.itemSelectionChanged.connect(lambda: self._on_selected())
        table.itemChanged.connect(lambda item: self._on_checked(item))
        for button, step, keys in ((ui.previousButton, -1, "Alt+Up"), (ui.nextButton, 1, "Alt+Down")):
            button.clicked.connect(lambda checked=False, step=step: self.walk(step))
            button.shortcut = qt.QKeySequence(keys)
            button.toolTip = _(
                "Select the structure before or after, and go to the slice where it is largest. ({keys})"
            ).format(keys=keys)

    def current(self) -> tuple[Structure, str] | None:
        """Return the selected structure and its segment's identifier."""
        row = self.ui.structuresTable.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def structures(self) -> list[Structure]:
        """Return the structures in the list."""
        return [structure for structure, _segment in self._rows]

    def walk(self, step: int) -> None:
        """Select the structure so many rows further, round the end."""
        if self._rows:
            row = self.ui.structuresTable.currentRow()
            self.ui.structuresTable.selectRow((row + step) % len(self._rows) if row >= 0 else 0)

    def select(self, structure: Structure) -> None:
        """Select a structure."""
        for row, (known, _segment) in enumerate(self._rows):
            if known == structure:
                self.ui.structuresTable.selectRow(row)

    def forget(self) -> None:
        """The scene goes away with its segmentations."""
        self._timer.stop()
        self._watch(None)
        self._stamp, self._rows, self._places = None, [], {}
        self.ui.structuresTable.rowCount = 0

    def count_anew(self) -> None:
        """Show the segmentation after a change of voxels, which does not count as one of its own."""
        self._stamp = None
        self.refresh()

    def refresh(self) -> None:
        """Show the segmentation; an unchanged one is left alone."""
        segmentation = self.node.segmentation
        self._watch(segmentation)
        stamp = None if segmentation is None else (segmentation.GetID(), segmentation.GetSegmentation().GetMTime())
        made_by = None if segmentation is None else segmentation.GetAttribute(MADE_BY)
        self.ui.madeByLabel.text = _("Made by: {method}").format(method=made_by) if made_by else ""
        self.ui.madeByLabel.visible = bool(made_by)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        before = self.current()
        self._filling = True
        self._fill(segmentation)
        self._filling = False
        if segmentation is not None:
            # Reading may make labels of surfaces, which changes the segmentation.
            self._stamp = (segmentation.GetID(), segmentation.GetSegmentation().GetMTime())
        if before is not None:
            self.select(before[0])

    def _fill(self, segmentation: Any) -> None:
        from MuscleMyopathyLib.report.formatting import number
        from MuscleMyopathyLib.scene.segment_places import segment_places
        from MuscleMyopathyLib.scene.segmentations import read_segmentation_node

        from .segment_method import sorted_structures

        table = self.ui.structuresTable
        self._rows, self._places = [], {}
        table.rowCount = 0
        if segmentation is None or segmentation.GetSegmentation().GetNumberOfSegments() == 0:
            return
        try:
            reading = read_segmentation_node(segmentation, shown_volume(segmentation))
            self._places = segment_places(segmentation, shown_volume(segmentation))
        except MuscleMyopathyError as error:
            self.messages.warning(str(error))
            return
        told = _told(segmentation)
        image, labels = reading.segmentation.image, reading.segmentation.array
        x, y, z = image.GetSpacing()
        sides = {Side.LEFT: _("left"), Side.RIGHT: _("right"), Side.BOTH: _("both")}
        display = segmentation.GetDisplayNode()
        structures = sorted_structures(reading.segment_ids)
        self._rows = [(structure, reading.segment_ids[structure]) for structure in structures]
        table.rowCount = len(structures)
        for row, (structure, segment_id) in enumerate(self._rows):
            count = int((labels == reading.segmentation.label_of(structure)).sum())
            confidence, warning = told.get((structure.code, str(structure.side)), (float("nan"), ""))
            if not count:
                warning = _("nothing is drawn")
            name = qt.QTableWidgetItem(structure.type.name)
            name.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            shown = display is not None and display.GetSegmentVisibility(segment_id)
            name.setCheckState(qt.Qt.Checked if shown else qt.Qt.Unchecked)
            name.setIcon(_swatch(segmentation.GetSegmentation().GetSegment(segment_id).GetColor()))
            name.setToolTip(structure.name)
            mark = qt.QTableWidgetItem(f"▲ {warning}" if warning else "")
            mark.setToolTip(warning)
            cells = [
                name,
                qt.QTableWidgetItem(sides[structure.side]),
                number_item(number(count * x * y * z / 1000, 1) if count else "–"),
                number_item(number(100 * confidence, 0)),
                mark,
            ]
            for column, item in enumerate(cells):
                table.setItem(row, column, item)
        table.resizeRowsToContents()

    def _on_selected(self) -> None:
        current = self.current()
        if self._filling or current is None:
            return
        place = self._places.get(current[0])
        if place is not None:
            for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
                jump(node, place.center_ras)
        self._selected(*current)

    def _on_checked(self, item: Any) -> None:
        if self._filling or item.column() != 0:
            return
        display = self.node.segmentation.GetDisplayNode()
        if display is not None:
            display.SetSegmentVisibility(self._rows[item.row()][1], item.checkState() == qt.Qt.Checked)

    def _watch(self, segmentation: Any) -> None:
        """Count volumes anew after each change of the drawing; None watches nothing any more."""
        segments = None if segmentation is None else segmentation.GetSegmentation()
        if self._watched is not None:
            if self._watched[0] is segments:
                return
            self._watched[0].RemoveObserver(self._watched[1])
            self._watched = None
        if segments is not None:
            event = slicer.vtkSegmentation.SourceRepresentationModified
            self._watched = (segments, segments.AddObserver(event, lambda caller, event: self._timer.start()))

    def _on_settled(self) -> None:
        self._timer.stop()
        if self.node is not None and self.node.step == "segment":
            self.count_anew()


def _told(segmentation: Any) -> dict[tuple[str, str], tuple[float, str]]:
    """Return confidence (0 to 1) and warning by structure and side, of the run that made a segmentation."""
    table = segmentation.GetNodeReference(TABLE)
    if table is None:
        return {}
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    rows = dataframe_from_table_node(table).to_dict("records")
    return {(row["structure"], row["side"]): (float(row["confidence"]), row["problem"] or "") for row in rows}


def _swatch(color: tuple[float, float, float]) -> Any:
    pixmap = qt.QPixmap(COLOR_SIZE, COLOR_SIZE)
    pixmap.fill(qt.QColor(*(round(255 * channel) for channel in color)))
    return qt.QIcon(pixmap)
