"""The cohort of a study: its table, the outcome with its counts and typos shown at once, readings, classes."""

from __future__ import annotations

import textwrap
import uuid
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .file_row import FileRow, stamp
from .panel_part import PanelPart
from .row_table import prepare

MOST_CLASSES = 12
"""A column with more different values names no classes."""

SHOWN_LETTERS = 150
"""Of a remark; its tooltip has all."""

LIKELY = ("group", "diagnosis", "outcome", "class", "disease")
PATIENT = ("case", "participant_id", "patient")
FILES = (
    ("cohort", "cohortFile", "CSV, TSV (*.csv *.tsv)"),
    ("participants", "cohortParticipants", "CSV, TSV (*.csv *.tsv)"),
    ("readings", "cohortReadings", "CSV (*.csv)"),
    ("scores", "cohortScores", "CSV (*.csv)"),
)
"""Rows of the form: begin of the widgets' names, parameter, filter of the file dialog."""


class CohortChoice(PanelPart):
    """Keeps files and outcome with the parameter node, and shows what the cohort is before anything runs."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._left_out: dict[str, set[str]] = {}
        self._tables: Any = None
        self._told: Any = None
        self._data: Any = None
        self._problem = ""
        self._node_file: tuple[Any, Path] | None = None
        self._filling = False
        self._files = {
            parameter: FileRow(ui, base, wanted, lambda path, name=parameter: self._on_file(name, path))
            for base, parameter, wanted in FILES
        }
        ui.outcomeBox.activated.connect(lambda: self._set("cohortOutcome", ui.outcomeBox.currentText))
        ui.classesTable.itemChanged.connect(lambda item: self._on_checked())
        ui.classOrderEdit.editingFinished.connect(lambda: module.refresh())
        for box in (ui.centreBox, ui.readingBox, ui.scoresReadingBox):
            box.activated.connect(lambda: module.refresh())
        prepare(
            ui.classesTable,
            [
                (_("Class"), _("Value of the outcome; those that are not checked are left out.")),
                (_("Patients"), _("With this value.")),
            ],
        )

    def obstacle(self) -> str:
        """Return why nothing can be learned from the cohort; empty where it can."""
        if not self._source():
            return _("Choose the table of the cohort.")
        return self._problem

    def arguments(self) -> list[str]:
        """Return the arguments of ``validate`` and ``train`` that describe the cohort."""
        node = self.node
        arguments = [str(self._path()), "--outcome", node.cohortOutcome]
        if node.cohortParticipants:
            arguments += ["--outcomes", node.cohortParticipants]
        for value in sorted(self._left_out_now()):
            arguments += ["--leave-out", value]
        for option, text in (
            ("--classes", self.ui.classOrderEdit.text.strip()),
            ("--centre", _data(self.ui.centreBox)),
            ("--reading", _data(self.ui.readingBox)),
            ("--scores", node.cohortScores),
            ("--scores-reading", _data(self.ui.scoresReadingBox) if node.cohortScores else ""),
        ):
            if text:
                arguments += [option, text]
        return [*arguments, *(["--readings", node.cohortReadings] if node.cohortReadings else ["--without-icc"])]

    def read(self) -> tuple[Any, Any] | None:
        """Return the cohort and how its files are read; None where it cannot be used."""
        return None if self._data is None or self._problem else (self._data, self._cohort_files())

    def take(self, table: Path, participants: Path | None = None) -> None:
        """Take a cohort's table; the participants.tsv beside it is taken too, where the table has no outcome."""
        beside = table.parent / "participants.tsv"
        self.node.cohortTable = None
        self.node.cohortFile = str(table)
        if participants is not None:
            self.node.cohortParticipants = str(participants)
        elif not self.node.cohortParticipants and beside.is_file() and beside != table:
            self.node.cohortParticipants = str(beside)
        self._module.refresh()

    def forget(self) -> None:
        """Read anew at the next refresh."""
        self._tables = self._told = self._data = self._node_file = None
        self._left_out.clear()

    def refresh(self) -> None:
        """Show what the parameter node names."""
        node = self.node
        for parameter, row in self._files.items():
            row.show(getattr(node, parameter))
        self.ui.cohortEdit.enabled = self.ui.cohortButton.enabled = node.cohortTable is None
        source = self._source()
        for widget in (self.ui.classesTable, self.ui.cohortLabel):
            widget.visible = bool(source)
        if not source:
            self._tables = self._told = self._data = None
            self.ui.outcomeBox.clear()
            return
        if source != (self._tables or (None,))[0]:
            self._read(source)
        settings = (source, node.cohortOutcome, tuple(self._left_out_now()), *self.arguments()[1:])
        if self._tables is not None and settings != self._told:
            self._told = settings
            self._show_classes()
            self._check()

    def _source(self) -> tuple[Any, ...]:
        """Return what the cohort is read from, with what tells a change; empty where nothing is chosen."""
        node = self.node
        if node.cohortTable is not None:
            first = (node.cohortTable.GetID(), node.cohortTable.GetTable().GetMTime())
        elif node.cohortFile:
            first = stamp(node.cohortFile)
        else:
            return ()
        return (*first, *stamp(node.cohortParticipants), *stamp(node.cohortScores))

    def _path(self) -> Path:
        """Return the cohort's file; a table of the scene is written into one."""
        node = self.node.cohortTable
        if node is None:
            return Path(self.node.cohortFile)
        stamp = (node.GetID(), node.GetTable().GetMTime())
        if self._node_file is None or self._node_file[0] != stamp:
            from MuscleMyopathyLib.output import write_table
            from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

            folder = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-cohort-{uuid.uuid4().hex}"
            write_table(dataframe_from_table_node(node), folder / "cohort.csv")
            self._node_file = (stamp, folder / "cohort.csv")
        return self._node_file[1]

    def _read(self, source: tuple[Any, ...]) -> None:
        from MuscleMyopathyLib.study.classifier_inputs import read_any_table

        node = self.node
        try:
            with slicer.util.WaitCursor():
                features = read_any_table(self._path())
                patients = read_any_table(Path(node.cohortParticipants)) if node.cohortParticipants else features
                scores = read_any_table(Path(node.cohortScores)) if node.cohortScores else None
        except MuscleMyopathyError as error:
            self._tables, self._told, self._problem = (source, None), None, str(error)
            self.ui.cohortLabel.text = f"▲ {error}"
            self.ui.classesTable.rowCount = 0
            return
        self._tables = (source, patients)
        names = _class_columns(patients)
        _fill(self.ui.outcomeBox, [(name, name) for name in names], node.cohortOutcome)
        if node.cohortOutcome not in names:
            node.cohortOutcome = names[0] if names else ""
        centres = [(_("none"), ""), *((name, name) for name in names)]
        _fill(self.ui.centreBox, centres, _data(self.ui.centreBox))
        readings = _readings(features)
        chosen = _data(self.ui.readingBox) or (readings[0] if readings else "")
        _fill(self.ui.readingBox, [(_("all rows"), ""), *((one, one) for one in readings)], chosen)
        readings = [] if scores is None else _readings(scores)
        chosen = _data(self.ui.scoresReadingBox) or (readings[0] if readings else "")
        _fill(self.ui.scoresReadingBox, [(_("all rows"), ""), *((one, one) for one in readings)], chosen)

    def _show_classes(self) -> None:
        """Show the values of the outcome with their patients.

        The items are made anew only for other values: this is also called while one of them is told that it was
        checked, and must not take that item away.
        """
        _source, patients = self._tables
        outcome = self.node.cohortOutcome
        counts = {} if patients is None or not outcome else _counts(patients, outcome)
        left_out = self._left_out_now()
        self._filling = True
        table = self.ui.classesTable
        if [table.item(row, 0).data(qt.Qt.UserRole) for row in range(table.rowCount)] != list(counts):
            table.rowCount = len(counts)
            for row, value in enumerate(counts):
                item = qt.QTableWidgetItem(value or _("(none given)"))
                item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
                item.setData(qt.Qt.UserRole, value)
                table.setItem(row, 0, item)
                number = qt.QTableWidgetItem("")
                number.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                table.setItem(row, 1, number)
        for row, (value, count) in enumerate(counts.items()):
            table.item(row, 0).setCheckState(qt.Qt.Unchecked if value in left_out else qt.Qt.Checked)
            table.item(row, 1).setText(str(count))
        table.resizeRowsToContents()
        self._filling = False

    def _check(self) -> None:
        """Read the cohort as the job will, and say what it is or why it cannot be used."""
        from MuscleMyopathyLib.study.classifier_inputs import read_cohort_files

        node, self._data = self.node, None
        if self._tables[1] is None:
            return
        if not node.cohortOutcome:
            self._problem = _(
                "No column has between 2 and {most} values: choose the table of the patients."
            ).format(most=MOST_CLASSES)
            self.ui.cohortLabel.text = f"▲ {self._problem}"
            return
        try:
            with slicer.util.WaitCursor():
                data = read_cohort_files(self._cohort_files())
        except MuscleMyopathyError as error:
            self._problem = str(error)
            self.ui.cohortLabel.text = f"▲ {error}"
            return
        self._problem, self._data = "", data
        simulated = [_("Simulated data: a digital phantom, no patients.")] if data.phantom else []
        notes = [f"• {textwrap.shorten(note, SHOWN_LETTERS, placeholder=' …')}" for note in data.notes]
        self.ui.cohortLabel.text = "\n".join([data.description, *notes, *simulated])
        self.ui.cohortLabel.toolTip = "\n".join(data.notes)

    def _cohort_files(self) -> Any:
        from MuscleMyopathyLib.study.classifier_inputs import CohortFiles

        node = self.node
        return CohortFiles(
            self._path(),
            node.cohortOutcome,
            Path(node.cohortParticipants) if node.cohortParticipants else None,
            centre=_data(self.ui.centreBox),
            classes=tuple(filter(None, (name.strip() for name in self.ui.classOrderEdit.text.split(",")))),
            leave_out=tuple(sorted(self._left_out_now())),
            reading=_reading(self.ui.readingBox),
            scores=Path(node.cohortScores) if node.cohortScores else None,
            scores_reading=_reading(self.ui.scoresReadingBox) if node.cohortScores else None,
        )

    def _left_out_now(self) -> set[str]:
        # Patients without an outcome teach nothing.
        return self._left_out.setdefault(self.node.cohortOutcome, {""}) & self._values()

    def _values(self) -> set[str]:
        patients = None if self._tables is None else self._tables[1]
        outcome = self.node.cohortOutcome
        return set(_counts(patients, outcome)) if patients is not None and outcome in patients else set()

    def _on_checked(self) -> None:
        if self._filling:
            return
        table = self.ui.classesTable
        items = [table.item(row, 0) for row in range(table.rowCount)]
        self._left_out[self.node.cohortOutcome] = {
            item.data(qt.Qt.UserRole) for item in items if item.checkState() != qt.Qt.Checked
        }
        self._module.refresh()

    def _on_file(self, parameter: str, path: str) -> None:
        if parameter == "cohortFile" and path:
            self.take(Path(path))
        else:
            self._set(parameter, path)

    def _set(self, parameter: str, value: str) -> None:
        setattr(self.node, parameter, value)
        self._module.refresh()


