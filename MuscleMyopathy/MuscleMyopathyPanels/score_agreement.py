"""Agreement of the forms of a study in the panel *Score*: kappa per muscle and side, cross-tables, heat map."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .panel_part import PanelPart
from .readers_table import BANDS, AgreementTable
from .requirements import packages_are_there

SUGGESTED = "suggested"
LINEAR = "linear"
"""The weighting that is shown at first: levels are ordered, and a neighbour is half an agreement."""

HEAT_MAP_PIXELS = 430


class FormAgreementView(PanelPart):
    """Compares two raters of the study in the background and shows the tables.

    Args:
        module: The module's widget, for its parameter node.
        ui: The panel's widgets.
        messages: The panel's message strip.
        study: The panel's ``StudyChoice``.
        run_job: As `Panel.run_job`.
        new_folder: As `Panel.new_job_folder`.
    """

    def __init__(
        self,
        module: Any,
        ui: Any,
        messages: Any,
        study: Any,
        run_job: Callable[..., None],
        new_folder: Callable[[], Path],
    ) -> None:
        super().__init__(module, ui, messages)
        self._study, self._run_job, self._new_folder = study, run_job, new_folder
        self._stamp: Any = None
        self._results: Path | None = None
        self._kappa: Any = None
        for name, label in (
            (LINEAR, _("linear weights")),
            ("quadratic", _("quadratic weights")),
            ("unweighted", _("unweighted")),
        ):
            ui.weightsBox.addItem(label, name)
        self.table = AgreementTable(
            ui.kappaTable,
            [
                ("name", _("Muscle"), None, _("Muscle and side; “both” pools the sides, “all” all muscles.")),
                (
                    "kappa",
                    _("κ"),
                    2,
                    _("Cohen, Educ Psychol Meas 1960;20:37; weighted: Psychol Bull 1968;70:213."),
                ),
                (
                    "interval",
                    _("95 % CI"),
                    None,
                    _("Large-sample interval; of pooled sides and muscles by leaving out one case at a time."),
                ),
                ("agreement_percent", _("Alike\n%"), 0, _("Share of targets with the same level by both.")),
                ("count", _("n"), 0, _("Targets scored by both.")),
                ("band", _("Band"), None, _("Landis and Koch, Biometrics 1977;33:159.")),
            ],
            BANDS,
        )
        ui.agreementButton.contentsCollapsed.connect(lambda collapsed: self.refresh())
        ui.weightsBox.activated.connect(lambda: self._show_kappa())
        ui.compareFormsButton.clicked.connect(lambda: self._on_compare())
        ui.agreementExportButton.clicked.connect(lambda: self._on_export())

    def forget(self) -> None:
        """The scene goes away, and the results of its study with it."""
        if self._results is not None:
            shutil.rmtree(self._results.parent, ignore_errors=True)
        self._stamp, self._results, self._kappa = None, None, None

    def refresh(self) -> None:
        """List the raters of the study, and show what was compared."""
        if self.node is None or self.ui.agreementButton.collapsed:
            return
        raters = self._raters()
        stamp = (self._study.folder(), self.node.scoreScale, tuple(raters))
        if stamp != self._stamp:
            if self._stamp is not None and stamp[:2] != self._stamp[:2]:
                self.forget()
            self._stamp = stamp
            self._list(raters)
        obstacle = self.obstacle(raters)
        self.ui.compareFormsButton.enabled = not obstacle
        self.ui.compareFormsButton.toolTip = obstacle or _(
            "Kappa with confidence interval for every muscle and side, percent agreement, cross-tables, and the "
            "first rater's scores as a heat map."
        )
        for widget in (self.ui.formAgreementTabs, self.ui.agreementExportButton, self.ui.weightsBox):
            widget.visible = self._results is not None

    def obstacle(self, raters: list[str]) -> str:
        """Return why forms cannot be compared now; empty where they can."""
        if self._study.own_form_is_open():
            return _("Lock your open forms first: until then other readers' scores are hidden from you.")
        if not raters:
            return _("The study has no form on this scale yet.")
        if len(raters) < 2 and not self._study.can_suggest():
            return _("There are only forms by {rater}. Agreement needs two readers or sessions.").format(
                rater=raters[0]
            )
        if self.ui.firstRaterBox.currentText == self.ui.secondRaterBox.currentText:
            return _("Choose two different raters.")
        return ""

    def place(self, results: Path) -> None:
        """Show what the command ``score agreement`` left in a folder."""
        import pandas as pd

        self.forget()
        self._results = results
        self._stamp = (self._study.folder(), self.node.scoreScale, tuple(self._raters()))
        self._kappa = pd.read_csv(results / "kappa.csv", keep_default_na=True)
        for column in ("structure", "side", "band", "problem"):
            self._kappa[column] = self._kappa[column].astype(object).where(self._kappa[column].notna(), "")
        self._show_kappa()
        picture = qt.QPixmap(str(results / "heat_map.png"))
        if picture.width() > HEAT_MAP_PIXELS:
            picture = picture.scaledToWidth(HEAT_MAP_PIXELS, qt.Qt.SmoothTransformation)
        self.ui.heatMapLabel.pixmap = picture
        self.refresh()
        lines = (results / "summary.txt").read_text(encoding="utf-8").strip().splitlines()
        self.messages.info(lines[0], "\n".join(lines))

    def _raters(self) -> list[str]:
        """Return reader and session of every form on the scale, as the command line names them."""
        from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
        from MuscleMyopathyLib.reproducibility.readings import ReadingKind

        try:
            readings = ReadingStudy(self._study.folder()).readings()
        except (MuscleMyopathyError, OSError):
            # A damaged reading is said in the strip when the form is opened.
            return []
        found = {
            f"{one.reader}:{one.session}"
            for one in readings
            if one.kind is ReadingKind.FORM and self.node.scoreScale in one.parts
        }
        return sorted(found)

    def _list(self, raters: list[str]) -> None:
        for box, further, place in (
            (self.ui.firstRaterBox, (), 0),
            (self.ui.secondRaterBox, (SUGGESTED,) if self._study.can_suggest() else (), 1),
        ):
            chosen = box.currentText
            box.clear()
            for rater in (*raters, *further):
                box.addItem(rater)
            kept = box.findText(chosen) if chosen else -1
            box.currentIndex = kept if kept >= 0 else min(place, box.count - 1)

    def _show_kappa(self) -> None:
        if self._kappa is None:
            return
        weights = self.ui.weightsBox.itemData(self.ui.weightsBox.currentIndex)
        rows = self._kappa[self._kappa["weights"] == weights]
        # What pools most stands first.
        pooled = rows["structure"].eq("all")
        rows = rows.loc[[*rows.index[pooled], *rows.index[~pooled]]]
        names = [f"{row.structure} {row.side}".strip() for row in rows.itertuples()]
        ends = zip(rows["ci_low"], rows["ci_high"], strict=True)
        interval = [f"{low:.2f} – {high:.2f}" if low == low else "–" for low, high in ends]
        self.table.show(rows.assign(name=names, interval=interval))

    def _on_compare(self) -> None:
        if not packages_are_there(self.messages):
            return
        folder = self._new_folder()
        arguments = ["score", "agreement", self._study.folder(), "--scale", self._study.scale_argument()]
        arguments += ["--first", self.ui.firstRaterBox.currentText]
        arguments += ["--second", self.ui.secondRaterBox.currentText]
        self._run_job([*arguments, "--output", str(folder / "results")], folder, self.place, keep=True)

    def _on_export(self) -> None:
        chosen = qt.QFileDialog.getExistingDirectory(
            self.ui.agreementExportButton, _("Folder for the agreement of the forms")
        )
        if not chosen or self._results is None:
            return
        try:
            shutil.copytree(self._results, chosen, dirs_exist_ok=True)
        except OSError as error:
            self.messages.error(_("The results could not be written."), str(error))
            return
        self.messages.info(_("Exported to {folder}.").format(folder=chosen))
