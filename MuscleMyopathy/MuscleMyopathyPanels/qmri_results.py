"""The results of the panel *qMRI*: table, chart, histogram, map, report and export of a measured quantity."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .chart import CHARTED, has_chart, write_chart
from .histogram import values_by_side, write_histogram
from .overlay import hide_map, is_shown, show_map
from .panel_part import PanelPart
from .qmri_report import measured_maps, write_whole_report
from .qmri_shown import Shown, maps_of, shown_of
from .qmri_ways import FAT_FRACTION, QUANTITIES, T2
from .requirements import packages_are_there
from .result_export import export_results
from .result_table import ResultTable

TABLE, CHART, HISTOGRAM = range(3)
"""Tabs of the results."""


class QmriResults(PanelPart):
    """Shows what the scene holds of a measured case, in the widgets of the panel below Run."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.results = ResultTable(ui.resultTable)
        self._stamp: Any = None
        self._measures: Any = None
        self._maps: dict[str, Any] = {}
        ui.reportButton.clicked.connect(lambda: self._on_report())
        ui.exportButton.clicked.connect(lambda: self._on_export())
        ui.chartButton.clicked.connect(lambda: self._on_chart())
        ui.mapButton.toggled.connect(lambda checked: self._on_map(checked))
        ui.mapBox.activated.connect(lambda: self._on_map(self.ui.mapButton.checked))
        ui.resultTable.itemSelectionChanged.connect(lambda: self._draw_histogram())

    def forget(self) -> None:
        """Draw anew at the next refresh."""
        self._stamp = None

    def shown(self) -> Shown | None:
        """Return what the case has of the chosen quantity, or None."""
        return shown_of(self.node.caseIdentifier, self.node.quantity)

    def show_map(self) -> None:
        """Lay the quantity's own map over the image."""
        self.ui.mapBox.currentIndex = 0
        if self.ui.mapButton.checked:
            self._on_map(True)
        self.ui.mapButton.checked = True

    def say_problems(self) -> None:
        """Say in the strip what went wrong or needs a second look."""
        lines = self._problems()
        if not lines:
            self.messages.info(_("Measured. No problems."))
        elif len(lines) == 1:
            self.messages.warning(_("1 remark: {text}").format(text=lines[0]))
        else:
            self.messages.warning(
                _("{count} remarks. The first: {text}").format(count=len(lines), text=lines[0]), "\n".join(lines)
            )

    def refresh(self) -> None:
        """Show what the scene holds."""
        shown = self.shown()
        self.ui.resultWidget.visible = shown is not None
        if shown is None:
            self._stamp = None
            return
        self._show_buttons(shown)
        stamp = (shown.quantity, shown.measures.GetID(), shown.measures.GetTable().GetMTime())
        if stamp == self._stamp:
            return
        self._stamp = stamp
        if not packages_are_there(self.messages):
            return
        self._measures = _frame(shown.measures)
        self.results.show(self._measures)
        self.ui.resultLabel.text = _summary(self._measures, shown.quantity)
        self._draw_chart(shown)
        self._draw_histogram()

    def _show_buttons(self, shown: Shown) -> None:
        self.ui.mapButton.enabled = shown.map is not None
        self.ui.mapButton.toolTip = _(
            "Show the map of {what} in colours over the image, with its colour bar."
        ).format(
            what=QUANTITIES[shown.quantity].lower()
            if shown.quantity == FAT_FRACTION
            else QUANTITIES[shown.quantity]
        )
        maps = maps_of(self.node.caseIdentifier, shown)
        if list(maps) != list(self._maps):
            self.ui.mapBox.clear()
            for title in maps:
                self.ui.mapBox.addItem(title)
        self._maps = maps
        self.ui.mapBox.visible = len(maps) > 1
        # Another panel may have taken the map out of the views, or shown another one.
        was_blocked = self.ui.mapButton.blockSignals(True)
        chosen = maps.get(self.ui.mapBox.currentText)
        self.ui.mapButton.checked = chosen is not None and is_shown(chosen)
        self.ui.mapButton.blockSignals(was_blocked)
        self.ui.chartButton.visible = shown.quantity == FAT_FRACTION
        self.ui.chartButton.enabled = shown.chart is not None
        self.ui.reportButton.visible = shown_of(self.node.caseIdentifier, FAT_FRACTION) is not None
        self.ui.exportButton.toolTip = _(
            "Write tables as CSV, chart and histogram as PNG and SVG, and maps, labels and report into a folder."
        )

    def _problems(self) -> list[str]:
        shown = self.shown()
        if shown is None:
            return []
        if shown.problems is not None:
            return [_remark(row) for row in _frame(shown.problems).to_dict("records")]
        table = _frame(shown.measures)
        rows = table[table["problem"] != ""].to_dict("records")
        # What was said of the map itself stands in its table's description.
        return [*filter(None, (shown.measures.GetDescription() or "").split("\n")), *map(_remark, rows)]

    def _draw_chart(self, shown: Shown) -> None:
        quantity, reference = CHARTED[shown.quantity], reference_of(shown.quantity)
        there = has_chart(self._measures, quantity)
        self.ui.resultTabs.setTabEnabled(CHART, there)
        if there:
            self.ui.chartLabel.pixmap = _picture(
                lambda path: write_chart(self._measures, path, 440, quantity, reference)
            )
        self.ui.referenceLabel.visible = reference is not None
        if reference is not None:
            self.ui.referenceLabel.text = _(
                "Grey: {structure}, {protocol}. Another scanner or protocol needs its own cut-off: see Cohort."
            ).format(structure=reference.structure, protocol=reference.protocol)
            self.ui.chartLabel.toolTip = self.ui.referenceLabel.toolTip = str(reference)
        else:
            self.ui.chartLabel.toolTip = ""

    def _draw_histogram(self) -> None:
        drawn = self._histogram()
        self.ui.resultTabs.setTabEnabled(HISTOGRAM, self.shown() is not None)
        self.ui.histogramLabel.visible = drawn is not None
        self.ui.histogramHintLabel.visible = drawn is None
        if drawn is not None:
            self.ui.histogramLabel.pixmap = _picture(lambda path: write_histogram(*drawn, path))

    def _histogram(self) -> tuple[Any, ...] | None:
        """Return what the histogram of the selected row shows: values by side, title, axis, limits; or None."""
        shown, row = self.shown(), self.results.selected()
        if shown is None or shown.map is None or row is None:
            return None
        from MuscleMyopathyLib.anatomy import structure_type

        quantity = CHARTED[shown.quantity]
        for segmentation in shown.structures:
            try:
                by_side = values_by_side(shown.map, segmentation, row["structure"], float(row["erosion_mm"]))
            except MuscleMyopathyError as error:
                self.messages.warning(_("The histogram cannot be drawn."), str(error))
                return None
            if by_side:
                return by_side, structure_type(row["structure"]).name, quantity.title, quantity.limits
        return None

    def _on_report(self) -> None:
        from MuscleMyopathyLib.scene.case_scores import case_scores

        folder = self._results_folder()
        page = folder / "report.html" if folder is not None else None
        identifier = self.node.caseIdentifier
        further = case_scores(identifier) is not None or bool(measured_maps(identifier))
        if page is None or not page.is_file() or further:
            # Measured in an earlier session, or more was measured or scored since: made anew from the scene.
            page = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}.html"
            try:
                with slicer.util.WaitCursor():
                    write_whole_report(identifier, page)
            except MuscleMyopathyError as error:
                self.messages.error(str(error))
                return
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

    def _results_folder(self) -> Path | None:
        folder = self.node.resultFolder
        return Path(folder) if folder and Path(folder).is_dir() else None

    def _on_export(self) -> None:
        chosen = qt.QFileDialog.getExistingDirectory(
            self.ui.resultWidget, _("Folder for the results of this case")
        )
        shown = self.shown()
        if not chosen or shown is None:
            return
        of_pipeline = shown.quantity == FAT_FRACTION
        begin = "" if of_pipeline else f"{shown.quantity}_"
        tables = {f"{begin}measures": shown.measures, f"{begin}measures_by_slice": shown.by_slice}
        if shown.problems is not None:
            tables["problems"] = shown.problems
        folder = Path(chosen) / self.node.caseIdentifier
        try:
            with slicer.util.WaitCursor():
                export_results(
                    {name: _frame(table) for name, table in tables.items() if table is not None},
                    self._results_folder() if of_pipeline else None,
                    folder,
                    {} if of_pipeline or shown.map is None else {f"{begin}map": shown.map},
                )
                self._export_pictures(shown, folder, begin)
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(_("The results could not be written."), str(error))
            return
        self.messages.info(_("Exported to {folder}.").format(folder=folder))

    def _export_pictures(self, shown: Shown, folder: Path, begin: str) -> None:
        quantity, reference = CHARTED[shown.quantity], reference_of(shown.quantity)
        drawn = self._histogram()
        for suffix in ("png", "svg"):
            if has_chart(self._measures, quantity):
                write_chart(self._measures, folder / f"{begin}chart.{suffix}", 700, quantity, reference)
            if drawn is not None:
                write_histogram(*drawn, folder / f"{begin}histogram.{suffix}", 700)

    def _on_chart(self) -> None:
        shown = self.shown()
        assert shown is not None
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView)
        slicer.app.applicationLogic().GetSelectionNode().SetActivePlotChartID(shown.chart.GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()

    def _on_map(self, visible: bool) -> None:
        title = self.ui.mapBox.currentText
        chosen = self._maps.get(title)
        if chosen is None:
            return
        if visible:
            show_map(chosen, self._image_below(), title)
        else:
            hide_map(chosen)

    def _image_below(self) -> Any:
        """Return the image that the map lies over: the first volume that it was made from."""
        from .qmri_ways import way_of

        return next(filter(None, way_of(self.node.quantity, self.node.source).chosen(self.node)), None)


def reference_of(quantity: str) -> Any:
    """Return the published ``ReferenceValues`` of a quantity, or None.

    Wang's T2 is mono-exponential; neither water T2 nor R2* can be compared with it.
    """
    from MuscleMyopathyLib.qmri.reference_values import reference_values

    return reference_values() if quantity == T2 else None


def _picture(draw: Any) -> Any:
    path = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}.png"
    draw(path)
    pixmap = qt.QPixmap(str(path))
    path.unlink()
    return pixmap


def _frame(node: Any) -> Any:
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    return dataframe_from_table_node(node)


def _summary(measures: Any, quantity: str) -> str:
    """Return the whole muscle's value by side in a sentence."""
    if quantity != FAT_FRACTION:
        name, column = QUANTITIES[quantity], CHARTED[quantity].column("median")
        middle = measures[column].median()
        return _("{name} per structure; the median of their medians is {value:.1f} {unit}.").format(
            name=name, value=middle, unit=CHARTED[quantity].unit.replace("per_s", "1/s")
        )
    whole = measures[(measures["structure"] == "MUSCLE") & measures["ff_mean_percent"].notna()]
    if whole.empty:
        return _("Fat fraction and size per structure.")
    sides = " · ".join(f"{row.side} {row.ff_mean_percent:.1f} %" for row in whole.itertuples())
    return _("Whole muscle, mean fat fraction: {sides}").format(sides=sides)


def _remark(row: dict[str, str]) -> str:
    """Return a row with a problem as a line: what it concerns, and what is wrong."""
    about = " ".join(part for part in (row["structure"], row["side"]) if part and part != "both")
    return f"{about}: {row['problem']}" if about else row["problem"]
