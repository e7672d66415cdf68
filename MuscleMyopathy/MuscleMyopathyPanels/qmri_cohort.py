"""The user's own cohort in the panel *qMRI*: ROC curve with Youden's cut-off, groups, sides and correlations."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .panel_part import PanelPart
from .readers_table import AgreementTable
from .requirements import packages_are_there
from .roc_chart import write_roc

NONE = ""
KEYS = ("case", "region", "structure", "side", "slice", "reader", "session", "sequence", "problem")
"""Columns that name a row and are nothing to measure."""

MEASURE_WORDS = ("median", "mean", "percent", "_ms", "_cm3")
MOST_GROUPS = 12
"""A column with more different texts tells cases apart, not groups."""


class CohortAssociations(PanelPart):
    """Reads a table of the user's own cohort and compares its measures with groups, values and sides."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._table: Any = None
        self._found: Any = None
        place = ("place", _("Place"), None, _("Region, structure and side, as far as the table has them."))
        p = ("p", _("p"), 4, _("Not corrected for the number of tests."))
        self.roc = AgreementTable(
            ui.rocTable,
            [
                place,
                (
                    "area",
                    _("AUC"),
                    3,
                    _("Area under the curve; interval by DeLong, Biometrics 1988;44:837, on the logit scale."),
                ),
                ("interval", _("95 % CI"), None, _("Confidence interval of the area.")),
                ("cut_off", _("Cut-off"), 1, _("Youden, Cancer 1950;3:32. Above it: patient.")),
                (
                    "sensitivity_percent",
                    _("Sens.\n%"),
                    0,
                    _("At the cut-off; optimistic, as it chose the cut-off."),
                ),
                (
                    "specificity_percent",
                    _("Spec.\n%"),
                    0,
                    _("At the cut-off; optimistic, as it chose the cut-off."),
                ),
            ],
            {},
        )
        self.correlations = AgreementTable(
            ui.correlationsTable,
            [
                ("place", _("Place and value"), None, _("Structure, side and the value correlated with.")),
                ("rho", _("ρ"), 2, _("Spearman's rank correlation.")),
                ("interval", _("95 % CI"), None, _("Confidence interval of ρ.")),
                p,
            ],
            {},
        )
        self.comparisons = AgreementTable(
            ui.comparisonsTable,
            [
                (
                    "place",
                    _("Comparison"),
                    None,
                    _("Patients against controls: Mann–Whitney. Left against right: Wilcoxon."),
                ),
                ("shift", _("Shift"), 2, _("Hodges–Lehmann shift, first minus second.")),
                p,
            ],
            {},
        )
        ui.cohortTableButton.clicked.connect(lambda: self._on_table())
        ui.groupBox.activated.connect(lambda: self._show_groups())
        ui.associateButton.clicked.connect(lambda: self._on_associate())
        ui.cohortExportButton.clicked.connect(lambda: self._on_export())
        ui.rocTable.itemSelectionChanged.connect(lambda: self._draw_roc())
        self._enable()

    def take_table(self, path: Path) -> None:
        """Read a cohort's table; one that cannot be used is refused in the strip."""
        import pandas as pd

        try:
            table = pd.read_csv(path)
        except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            self.messages.error(_("{path} is no CSV table.").format(path=path), str(error))
            return
        numeric = [str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
        measures = [name for name in numeric if name not in KEYS]
        if not measures:
            self.messages.error(
                _("{path} has no column of numbers. It needs one row per case, and measures in columns.").format(
                    path=path
                )
            )
            return
        self.messages.clear()
        self._table, self._found = table, None
        self.ui.cohortTableEdit.text = str(path)
        likely = [name for name in measures if any(word in name for word in MEASURE_WORDS)]
        self.ui.measureBox.clear()
        for name in dict.fromkeys([*likely, *measures]):
            self.ui.measureBox.addItem(name)
        groups = [
            str(name)
            for name in table.columns
            if name not in KEYS and name not in numeric and 2 <= table[name].nunique() <= MOST_GROUPS
        ]
        self.ui.groupBox.clear()
        self.ui.groupBox.addItem(_("none"), NONE)
        for name in groups:
            self.ui.groupBox.addItem(name, name)
        self.ui.groupBox.currentIndex = 1 if groups else 0
        self.ui.covariatesList.clear()
        for name in measures:
            item = qt.QListWidgetItem(name)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setCheckState(qt.Qt.Unchecked)
            self.ui.covariatesList.addItem(item)
        self._show_groups()

    def _show_groups(self) -> None:
        name = self.ui.groupBox.itemData(self.ui.groupBox.currentIndex)
        values = [] if not name else sorted(self._table[name].dropna().astype(str).unique())
        for box in (self.ui.patientsBox, self.ui.controlsBox):
            box.clear()
            for value in values:
                box.addItem(value)
            box.enabled = bool(values)
        control = next(
            (value for value in values if "control" in value.lower() or "healthy" in value.lower()), None
        )
        if values:
            self.ui.controlsBox.currentIndex = values.index(control) if control else 1
            self.ui.patientsBox.currentIndex = 1 if self.ui.controlsBox.currentIndex == 0 else 0
        self._enable()

    def _enable(self) -> None:
        obstacle = "" if self._table is not None else _("Choose the table of your cohort.")
        self.ui.associateButton.enabled = not obstacle
        self.ui.associateButton.toolTip = obstacle or _(
            "ROC curve and group comparison of patients and controls, left against right, and Spearman's "
            "correlation with the checked columns, for every region, structure and side of the table."
        )
        for widget in (self.ui.cohortTabs, self.ui.cohortExportButton):
            widget.visible = self._found is not None

    def _on_table(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.ui.cohortTableButton, _("Table of the cohort"), "", "CSV (*.csv *.tsv)"
        )
        if files and packages_are_there(self.messages):
            self.take_table(Path(next(iter(files))))

    def _checked(self) -> tuple[str, ...]:
        items = [self.ui.covariatesList.item(row) for row in range(self.ui.covariatesList.count)]
        return tuple(item.text() for item in items if item.checkState() == qt.Qt.Checked)

    def _on_associate(self) -> None:
        from MuscleMyopathyLib.modeling.association import AssociationParameters, associate

        self.messages.clear()
        try:
            with slicer.util.WaitCursor():
                self._found = associate(
                    self._table,
                    AssociationParameters(
                        (self.ui.measureBox.currentText,),
                        self.ui.groupBox.itemData(self.ui.groupBox.currentIndex) or "",
                        self.ui.patientsBox.currentText,
                        self.ui.controlsBox.currentText,
                        self._checked(),
                    ),
                )
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        self._show()

    def _show(self) -> None:
        import pandas as pd

        found = self._found
        roc = _placed(found.roc)
        self.roc.show(
            roc
            if roc.empty
            else roc.assign(
                interval=_interval(roc["area_low"], roc["area_high"], 2),
                sensitivity_percent=100 * roc["sensitivity"],
                specificity_percent=100 * roc["specificity"],
            )
        )
        correlations = _placed(found.correlations, "covariate")
        self.correlations.show(
            correlations
            if correlations.empty
            else correlations.assign(interval=_interval(correlations["low"], correlations["high"], 2))
        )
        groups, sides = _placed(found.groups), _placed(found.sides)
        groups, sides = (
            table if table.empty else table.assign(place=table["place"] + text)
            for table, text in ((groups, _(": patients, controls")), (sides, _(": left, right")))
        )
        self.comparisons.show(pd.concat([groups, sides], ignore_index=True))
        for index, table in enumerate((found.roc, found.correlations, pd.concat([groups, sides]))):
            self.ui.cohortTabs.setTabEnabled(index, not table.empty)
        self._enable()
        if not found.roc.empty:
            self.ui.cohortTabs.currentIndex = 0
            self.ui.rocTable.selectRow(0)
        self._draw_roc()
        self.messages.info(
            _(
                "{tests} p values, not corrected for their number. A cut-off holds for this scanner and protocol."
            ).format(tests=found.tests)
        )

    def _draw_roc(self) -> None:
        drawn = self._curve()
        self.ui.rocChartLabel.visible = drawn is not None
        if drawn is not None:
            path = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-roc-{uuid.uuid4().hex}.png"
            write_roc(*drawn, path)
            self.ui.rocChartLabel.pixmap = qt.QPixmap(str(path))
            path.unlink()

    def _curve(self) -> tuple[Any, Any] | None:
        """Return the points and the row of the selected ROC curve; None where there is none."""
        number = self.ui.rocTable.currentRow()
        if self._found is None or self._found.roc_points.empty or not 0 <= number < len(self.roc.rows):
            return None
        row, points = self.roc.rows[number], self._found.roc_points
        for key in ("region", "structure", "side"):
            if key in points:
                points = points[points[key] == row[key]]
        return None if points.empty else (points, row)

    def _on_export(self) -> None:
        from MuscleMyopathyLib.output import write_table

        chosen = qt.QFileDialog.getExistingDirectory(self.ui.cohortExportButton, _("Folder for the associations"))
        if not chosen:
            return
        folder, found = Path(chosen), self._found
        tables = {
            "roc": found.roc,
            "roc_points": found.roc_points,
            "groups": found.groups,
            "sides": found.sides,
            "correlations": found.correlations,
        }
        curve = self._curve()
        try:
            for name, table in tables.items():
                if not table.empty:
                    write_table(table, folder / f"{name}.csv")
            for suffix in ("png", "svg") if curve is not None else ():
                write_roc(*curve, folder / f"roc.{suffix}", 600)
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(_("The associations could not be written."), str(error))
            return
        self.messages.info(_("Exported to {folder}.").format(folder=folder))


def _placed(table: Any, *more: str) -> Any:
    """Return a table with a column that names each row in words."""
    if table.empty:
        return table
    keys = [key for key in ("region", "structure", "side", *more) if key in table]
    texts = table[keys].astype(str).agg(" ".join, axis=1) if keys else table["measure"]
    return table.assign(place=texts)


def _interval(low: Any, high: Any, decimals: int) -> list[str]:
    return [
        f"{one:.{decimals}f} – {two:.{decimals}f}" if one == one else "–"
        for one, two in zip(low, high, strict=True)
    ]
