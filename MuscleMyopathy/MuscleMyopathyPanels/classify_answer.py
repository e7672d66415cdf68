"""A model's answer: probabilities with what is not excluded, what spoke for and against, what was never seen."""

from __future__ import annotations

import html
import uuid
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .classify_pictures import write_contributions, write_probabilities
from .panel_part import PanelPart

ANSWER_KIND, CONTRIBUTIONS_KIND = "classification", "classification contributions"
"""As in `scene.case_classification`, which loads pandas."""

MOST_WARNINGS = 6


class AnswerView(PanelPart):
    """Shows the case's table of answers in the widgets below *Classify this case*."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._stamp: Any = None
        self._answer: Any = None
        self._shares: Any = None
        ui.answerBox.activated.connect(lambda: self._on_row())
        ui.classBox.activated.connect(lambda: self._show_contributions())
        ui.answerTableButton.clicked.connect(lambda: self._on_table())
        ui.answerReportButton.clicked.connect(lambda: self._on_report())
        ui.answerExportButton.clicked.connect(lambda: self._on_export())

    def table_node(self) -> Any:
        """Return the case's table of answers, or None."""
        return self._find(ANSWER_KIND)

    def forget(self) -> None:
        """Draw anew at the next refresh."""
        self._stamp = None

    def place(self, answer: Any, shares: Any, notes: list[str], card: Any) -> None:
        """Put an answer into the scene, in place of an earlier one."""
        from MuscleMyopathyLib.scene.case_classification import put_classification

        description = " ".join((*card.notices, f"{card.name}: {card.validated}.", *notes))
        put_classification(str(self.node.caseIdentifier), answer, shares, description)
        problems = [text for text in answer["problem"] if text]
        warned = int((answer["warning"] != "").sum())
        if problems:
            self.messages.warning(
                _("{count} rows have no answer. The first: {text}").format(count=len(problems), text=problems[0]),
                "\n".join(problems),
            )
        elif warned:
            self.messages.warning(_("Classified, with a warning: see below the bars."), "\n".join(notes))
        else:
            self.messages.info(
                _("Classified. All features lie in the range of the training cases."), "\n".join(notes)
            )

    def refresh(self) -> None:
        """Show what the scene holds."""
        node, shares = self.table_node(), self._find(CONTRIBUTIONS_KIND)
        self.ui.answerWidget.visible = node is not None
        stamp = tuple(one and (one.GetID(), one.GetTable().GetMTime()) for one in (node, shares))
        measured = self._measured()
        self.ui.answerReportButton.enabled = measured
        self.ui.answerReportButton.toolTip = (
            _("Write the case's report with this answer, and open it in the browser.")
            if measured
            else _("The report rests on the case's measures: run the panel qMRI first.")
        )
        if stamp == self._stamp or node is None:
            return
        self._stamp = stamp
        self._answer, self._shares = _frame(node), _frame(shares)
        self.ui.answerBox.clear()
        for row in self._answer.to_dict("records"):
            self.ui.answerBox.addItem(_row_name(row))
        self.ui.answerBox.visible = len(self._answer) > 1
        self._show_row()

    def _find(self, kind: str) -> Any:
        from MuscleMyopathyLib.scene.case_nodes import find_case_node

        return find_case_node(str(self.node.caseIdentifier), kind)

    def range_words(self, card: Any) -> str:
        """Return how the shown case lies in a model's training range; empty before that model was asked."""
        from MuscleMyopathyLib.modeling.inference.prediction import NEVER_SEEN

        if self.table_node() is None or self._answer is None:
            return ""
        row = self._row()
        if row["model"] != f"{card.name} {card.version}" or row["problem"]:
            return ""
        unseen = row["warning"].count(NEVER_SEEN)
        features = len(card.features)
        if not unseen:
            return _("✓ Range: all {features} features lie within that of the training cases").format(
                features=features
            )
        return _("▲ Range: {unseen} of {features} features were never seen in training").format(
            unseen=unseen, features=features
        )

    def _measured(self) -> bool:
        from MuscleMyopathyLib.scene.hierarchy import find_result

        return find_result(str(self.node.caseIdentifier), "measures") is not None

    def _row(self) -> dict[str, Any]:
        return dict(self._answer.to_dict("records")[max(0, self.ui.answerBox.currentIndex)])

    def _show_row(self) -> None:
        row = self._row()
        classes = classes_of(self._answer)
        self.ui.answerNoticeLabel.text = f"<b>{html.escape(row['notice'])}</b>"
        known = not row["problem"]
        for widget in (self.ui.barsLabel, self.ui.contributionsLabel, self.ui.classBox, self.ui.spokeNameLabel):
            widget.visible = known
        warnings = [text for text in row["warning"].split("; ") if text]
        more = (
            [_("… and {count} more").format(count=len(warnings) - MOST_WARNINGS)]
            if len(warnings) > MOST_WARNINGS
            else []
        )
        self.ui.warningLabel.text = "\n".join(f"▲ {text}" for text in [*warnings[:MOST_WARNINGS], *more])
        self.ui.warningLabel.visible = bool(warnings)
        if not known:
            self.ui.answerLabel.text = f"✖ {row['problem']}"
            return
        self.ui.answerLabel.text = answer_words(row, classes)
        self._picture(self.ui.barsLabel, lambda path: write_probabilities(row, classes, path))
        self.ui.classBox.clear()
        for name in classes:
            self.ui.classBox.addItem(name)
        self.ui.classBox.currentIndex = classes.index(row["predicted"])
        self._show_contributions()

    def _chosen_shares(self) -> Any:
        row = self._row()
        shares = self._shares
        chosen = shares["class"] == self.ui.classBox.currentText
        for key in ("case", "reader", "session", "structure", "side"):
            if key in shares and key in row:
                chosen &= shares[key] == row[key]
        return shares[chosen]

    def _show_contributions(self) -> None:
        shares = self._chosen_shares()
        self.ui.contributionsLabel.visible = not shares.empty
        if not shares.empty:
            name = self.ui.classBox.currentText
            self._picture(self.ui.contributionsLabel, lambda path: write_contributions(shares, name, path))
            self.ui.contributionsLabel.toolTip = str(shares["method"].iloc[0])

    def _picture(self, label: Any, write: Any) -> None:
        path = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-answer-{uuid.uuid4().hex}.png"
        write(path)
        label.pixmap = qt.QPixmap(str(path))
        path.unlink()

    def _on_row(self) -> None:
        self._show_row()
        self._module.refresh()

    def _on_table(self) -> None:
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpTableView)
        slicer.app.applicationLogic().GetSelectionNode().SetActiveTableID(self.table_node().GetID())
        slicer.app.applicationLogic().PropagateTableSelection()

    def _on_report(self) -> None:
        from .qmri_report import write_whole_report

        page = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}.html"
        try:
            with slicer.util.WaitCursor():
                write_whole_report(str(self.node.caseIdentifier), page)
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

    def _on_export(self) -> None:
        from MuscleMyopathyLib.output import write_table

        chosen = qt.QFileDialog.getExistingDirectory(self.ui.answerExportButton, _("Folder for the answer"))
        if not chosen:
            return
        folder, row, shares = Path(chosen), self._row(), self._chosen_shares()
        try:
            write_table(self._answer, folder / "predictions.csv")
            write_table(self._shares, folder / "contributions.csv")
            for suffix in ("png", "svg") if not row["problem"] else ():
                picture = folder / f"probabilities.{suffix}"
                write_probabilities(row, classes_of(self._answer), picture, 600, row["notice"])
                if not shares.empty:
                    name = self.ui.classBox.currentText
                    write_contributions(shares, name, folder / f"contributions.{suffix}", 700, row["notice"])
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(_("The answer could not be written."), str(error))
            return
        self.messages.info(_("Exported to {folder}.").format(folder=folder))