def _data(box: Any) -> str:
    return str(box.itemData(box.currentIndex) or "") if box.currentIndex >= 0 else ""


def _reading(box: Any) -> tuple[str, int] | None:
    reader, _colon, session = _data(box).rpartition(":")
    return (reader, int(session)) if reader else None


def _fill(box: Any, entries: list[tuple[str, str]], chosen: str) -> None:
    box.clear()
    for text, value in entries:
        box.addItem(text, value)
    box.currentIndex = max(0, box.findData(chosen)) if entries else -1


def _class_columns(table: Any) -> list[str]:
    """Return the columns that may name classes: few values; likely names first, numbers last."""
    import pandas as pd

    found = []
    for name in map(str, table.columns):
        if "." in name or name in PATIENT or not 2 <= table[name].nunique() <= MOST_CLASSES:
            continue
        numeric = pd.api.types.is_numeric_dtype(table[name])
        found.append((name.casefold() not in LIKELY, numeric, len(found), name))
    return [name for *_rank, name in sorted(found)]


def _counts(table: Any, outcome: str) -> dict[str, int]:
    """Return the number of patients of each value, the most frequent first."""
    key = next((name for name in PATIENT if name in table.columns), None)
    rows = table if key is None else table.drop_duplicates([key, outcome])
    texts = rows[outcome].map(lambda value: "" if value != value or value is None else _text(value))
    return {str(value): int(count) for value, count in texts.value_counts().items()}


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value).strip()


def _readings(table: Any) -> list[str]:
    """Return the readings of a table that has several, as ``A:1``."""
    if not {"reader", "session"} <= set(table.columns):
        return []
    pairs = table[["reader", "session"]].dropna().drop_duplicates()
    names = [f"{row.reader}:{int(row.session)}" for row in pairs.itertuples() if str(row.reader)]
    return names if len(names) > 1 else []
