"""Agreement in the panel *Readers*: contours, ICC of features and measures, Bland–Altman."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .case_volumes import case_volumes
from .readers_charts import write_icc_histogram
from .readers_table import BANDS, LIGHTS, AgreementTable

KEYS = {"case", "reader", "session", "structure"}
"""Columns that a table of readings has."""

TABLES = ("overlap", "icc", "mean_icc", "reliable_features", "reliable_counts", "bland_altman", "problems")
"""What the command ``agreement`` leaves, as far as the input allows."""


class AgreementTab:
    """Compares readings in the background and shows the tables, in the panel's second tab.

    Args:
        panel: The panel, for its study, widgets, messages and jobs.
    """

    def __init__(self, panel: Any) -> None:
        self.panel = panel
        self.ui = panel.ui
        self._files: list[Path] = []
        self._unchecked: set[str] = set()
        self._listed: list[str] | None = None
        self._listing = False
        self._results: dict[str, Any] = {}
        self._table: Any = None
        self.overlap = AgreementTable(
            self.ui.overlapTable,
            [
                ("name", _("Structure"), None, _("Structure and readings; the worst agreement first.")),
                ("band", _("Light"), None, _("Green from Dice 0.85, amber from 0.70, red below.")),
                (
                    "dice",
                    _("Dice"),
                    2,
                    _("Dice, Ecology 1945;26:297: twice the common volume by the sum of both."),
                ),
                ("hd95_mm", _("HD95\nmm"), 1, _("95th percentile of the surface distances.")),
                ("volume_difference_percent", _("ΔV\n%"), 0, _("Second minus first, of the mean of both.")),
                ("worst_slice", _("Worst\nslice"), 0, _("Slice of the lowest Dice, from 0; a click goes there.")),
            ],
            LIGHTS,
        )
        self.icc = AgreementTable(
            self.ui.iccTable,
            [
                ("feature", _("Feature"), None, _("Feature or measure.")),
                ("structure", _("Structure"), None, _("Code of the structure.")),
                ("side", _("Side"), None, _("Patient's side.")),
                ("analysis", _("Kind"), None, _("Within one reader, or between readers.")),
                (
                    "icc",
                    _("ICC"),
                    3,
                    _("Intraclass correlation, absolute agreement of single readings, ICC(2,1)."),
                ),
                ("band", _("Band"), None, _("Landis and Koch, Biometrics 1977;33:159.")),
            ],
            BANDS,
        )
        self.blandAltman = AgreementTable(
            self.ui.blandAltmanTable,
            [
                ("name", _("Measure"), None, _("Measure (its unit at the end), structure, side and readings.")),
                ("bias", _("Bias"), 2, _("Mean difference, first reading minus second.")),
                ("lower_limit", _("Lower"), 2, _("Bias − 1.96 SD.")),
                ("upper_limit", _("Upper"), 2, _("Bias + 1.96 SD.")),
            ],
            {},
        )
        self.ui.tablesList.itemChanged.connect(lambda item: self._on_checked(item))
        self.ui.addTablesButton.clicked.connect(lambda: self._on_add())
        self.ui.compareButton.clicked.connect(lambda: self._on_compare())
        self.ui.overlapTable.cellActivated.connect(lambda row, column: self.go_to_worst_slice(row))
        self.ui.overlapTable.cellClicked.connect(lambda row, column: self.go_to_worst_slice(row))
        self.ui.blandAltmanTable.itemSelectionChanged.connect(lambda: self.refresh())
        self.ui.plotButton.clicked.connect(lambda: self._on_plot())
        self.ui.exportButton.clicked.connect(lambda: self._on_export())

    def forget(self) -> None:
        """The scene goes away, and its results with it."""
        self._results, self._table, self._listed = {}, None, None
        self._files, self._unchecked = [], set()

    def refresh(self) -> None:
        """Show which tables there are, and what can be done."""
        if self.panel.node is None:
            return
        self._list_tables()
        obstacle = self.obstacle()
        self.ui.compareButton.enabled = not obstacle
        self.ui.compareButton.toolTip = obstacle or _(
            "Compare the contours of the study, and the features or measures of the checked tables."
        )
        self.ui.agreementTabs.visible = self.ui.exportButton.visible = bool(self._results)
        self.ui.exportButton.toolTip = _("Write all tables as CSV and the histogram as PNG and SVG into a folder.")
        row = self.ui.blandAltmanTable.currentRow()
        no_row = "" if 0 <= row < len(self.blandAltman.rows) else _("Select a row above.")
        self.ui.plotButton.enabled = not no_row
        self.ui.plotButton.toolTip = no_row or _(
            "Plot the differences against the means for this measure, all structures of these readings together "
            "(Bland and Altman, Stat Methods Med Res 1999;8:135)."
        )

    def obstacle(self) -> str:
        """Return why Compare is not possible now; empty where it is."""
        if self.panel.busy:
            return _("The computation is running.")
        if self.panel.readings.open_reading() is not None:
            return _("Lock the open reading first: until then other readings of this case are hidden.")
        if not self._checked_names() and not self.panel.readings.has_pairs():
            return _("Needs two readings of a case in the study, or a table of several readings.")
        return ""

    def go_to_worst_slice(self, row: int) -> None:
        """Move the axial slice views to the worst slice of a row, where it is of the case in the scene."""
        values = self.overlap.rows[row]
        volumes = case_volumes(self.panel.node.caseIdentifier)
        worst = values["worst_slice"]
        if values["case"] != self.panel.node.caseIdentifier or not volumes or not worst >= 0:
            self.panel.messages.info(_("The images of this row are not in the scene."))
            return
        import vtk

        volume = self.panel.readings.reference()
        columns, rows, _slices = volume.GetImageData().GetDimensions()
        to_ras = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(to_ras)
        position = to_ras.MultiplyPoint([columns / 2, rows / 2, worst, 1.0])[:3]
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            # The other views keep their place; Red shows the acquired slices also where they are oblique.
            if node.GetOrientation() == "Axial" or node.GetLayoutName() == "Red":
                node.JumpSliceByOffsetting(*position)

    def _list_tables(self) -> None:
        names = [*(node.GetName() for node in _scene_tables()), *map(str, self._files)]
        if names == self._listed:
            return
        self._listed, self._listing = names, True
        self.ui.tablesList.clear()
        for name in names:
            item = qt.QListWidgetItem(Path(name).name)
            item.setToolTip(name)
            item.setData(qt.Qt.UserRole, name)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setCheckState(qt.Qt.Unchecked if name in self._unchecked else qt.Qt.Checked)
            self.ui.tablesList.addItem(item)
        self._listing = False

    def _checked_names(self) -> list[str]:
        return [name for name in self._listed or () if name not in self._unchecked]

    def _on_checked(self, item: Any) -> None:
        if not self._listing:
            name = item.data(qt.Qt.UserRole)
            checked = item.checkState() == qt.Qt.Checked
            self._unchecked = self._unchecked - {name} if checked else self._unchecked | {name}
            self.refresh()

    def _on_add(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.ui.addTablesButton, _("Tables of features or measures"), "", "CSV (*.csv)"
        )
        self.add_files([Path(file) for file in files or ()])

    def add_files(self, paths: list[Path]) -> None:
        """Put CSV files into the list of tables, checked."""
        self._files += [path for path in paths if path not in self._files]
        self.refresh()

    def _on_compare(self) -> None:
        from MuscleMyopathyLib.output import write_table
        from MuscleMyopathyLib.reproducibility.reading_tables import read_reading_tables
        from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

        folder = self.panel.new_job_folder()
        arguments = ["agreement", "--output", str(folder / "agreement")]
        names = self._checked_names()
        try:
            paths = [path for path in self._files if str(path) in names]
            for number, node in enumerate(one for one in _scene_tables() if one.GetName() in names):
                paths.append(folder / f"table-{number}.csv")
                write_table(dataframe_from_table_node(node), paths[-1])
            table = read_reading_tables(paths) if paths else None
        except MuscleMyopathyError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.panel.messages.error(str(error))
            return
        arguments += map(str, paths)
        if table is not None:
            arguments += ["--kind", _possible_kind(table)]
        if self.panel.readings.has_pairs():
            arguments += ["--study", self.panel.node.studyFolder]
        self.panel.run_job(arguments, folder, lambda path: self.place(path, table))

    def place(self, folder: Path, table: Any) -> None:
        """Show the tables that a job left, and keep them in the scene under the case.

        Args:
            folder: What the command ``agreement`` wrote.
            table: The tables of readings that were compared, put together; None where only contours were.
        """
        import pandas as pd

        from MuscleMyopathyLib.scene.case_nodes import put_case_table

        self._table = table
        self._results = {
            name: pd.read_csv(folder / f"{name}.csv", keep_default_na=True)
            for name in TABLES
            if (folder / f"{name}.csv").is_file()
        }
        texts = (
            "structure",
            "side",
            "problem",
            "band",
            "part",
            "sequence",
            "region",
            "image_type",
            "feature_class",
        )
        for name, frame in self._results.items():
            for column in set(texts) & set(frame.columns):
                frame[column] = frame[column].astype(object).where(frame[column].notna(), "").astype(str)
            put_case_table(self.panel.node.caseIdentifier, f"agreement {name.replace('_', ' ')}", frame)
        self._show()

    def _show(self) -> None:
        overlap, icc = self._results.get("overlap"), self._results.get("icc")
        bland_altman = self._results.get("bland_altman")
        for index, frame in enumerate((overlap, icc, bland_altman)):
            self.ui.agreementTabs.setTabEnabled(index, frame is not None)
        there = [index for index, frame in enumerate((overlap, icc, bland_altman)) if frame is not None]
        if self.ui.agreementTabs.currentIndex not in there:
            self.ui.agreementTabs.currentIndex = there[0]
        if overlap is not None:
            names = [_overlap_name(row) for row in overlap.to_dict("records")]
            self.overlap.show(overlap.assign(name=names).sort_values("dice", na_position="first"))
        if icc is not None:
            self.icc.show(icc.sort_values("icc", na_position="first"))
            picture = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-icc-{uuid.uuid4().hex}.png"
            write_icc_histogram(icc, _threshold(), picture)
            self.ui.iccChartLabel.pixmap = qt.QPixmap(str(picture))
            picture.unlink()
        if bland_altman is not None:
            names = [
                f"{row['measure']}\n{row['structure']} {row['side']}: {row['comparison']}"
                for row in bland_altman.to_dict("records")
            ]
            self.blandAltman.show(bland_altman.assign(name=names))
        self._say()

    def _say(self) -> None:
        from MuscleMyopathyLib.reproducibility.agreement_summary import SIMULATED_NOTICE

        counts = self._results.get("reliable_counts")
        lines = []
        if counts is not None and not counts.empty:
            lines.append(
                _("{kept} of {all} features reach an ICC of {threshold:g} in every comparison.").format(
                    kept=int(counts["reliable"].sum()), all=int(counts["features"].sum()), threshold=_threshold()
                )
            )
        overlap = self._results.get("overlap")
        if overlap is not None:
            bands = overlap["band"].value_counts()
            words = {"green": _("green"), "amber": _("amber"), "red": _("red")}
            found = ", ".join(f"{bands[band]} {word}" for band, word in words.items() if band in bands)
            lines.append(_("Contours: {found}.").format(found=found or _("nothing to compare")))
        problems = self._results.get("problems")
        details = "" if problems is None or problems.empty else problems.to_string(index=False)
        compared = " ".join(
            str(text)
            for frame in self._results.values()
            for column in ("comparison", "first_reader", "second_reader")
            if column in frame
            for text in frame[column].unique()
        )
        if "simulated" in compared:
            self.panel.messages.warning(" ".join([*lines, SIMULATED_NOTICE]), details)
        else:
            self.panel.messages.info(" ".join(lines), details)

    def _on_plot(self) -> None:
        from MuscleMyopathyLib.reproducibility.comparisons import Comparison, find_comparisons
        from MuscleMyopathyLib.scene.agreement_charts import bland_altman_chart

        row = self.blandAltman.rows[self.ui.blandAltmanTable.currentRow()]
        readings = zip(self._table["reader"], self._table["session"].tolist(), strict=True)
        pairs = _pairs(find_comparisons(readings, _parameters(self._table)), Comparison)
        comparison = next(pair for pair in pairs if pair.name == row["comparison"])
        try:
            chart = bland_altman_chart(self.panel.node.caseIdentifier, self._table, row["measure"], comparison)
        except MuscleMyopathyError as error:
            self.panel.messages.error(str(error))
            return
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView)
        slicer.app.applicationLogic().GetSelectionNode().SetActivePlotChartID(chart.GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()

    def _on_export(self) -> None:
        from MuscleMyopathyLib.output import write_table

        chosen = qt.QFileDialog.getExistingDirectory(self.ui.exportButton, _("Folder for the agreement"))
        if not chosen:
            return
        folder = Path(chosen)
        try:
            for name, frame in self._results.items():
                write_table(frame, folder / f"{name}.csv")
            if "icc" in self._results:
                for suffix in ("png", "svg"):
                    write_icc_histogram(self._results["icc"], _threshold(), folder / f"icc.{suffix}", 700)
        except (MuscleMyopathyError, OSError) as error:
            self.panel.messages.error(_("The results could not be written."), str(error))
            return
        self.panel.messages.info(_("Exported to {folder}.").format(folder=folder))


def _scene_tables() -> list[Any]:
    """Return the scene's tables of readings: features, measures."""
    found = []
    for node in slicer.util.getNodesByClass("vtkMRMLTableNode"):
        table = node.GetTable()
        columns = {table.GetColumnName(number) for number in range(table.GetNumberOfColumns())}
        # Tables by slice hold a structure several times, and agreement tables name readings in pairs.
        if columns >= KEYS and not columns & {"slice", "position_mm", "comparison", "judgement"}:
            found.append(node)
    return found


def _possible_kind(table: Any) -> str:
    """Return which comparisons a table allows: intra-reader, inter-reader or both; both says what is missing."""
    sessions = table.groupby("reader")["session"].nunique()
    intra, inter = bool((sessions > 1).any()), len(sessions) > 1
    return "intra" if intra and not inter else "inter" if inter and not intra else "both"


def _parameters(table: Any) -> Any:
    from MuscleMyopathyLib.reproducibility.comparisons import AgreementKind, AgreementParameters

    return AgreementParameters(kind=AgreementKind(_possible_kind(table)))


def _pairs(comparisons: list[Any], kind: Any) -> list[Any]:
    from itertools import combinations

    return [kind(one.kind, two) for one in comparisons for two in combinations(one.readings, 2)]


def _threshold() -> float:
    from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters

    return AgreementParameters().threshold


def _overlap_name(row: dict[str, Any]) -> str:
    pair = f"{row['first_reader']}/{row['first_session']} – {row['second_reader']}/{row['second_session']}"
    return f"{row['structure']} {row['side']}\n{row['case']}: {pair}"
