"""What a validation found: figures in both modes side by side, already while it runs; charts, report, export."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .panel_part import PanelPart
from .readers_table import AgreementTable

AUC = "auc"
PAPER_COLUMN, NESTED_COLUMN, OPTIMISM_COLUMN, CHANCE_COLUMN = range(1, 5)
HEADER_PIXELS, ROW_PIXELS, MOST_ROWS = 30, 24, 12
"""Height of the table: it grows with its rows up to `MOST_ROWS`."""


class ValidationResults(PanelPart):
    """Shows a validation's folder in the widgets below *Validate*."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.folder: Path | None = None
        self._results: list[Any] = []
        self.table = AgreementTable(
            ui.validationTable,
            [
                (
                    "model",
                    _("Classifier"),
                    None,
                    _("With the part of the features, where the recipe has several."),
                ),
                (
                    "paper",
                    _("Paper"),
                    None,
                    _("Features selected on all patients first, as the papers did: optimistic."),
                ),
                ("nested", _("Nested"), None, _("Features selected in each training set alone: honest.")),
                ("gap", _("Optimism"), None, _("What paper mode promises above nested mode.")),
                (
                    "chance",
                    _("p (chance)"),
                    None,
                    _(
                        "Permutation test of the AUC, in nested mode where that was run; in brackets the mean AUC "
                        "of shuffled outcomes (Phipson & Smyth, Stat Appl Genet Mol Biol 2010;9:39)."
                    ),
                ),
            ],
            {},
        )
        for value, text in (
            (AUC, _("AUC (macro one-versus-rest)")),
            ("accuracy", _("Accuracy")),
            ("recall", _("Recall (sensitivity)")),
            ("specificity", _("Specificity")),
            ("precision", _("Precision")),
            ("f1", _("F1")),
            ("brier", _("Brier score (0 is perfect)")),
        ):
            ui.metricBox.addItem(text, value)
        ui.metricBox.activated.connect(lambda: self._show())
        ui.rocButton.clicked.connect(lambda: self._on_chart("roc_chart"))
        ui.calibrationButton.clicked.connect(lambda: self._on_chart("calibration_chart"))
        ui.validationReportButton.clicked.connect(lambda: self.open_report())
        ui.validationExportButton.clicked.connect(lambda: self._on_export())
        ui.validationTable.itemSelectionChanged.connect(lambda: module.refresh())
        self.forget()

    @property
    def there(self) -> bool:
        """Whether there is a finished validation."""
        return bool(self._results)

    def selected(self) -> tuple[str, str] | None:
        """Return feature set and classifier of the selected row; the first where none is."""
        if not self.there or not self.table.rows:
            return None
        number = self.ui.validationTable.currentRow()
        row = self.table.rows[number if 0 <= number < len(self.table.rows) else 0]
        return row["feature_set"], row["classifier"]

    def forget(self) -> None:
        """Show nothing."""
        self.folder, self._results = None, []
        self.ui.validationWidget.visible = False

    def begin(self) -> None:
        """A validation begins: an empty table that fills as pieces of work are done."""
        self.forget()

    def show_so_far(self, folder: Path) -> None:
        """Show the mean AUC of what is finished in a folder that is being written."""
        from MuscleMyopathyLib.study.validation_so_far import read_so_far

        try:
            so_far = read_so_far(folder)
        except MuscleMyopathyError:
            # Caught between two writes; the next message brings it again.
            return
        if so_far.empty:
            return
        means = {(row["feature_set"], row["classifier"], row["mode"]): row for row in so_far.to_dict("records")}
        self.ui.validationTable.setColumnHidden(CHANCE_COLUMN, True)
        self._table(means, lambda row: f"{row['auc']:.2f}", lambda row: row["auc"])
        repeats = ", ".join(
            f"{mode} {group['repeats'].max()}" for mode, group in so_far.groupby("mode", sort=False)
        )
        self.ui.validationLabel.text = _("AUC so far, mean over the repeats that are done ({repeats}):").format(
            repeats=repeats
        )
        self._show_finished(finished=False)

    def place(self, folder: Path) -> None:
        """Show a finished validation, and its report in the browser.

        Raises:
            InputError: The folder holds no validation.
        """
        from MuscleMyopathyLib.modeling.validation.files import RECORD, read_validation

        self.folder = folder
        found = sorted(path.parent for path in folder.glob(f"**/{RECORD}"))
        self._results = [read_validation(one) for one in found]
        self._show()
        self._show_finished(finished=True)
        self.ui.validationTable.selectRow(0)
        self.messages.info(
            _("Validated. The report holds curves, confusion matrices and the features' stability.")
        )
        self.open_report()

    def open_report(self) -> None:
        """Open the report in the system's browser."""
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self.folder / "report.html")))

    def _show(self) -> None:
        metric = self.ui.metricBox.itemData(self.ui.metricBox.currentIndex)
        rows = {
            (result.feature_set, name, str(result.mode)): result.figure(name, metric)
            for result in self._results
            for name in dict.fromkeys(result.summary["classifier"])
        }
        self._table(rows, _with_interval, lambda row: row["mean"], lower_is_better=metric == "brier")
        first = self._results[0]
        permuted = any(len(result.permutation) for result in self._results)
        self.ui.validationTable.setColumnHidden(CHANCE_COLUMN, not permuted)
        self.ui.validationLabel.text = f"{first.data_note} {first.validation_words.capitalize()}."

    def _table(self, rows: dict[Any, Any], text: Any, value: Any, *, lower_is_better: bool = False) -> None:
        import pandas as pd

        shown = []
        for feature_set, name in dict.fromkeys((of, name) for of, name, _mode in rows):
            both = [rows.get((feature_set, name, mode)) for mode in ("paper", "nested")]
            gap = "–"
            if all(one is not None for one in both):
                difference = value(both[0]) - value(both[1])
                gap = f"{-difference if lower_is_better else difference:+.2f}"
            paper, nested = ("–" if one is None else text(one) for one in both)
            chance = next(
                filter(None, (self._chance(feature_set, name, mode) for mode in ("nested", "paper"))), "–"
            )
            shown.append(
                {
                    "feature_set": feature_set,
                    "classifier": name,
                    "model": f"{feature_set}: {name}" if feature_set else name,
                    "paper": paper,
                    "nested": nested,
                    "gap": gap,
                    "chance": chance,
                }
            )
        table = self.ui.validationTable
        selected = table.currentRow()
        self.table.show(pd.DataFrame(shown))
        modes = {mode for _of, _name, mode in rows}
        table.setColumnHidden(PAPER_COLUMN, "paper" not in modes)
        table.setColumnHidden(NESTED_COLUMN, "nested" not in modes)
        table.setColumnHidden(OPTIMISM_COLUMN, len(modes) < 2)
        external = bool(self._results) and self._results[0].recipe.validation.scheme == "external"
        table.horizontalHeaderItem(NESTED_COLUMN).setText(_("Other cohort") if external else _("Nested"))
        self.ui.validationTable.maximumHeight = HEADER_PIXELS + ROW_PIXELS * max(3, min(len(shown), MOST_ROWS))
        if 0 <= selected < len(shown):
            self.ui.validationTable.selectRow(selected)

    def _chance(self, feature_set: str, classifier: str, mode: str) -> str:
        """Return p and the mean AUC of shuffled outcomes; empty where they were not shuffled in this mode."""
        for result in self._results:
            if (result.feature_set, str(result.mode)) == (feature_set, mode) and len(result.permutation):
                rows = result.permutation[result.permutation["classifier"] == classifier].to_dict("records")
                return "".join(f"{row['p']:.3f} ({row['null_mean']:.2f})" for row in rows)
        return ""

    def _show_finished(self, *, finished: bool) -> None:
        ui = self.ui
        ui.validationWidget.visible = True
        for widget in (
            ui.rocButton,
            ui.calibrationButton,
            ui.validationReportButton,
            ui.validationExportButton,
            ui.metricBox,
            ui.metricNameLabel,
            ui.modelNameEdit,
            ui.saveModelButton,
            ui.validationNoticeLabel,
        ):
            widget.visible = finished
        if finished:
            simulated = _(" Simulated patients: it says nothing about people.") if self._results[0].phantom else ""
            ui.validationNoticeLabel.text = _(
                "Mean with 95 % interval. For research; not a medical device.{simulated}"
            ).format(simulated=simulated)

    def _on_chart(self, name: str) -> None:
        from MuscleMyopathyLib.scene import classifier_charts

        feature_set, classifier = self.selected()
        results = [one for one in self._results if one.feature_set == feature_set]
        try:
            with slicer.util.WaitCursor():
                chart = getattr(classifier_charts, name)(results, classifier)
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView)
        slicer.app.applicationLogic().GetSelectionNode().SetActivePlotChartID(chart.GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()

    def _on_export(self) -> None:
        chosen = qt.QFileDialog.getExistingDirectory(
            self.ui.validationExportButton, _("Folder for the validation")
        )
        if not chosen:
            return
        try:
            # What a stopped run goes on from is no result.
            shutil.copytree(
                self.folder, chosen, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work", "so_far.csv")
            )
        except OSError as error:
            self.messages.error(_("The validation could not be written."), str(error))
            return
        self.messages.info(_("Exported to {folder}.").format(folder=chosen))


def _with_interval(row: Any) -> str:
    interval = f" ({row['ci_low']:.2f}–{row['ci_high']:.2f})" if row["ci_low"] == row["ci_low"] else ""
    return f"{row['mean']:.2f}{interval}" if row["mean"] == row["mean"] else "–"