def classes_of(answer: Any) -> list[str]:
    """Return the classes of a table of answers, in the model's order."""
    return [name.removeprefix("p_") for name in answer.columns if name.startswith("p_")]


def answer_words(row: dict[str, Any], classes: list[str]) -> str:
    """Return the answer in words: the most probable class, and which are not excluded."""
    from MuscleMyopathyLib.modeling.inference.conformal import kept_classes

    kept = kept_classes(row["not_excluded"], classes)
    best = row["predicted"]
    lead = _("Most probable: {name}, {percent:.0f} %.").format(name=best, percent=100 * row[f"p_{best}"])
    if not row["not_excluded"]:
        open_ = _("How sure that is, is not known: the model was not validated in nested mode.")
    elif not kept:
        open_ = _("At 90 % confidence the case is unlike the validation's patients of every class.")
    elif len(kept) == len(classes):
        open_ = _("At 90 % confidence no class is excluded: the answer stays open.")
    else:
        excluded = ", ".join(name for name in classes if name not in kept)
        open_ = _("At 90 % confidence {excluded} is excluded, {kept} is not.").format(
            excluded=excluded, kept=", ".join(kept)
        )
    return f"{lead} {open_} {row['model']}: {row['validated']}."


def _row_name(row: dict[str, Any]) -> str:
    keys = ("case", "reader", "session", "structure", "side")
    return " ".join(str(row[key]) for key in keys if key in row and str(row[key]))


def _frame(node: Any) -> Any:
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    return dataframe_from_table_node(node)
