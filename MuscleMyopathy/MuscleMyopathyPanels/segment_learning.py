"""Learning from corrections in the panel *Segment*: fine-tuning as a job, its versions, and the way back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .job_row import JobRow
from .messages import MessageStrip
from .panel_part import PanelPart
from .row_table import prepare
from .segment_estimate import LEARNING, estimate, remember
from .segment_network import library_folder, network_packages_are_there, shipped_network

STEPS = 200
"""Training steps of one fine-tuning, the command's own number."""


class Learning(PanelPart):
    """The part *Learning from corrections* below *Accept*.

    It speaks in a strip of its own, because the panel's is far above.

    Args:
        module: The module's widget.
        ui: The panel's widgets.
        cancel: Ends the panel's job.
        run: Runs a command as the panel's job, shown in this part.
        busy: Whether the panel has a job.
    """

    def __init__(
        self,
        module: Any,
        ui: Any,
        cancel: Callable[[], None],
        run: Callable[..., None],
        busy: Callable[[], bool],
    ) -> None:
        super().__init__(module, ui, MessageStrip(ui.learningLayout))
        self._run, self._busy = run, busy
        self._versions: list[dict[str, Any]] = []
        self._started = 0.0
        self.row = JobRow(
            SimpleNamespace(
                progressBar=ui.learnProgressBar,
                progressLabel=ui.learnProgressLabel,
                cancelButton=ui.learnCancelButton,
            ),
            cancel,
        )
        table = ui.versionsTable
        prepare(
            table,
            [
                (
                    _("Version"),
                    _("0 is the network that was shipped when learning began. ● marks the one in use."),
                ),
                (_("Made"), _("Day (UTC).")),
                (
                    _("Held back"),
                    _(
                        "Mean Dice of the muscles on corrections that are never trained on, before → after "
                        "learning."
                    ),
                ),
                (
                    _("Check set"),
                    _(
                        "Mean Dice of the muscles on digital limbs (a phantom) that are never trained on, before "
                        "→ after learning: whether what was known is kept."
                    ),
                ),
            ],
        )
        table.itemSelectionChanged.connect(lambda: self._refresh_use())
        ui.learnButton.clicked.connect(lambda: self._on_learn())
        ui.useVersionButton.clicked.connect(lambda: self._on_use())
        ui.learningButton.contentsCollapsed.connect(lambda collapsed: self._on_opened())

    def refresh(self) -> None:
        """Show what the library holds; a closed part waits until it is opened."""
        if self.ui.learningButton.collapsed or self.node is None:
            return
        obstacle, text = self._content()
        ui = self.ui
        ui.learningLabel.text = text
        ui.learningLabel.toolTip = _("Library: {folder}").format(folder=library_folder())
        reason = _("The computation is running.") if self._busy() else obstacle
        ui.learnButton.enabled = not reason
        ui.learnButton.toolTip = reason or _(
            "Fine-tune the network in use on the accepted corrections, mixed with synthetic images so that it "
            "does not forget. The new version is used only if it is not worse on corrections held back and on the "
            "check set; every version is kept. Same as: muscle-myopathy corrections finetune"
        )
        ui.learnEstimateLabel.text = reason if obstacle else estimate(LEARNING, STEPS)
        ui.learnEstimateLabel.visible = bool(ui.learnEstimateLabel.text)
        self._fill()
        for widget in (ui.versionsTable, ui.useVersionButton, ui.useVersionLabel):
            widget.visible = bool(self._versions)
        self._refresh_use()

    def _on_opened(self) -> None:
        # Opening shows everything inside; what has nothing to say stays hidden.
        if not self._busy():
            self.row.hide()
        self.messages.frame.visible = bool(self.messages.label.text)
        self.refresh()

    def _content(self) -> tuple[str, str]:
        """Return why nothing can be learnt (empty where it can), and what is accepted, in words."""
        from MuscleMyopathyLib.segmentation.corrections.learning import library_content

        try:
            content = library_content(library_folder())
        except (MuscleMyopathyError, OSError) as error:
            return str(error), _("The library of corrections cannot be read.")
        if shipped_network() is None:
            return _("The network is not installed."), ""
        return content.obstacle, _(
            "Accepted corrections: {count}, of {cases} case(s): {training} to learn from, {held} held back for "
            "the check."
        ).format(
            count=content.training + content.held_back,
            cases=content.cases,
            training=content.training,
            held=content.held_back,
        )

    def _fill(self) -> None:
        from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions

        selected = self._selected()
        try:
            rows = NetworkVersions(library_folder()).table().to_dict("records")
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(str(error))
            rows = []
        if rows == self._versions:
            return
        self._versions = rows
        table = self.ui.versionsTable
        table.rowCount = len(rows)
        for number, row in enumerate(rows):
            cells = (
                f"{'● ' if row['in_use'] else ''}{row['version']} · {row['network']}",
                str(row["date"])[:10],
                _figures(row, "dice_held_back"),
                _figures(row, "dice_check"),
            )
            for column, text in enumerate(cells):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(f"{row['date']}: {row['reason']}")
                table.setItem(number, column, item)
        again = next((n for n, row in enumerate(rows) if selected and row["version"] == selected["version"]), -1)
        if again >= 0:
            table.selectRow(again)

    def _selected(self) -> dict[str, Any] | None:
        row = self.ui.versionsTable.currentRow()
        return self._versions[row] if 0 <= row < len(self._versions) else None

    def _refresh_use(self) -> None:
        """Say what choosing the selected version would do."""
        chosen = self._selected()
        if self._busy():
            obstacle = _("The computation is running.")
        elif chosen is None:
            obstacle = _("Select a version in the list.")
        else:
            obstacle = _("This version is in use.") if chosen["in_use"] else ""
        self.ui.useVersionButton.enabled = not obstacle
        self.ui.useVersionButton.toolTip = obstacle or _("Put the selected version into use.")
        text = obstacle or _(
            "The next run of “muscles” and the next learning start from version {version}. Segmentations that are "
            "there stay as they are; you can come back to any version."
        ).format(version=chosen["version"])
        # What was found of a version matters before one chooses it.
        self.ui.useVersionLabel.text = f"{text} ({chosen['reason']})" if chosen is not None else text

    def _on_learn(self) -> None:
        if not network_packages_are_there(self.messages):
            return
        library, shipped = library_folder(), shipped_network()
        arguments = ["corrections", "finetune", "--library", str(library), "--network", str(shipped)]
        self._started = time.monotonic()
        self._run([*arguments, "--steps", str(STEPS)], self._on_learnt)

    def _on_learnt(self, folder: Path) -> None:
        import json

        remember(LEARNING, STEPS, time.monotonic() - self._started)
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        say = self.messages.info if record["promoted"] else self.messages.warning
        left_out = [f"{name}: {reason}" for name, reason in record["refused"].items()]
        text = _("Version {version}. {reason}").format(version=record["version"], reason=record["reason"])
        if left_out:
            say = self.messages.warning
            text += " " + _("{count} corrections were left out.").format(count=len(left_out))
        say(text, "\n".join(left_out))

    def _on_use(self) -> None:
        from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions

        chosen = self._selected()
        self.messages.clear()
        try:
            with slicer.util.WaitCursor():
                NetworkVersions(library_folder()).use(chosen["version"], "chosen by the user")
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(str(error))
            return
        self.messages.info(
            _("Version {version} ({network}) is in use from the next run on.").format(
                version=chosen["version"], network=chosen["network"]
            )
        )
        self._module.refresh()


def _figures(row: dict[str, Any], name: str) -> str:
    """Return "before → after" of a figure; a dash where it was not measured."""
    before, after = row[f"{name}_before"], row[name]
    return "–" if after != after or after is None else f"{before:.3f} → {after:.3f}"
