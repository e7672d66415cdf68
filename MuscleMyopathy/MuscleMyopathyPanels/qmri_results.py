"""The results of the panel *qMRI*: table, chart, map, report and export of a measured case."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.scene.hierarchy import find_result

from .chart import has_chart, write_chart
from .overlay import hide_map, show_map
from .panel_part import PanelPart
from .requirements import ensure_packages
from .result_export import export_results
from .result_table import ResultTable

WATER_AND_FAT, MAP = "water and fat", "map"
"""Where the fat fraction comes from: values of the parameter ``source``."""


class QmriResults(PanelPart):
    """Shows what the scene holds of a measured case, in the widgets of the panel below Run."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.results = ResultTable(ui.resultTable)
        self._shown: Any = None
        ui.reportButton.clicked.connect(lambda: self._on_report())
        ui.exportButton.clicked.connect(lambda: self._on_export())
        ui.chartButton.clicked.connect(lambda: self._on_chart())
        ui.mapButton.toggled.connect(lambda checked: self._on_map(checked))

    def forget(self) -> None:
        """Draw anew at the next refresh."""
        self._shown = None

    def say_problems(self) -> None:
        """Say in the strip what went wrong or needs a second look."""
        problems = self._table("problems")
        if problems is None or problems.empty:
            self.messages.info(_("Measured. No problems."))
            return
        lines = [_remark(row) for row in problems.to_dict("records")]
        if len(lines) == 1:
            self.messages.warning(_("1 remark: {text}").format(text=lines[0]))
        else:
            self.messages.warning(
                _("{count} remarks. The first: {text}").format(count=len(lines), text=lines[0]), "\n".join(lines)
            )

    def _table(self, kind: str) -> Any:
        """Return a result table of the case as a DataFrame, or None."""
        node = find_result(self.node.caseIdentifier, kind)
        if node is None:
            return None
        from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

        return dataframe_from_table_node(node)

    def _results_folder(self) -> Path | None:
        folder = self.node.resultFolder
        return Path(folder) if folder and Path(folder).is_dir() else None

    def refresh(self) -> None:
        """Show what the scene holds."""
        node = self.node
        measures_node = find_result(node.caseIdentifier, "measures")
        self.ui.resultWidget.visible = measures_node is not None
        if measures_node is None:
            self._shown = None
            return
        self.ui.mapButton.enabled = find_result(node.caseIdentifier, "fat fraction") is not None
        self.ui.chartButton.enabled = find_result(node.caseIdentifier, "fat fraction chart") is not None
        self.ui.exportButton.toolTip = _(
            "Write the tables as CSV, the chart as PNG and SVG, and maps, labels and report into a folder."
        )
        stamp = (measures_node.GetID(), measures_node.GetTable().GetMTime())
        if stamp == self._shown:
            return
        self._shown = stamp
        try:
            ensure_packages()
        except Exception as error:
            # The user declined, or pip failed for one of its many reasons: each is shown, none is hidden.
            self.messages.error(_("Packages that are needed were not installed."), str(error))
            return
        measures = self._table("measures")
        self.results.show(measures)
        self.ui.resultLabel.text = _summary(measures)
        self._draw_chart(measures)

    def _draw_chart(self, measures: Any) -> None:
        self.ui.resultTabs.setTabEnabled(1, has_chart(measures))
        if has_chart(measures):
            picture = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-chart-{uuid.uuid4().hex}.png"
            write_chart(measures, picture, width_pixels=440)
            self.ui.chartLabel.pixmap = qt.QPixmap(str(picture))
            picture.unlink()

    def _on_report(self) -> None:
        folder = self._results_folder()
        page = folder / "report.html" if folder is not None else None
        from MuscleMyopathyLib.scene.case_scores import case_scores

        if page is None or case_scores(self.node.caseIdentifier) is not None:
            # The scene was measured in an earlier session, or scored since: the page is made anew from the scene.
            from MuscleMyopathyLib.scene.console import write_case_report

            page = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}.html"
            try:
                with slicer.util.WaitCursor():
                    write_case_report(self.node.caseIdentifier, page)
            except MuscleMyopathyError as error:
                self.messages.error(str(error))
                return
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

    def _on_export(self) -> None:
        chosen = qt.QFileDialog.getExistingDirectory(
            self.ui.resultWidget, _("Folder for the results of this case")
        )
        if not chosen:
            return
        folder = Path(chosen) / self.node.caseIdentifier
        kinds = {"measures": "measures", "measures_by_slice": "measures by slice", "problems": "problems"}
        tables = {name: self._table(kind) for name, kind in kinds.items()}
        try:
            export_results(
                {name: table for name, table in tables.items() if table is not None},
                self._results_folder(),
                folder,
            )
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(_("The results could not be written."), str(error))
            return
        self.messages.info(_("Exported to {folder}.").format(folder=folder))

    def _on_chart(self) -> None:
        chart = find_result(self.node.caseIdentifier, "fat fraction chart")
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView)
        selection = slicer.app.applicationLogic().GetSelectionNode()
        selection.SetActivePlotChartID(chart.GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()

    def _on_map(self, shown: bool) -> None:
        node = self.node
        fraction = find_result(node.caseIdentifier, "fat fraction")
        if fraction is None:
            return
        if shown:
            show_map(fraction, node.water if node.source == WATER_AND_FAT else node.fatFractionMap)
        else:
            hide_map(fraction)


def _summary(measures: Any) -> str:
    """Return the whole muscle's fat fraction by side in a sentence."""
    whole = measures[(measures["structure"] == "MUSCLE") & measures["ff_mean_percent"].notna()]
    if whole.empty:
        return _("Fat fraction and size per structure.")
    sides = " · ".join(f"{row.side} {row.ff_mean_percent:.1f} %" for row in whole.itertuples())
    return _("Whole muscle, mean fat fraction: {sides}").format(sides=sides)


def _remark(row: dict[str, str]) -> str:
    """Return a row of the table of problems as a line: what it concerns, and what is wrong."""
    about = " ".join(part for part in (row["structure"], row["side"]) if part and part != "both")
    return f"{about}: {row['problem']}" if about else row["problem"]
