"""The panel *qMRI*: fat fraction per structure and side, from water and fat or from the scanner's map."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer
import vtk
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.hierarchy import find_result

from .case_job import CaseJob
from .case_volumes import is_phantom, volume_of_role
from .chart import has_chart, write_chart
from .job import Job
from .job_row import JobRow
from .messages import MessageStrip
from .overlay import hide_map, show_map
from .requirements import ensure_packages
from .result_export import export_results
from .result_table import ResultTable
from .steps import State, StepState

WATER_AND_FAT, MAP = "water and fat", "map"
GRID_TOLERANCE_MM = 1e-3


class QmriPanel:
    """Measures the case in the background and shows its results.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "qmri"
    title = _("qMRI")

    def __init__(self, module: Any) -> None:
        self._module = module
        self.widget = slicer.util.loadUI(module.resourcePath("UI/QmriPanel.ui"))
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.ui.sourceBox.addItem(_("Water and fat images"), WATER_AND_FAT)
        self.ui.sourceBox.addItem(_("The scanner's FF map"), MAP)
        self.messages = MessageStrip(self.widget.layout())
        # Below Run, above the results.
        self.widget.layout().removeWidget(self.messages.frame)
        self.widget.layout().insertWidget(4, self.messages.frame)
        self.widget.layout().addStretch(1)
        self.jobRow = JobRow(self.ui, self._cancel)
        self.results = ResultTable(self.ui.resultTable)
        self.preset: Any = None
        self._job: Job | None = None
        self._shown: Any = None
        self._gui_tag: Any = None
        self.ui.sourceBox.activated.connect(lambda index: self._on_source(index))
        self.ui.advancedButton.contentsCollapsed.connect(lambda collapsed: self._on_advanced(collapsed))
        self.ui.runButton.clicked.connect(lambda: self._on_run())
        self.ui.reportButton.clicked.connect(lambda: self._on_report())
        self.ui.exportButton.clicked.connect(lambda: self._on_export())
        self.ui.chartButton.clicked.connect(lambda: self._on_chart())
        self.ui.mapButton.toggled.connect(lambda checked: self._on_map(checked))
        self.ui.runButton.shortcut = qt.QKeySequence("Ctrl+Return")

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None and self._job.running

    def connect_parameters(self, node: Any) -> None:
        """Bind the widgets to the parameter node."""
        self._gui_tag = node.connectGui(self.ui)

    def disconnect_parameters(self, node: Any) -> None:
        """Let go of the parameter node."""
        node.disconnectGui(self._gui_tag)

    def state(self) -> StepState:
        """Return how far this step is."""
        node = self._module.parameterNode
        if node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if find_result(node.caseIdentifier, "measures") is not None:
            return StepState(State.DONE, _("The case is measured."))
        if not self._candidates():
            return StepState(State.NOT_POSSIBLE, _("Needs a water and a fat image, or a fat-fraction map."))
        return StepState(State.OPEN, _("Measure the fat fraction."))

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold."""
        node = self._module.parameterNode
        if node is None:
            return
        from_map = node.source == MAP
        self.ui.sourceBox.currentIndex = self.ui.sourceBox.findData(node.source)
        for label, selector, shown in (
            (self.ui.waterLabel, self.ui.waterSelector, not from_map),
            (self.ui.fatLabel, self.ui.fatSelector, not from_map),
            (self.ui.mapLabel, self.ui.mapSelector, from_map),
        ):
            label.visible = selector.visible = shown
        obstacle = self.obstacle()
        self.ui.runButton.enabled = not obstacle
        self.ui.runButton.toolTip = obstacle or _(
            "Measure the fat fraction per structure and side, in the background. (Ctrl+Enter)"
        )
        self._show_results()

    def enter(self) -> None:
        """The panel is shown: choose the inputs by their roles where nothing is chosen."""
        self.choose_inputs()

    def choose_inputs(self) -> None:
        """Choose the case's volumes by their roles, where nothing is chosen yet."""
        node = self._module.parameterNode
        if node is None:
            return
        identifier = node.caseIdentifier
        for field, role in (("water", Role.WATER), ("fat", Role.FAT), ("fatFractionMap", Role.FAT_FRACTION_MAP)):
            if getattr(node, field) is None:
                found = volume_of_role(identifier, role)
                if found is not None:
                    setattr(node, field, found)
        if node.water is None and node.fat is None and node.fatFractionMap is not None:
            node.source = MAP

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        if self._job is not None:
            self._job.abandon()
        self.jobRow.hide()
        self.messages.clear()
        self._shown = None

    def obstacle(self) -> str:
        """Return why Run is not possible now; empty where it is."""
        node = self._module.parameterNode
        if self.busy:
            return _("The computation is running.")
        if not node.caseIdentifier:
            return _("Give the case an identifier, in the line at the top.")
        if node.source == MAP:
            return "" if node.fatFractionMap is not None else _("Choose the fat-fraction map.")
        if node.water is None:
            return _("Choose the water image.")
        if node.fat is None:
            return _("Choose the fat image.")
        if node.water.GetID() == node.fat.GetID():
            return _("Water and fat are the same volume. Choose two.")
        if not _same_grid(node.water, node.fat):
            return _("Water and fat do not share one grid. Choose images of the same series.")
        return ""

    def _candidates(self) -> bool:
        node = self._module.parameterNode
        volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        return (
            len(volumes) >= 2
            or node.fatFractionMap is not None
            or (volume_of_role(node.caseIdentifier, Role.FAT_FRACTION_MAP) is not None)
        )

    def _on_source(self, index: int) -> None:
        self._module.parameterNode.source = self.ui.sourceBox.itemData(index)

    def _on_advanced(self, collapsed: bool) -> None:
        if not collapsed and self.preset is None and self._packages_are_there():
            from .preset_table import PresetTable

            self.preset = PresetTable(
                self.ui.presetTable,
                self._parameters(),
                hidden={"measures.erosion_mm"},
                refused=self.messages.error,
                changed=self._on_parameters,
            )

    def _parameters(self) -> Any:
        """Return the pipeline's parameters as this scene keeps them."""
        import yaml

        from MuscleMyopathyLib.parameters import from_mapping
        from MuscleMyopathyLib.study.pipeline import CaseParameters

        node = self._module.parameterNode
        values = yaml.safe_load(node.preset) if node.preset else {}
        values = {**values, "measures": {**values.get("measures", {}), "erosion_mm": node.erosionMm}}
        return from_mapping(CaseParameters, values)

    def _on_parameters(self, parameters: Any) -> None:
        import yaml

        from MuscleMyopathyLib.parameters import to_mapping

        self._module.parameterNode.preset = yaml.safe_dump(to_mapping(parameters), sort_keys=False)
        self.messages.clear()

    def _packages_are_there(self) -> bool:
        try:
            ensure_packages()
        except Exception as error:
            # The user declined, or pip failed for one of its many reasons: each is shown, none is hidden.
            self.messages.error(_("Packages that are needed were not installed."), str(error))
            return False
        return True

    def _on_run(self) -> None:
        if not self._packages_are_there():
            return
        node = self._module.parameterNode
        self.messages.clear()
        folder = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}"
        volumes = self._inputs()
        try:
            with slicer.util.WaitCursor():
                arguments = CaseJob(
                    identifier=node.caseIdentifier,
                    region=node.region,
                    reader=node.reader,
                    session=node.session,
                    volumes=volumes,
                    muscles=node.muscles,
                    parameters=self._parameters(),
                    phantom=is_phantom(node.caseIdentifier),
                ).write(folder)
        except MuscleMyopathyError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.messages.error(str(error))
            return
        self._job = Job(
            arguments,
            progressed=self.jobRow.progress,
            finished=lambda path: self._on_finished(folder, path, volumes),
            failed=lambda text, details: self._on_stopped(folder, lambda: self.messages.error(text, details)),
            cancelled=lambda: self._on_stopped(
                folder, lambda: self.messages.info(_("Cancelled. The scene is as it was."))
            ),
        )
        self.jobRow.begin(_("Starting …"))
        self._job.start()
        self._module.refresh()

    def _inputs(self) -> dict[Role, Any]:
        node = self._module.parameterNode
        if node.source == MAP:
            inputs = {Role.FAT_FRACTION_MAP: node.fatFractionMap}
        else:
            inputs = {Role.WATER: node.water, Role.FAT: node.fat}
        t1w = volume_of_role(node.caseIdentifier, Role.T1W)
        # Water and fat show the fascia by themselves; with a map alone the T1w is needed for the compartments.
        if node.source == MAP and t1w is not None and _same_grid(t1w, node.fatFractionMap):
            inputs[Role.T1W] = t1w
        return inputs

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _on_stopped(self, folder: Path, say: Any) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.jobRow.hide()
        say()
        self._module.refresh()

    def _on_finished(self, folder: Path, results: Path, volumes: dict[Role, Any]) -> None:
        from MuscleMyopathyLib.scene.case import place_case
        from MuscleMyopathyLib.study.results import read_results

        node = self._module.parameterNode
        try:
            with slicer.util.WaitCursor():
                nodes = place_case(
                    read_results(results), volumes={role.value: volume for role, volume in volumes.items()}
                )
        except MuscleMyopathyError as error:
            failure = str(error)
            self._on_stopped(folder, lambda: self.messages.error(failure))
            return
        previous, node.resultFolder = node.resultFolder, str(results)
        if previous and Path(previous) != results:
            shutil.rmtree(Path(previous).parent, ignore_errors=True)
        self.jobRow.hide()
        self._shown = None
        self._module.refresh()
        self.ui.mapButton.checked = False
        if nodes.fat_fraction is not None:
            self.ui.mapButton.checked = True
        self._say_problems()

    def _say_problems(self) -> None:
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
        node = find_result(self._module.parameterNode.caseIdentifier, kind)
        if node is None:
            return None
        from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

        return dataframe_from_table_node(node)

    def _results_folder(self) -> Path | None:
        folder = self._module.parameterNode.resultFolder
        return Path(folder) if folder and Path(folder).is_dir() else None

    def _show_results(self) -> None:
        node = self._module.parameterNode
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
        if not self._packages_are_there():
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
        if page is None:
            # The scene was measured in an earlier session: the page is made anew from what the scene holds.
            from MuscleMyopathyLib.scene.console import write_case_report

            page = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}.html"
            try:
                with slicer.util.WaitCursor():
                    write_case_report(self._module.parameterNode.caseIdentifier, page)
            except MuscleMyopathyError as error:
                self.messages.error(str(error))
                return
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

    def _on_export(self) -> None:
        chosen = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder for the results of this case"))
        if not chosen:
            return
        folder = Path(chosen) / self._module.parameterNode.caseIdentifier
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
        chart = find_result(self._module.parameterNode.caseIdentifier, "fat fraction chart")
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView)
        selection = slicer.app.applicationLogic().GetSelectionNode()
        selection.SetActivePlotChartID(chart.GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()

    def _on_map(self, shown: bool) -> None:
        node = self._module.parameterNode
        fraction = find_result(node.caseIdentifier, "fat fraction")
        if fraction is None:
            return
        if shown:
            show_map(fraction, node.water if node.source == WATER_AND_FAT else node.fatFractionMap)
        else:
            hide_map(fraction)


def _same_grid(first: Any, second: Any) -> bool:
    """Tell whether two volume nodes have the same voxels in space, without a copy of their images."""
    if first.GetImageData() is None or second.GetImageData() is None:
        return False
    size = first.GetImageData().GetDimensions()
    if size != second.GetImageData().GetDimensions():
        return False
    corners = np.array([[i, j, k, 1] for i in (0, size[0]) for j in (0, size[1]) for k in (0, size[2])])
    matrices = []
    for node in (first, second):
        to_ras = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(to_ras)
        matrices.append(slicer.util.arrayFromVTKMatrix(to_ras))
    return bool(np.abs(corners @ (matrices[0] - matrices[1]).T).max() <= GRID_TOLERANCE_MM)


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
