"""Which model classifies: shipped ones and files, with the card of the chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .panel_part import PanelPart

SUFFIX = ".mmyo"
SHIPPED = "shipped:"
"""Begin of the parameter for a model that comes with the extension: its folder differs between computers."""


class ModelChoice(PanelPart):
    """Keeps the model with the parameter node, and shows its card."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.card: Any = None
        self.problem = ""
        self._shown: Any = None
        ui.modelBox.activated.connect(lambda: self._set(ui.modelBox.itemData(ui.modelBox.currentIndex)))
        ui.modelButton.clicked.connect(lambda: self._on_file())

    @property
    def path(self) -> Path | None:
        """The package's file; None where none is chosen."""
        from MuscleMyopathyLib.resources import resource

        chosen = str(self.node.classifyModel)
        if chosen.startswith(SHIPPED):
            return resource("Models", chosen.removeprefix(SHIPPED))
        return Path(chosen) if chosen else None

    def take_file(self, path: Path) -> None:
        """Take a package from a file."""
        self._set(str(path))

    def choose(self) -> None:
        """Choose the first shipped model where none is chosen."""
        shipped = _shipped()
        if not self.node.classifyModel and shipped:
            self.node.classifyModel = SHIPPED + shipped[0].name

    def refresh(self) -> None:
        """Show the model that the parameter node names; its card is read, the model is not loaded."""
        from MuscleMyopathyLib.modeling.package.archive import read_card

        path = self.path
        stamp = (path, path.stat().st_mtime_ns if path is not None and path.is_file() else None)
        if stamp == self._shown:
            return
        self._shown = stamp
        self._list()
        self.card, self.problem = None, ""
        if path is None:
            self.problem = _("Choose a model.")
        else:
            try:
                self.card = read_card(path)
            except MuscleMyopathyError as error:
                self.problem = str(error)
        self._show_card()

    def _list(self) -> None:
        chosen = str(self.node.classifyModel)
        entries = {SHIPPED + path.name: _("{name} (shipped)").format(name=path.stem) for path in _shipped()}
        if chosen and chosen not in entries:
            entries[chosen] = Path(chosen).stem
        self.ui.modelBox.clear()
        for value, text in entries.items():
            self.ui.modelBox.addItem(text, value)
        self.ui.modelBox.currentIndex = self.ui.modelBox.findData(chosen)
        self.ui.modelBox.toolTip = str(self.path or "")

    def _show_card(self) -> None:
        from MuscleMyopathyLib.report.model_card import card_lines

        card = self.card
        self.ui.noticeLabel.visible = self.ui.cardButton.visible = card is not None
        if card is None:
            self.ui.cardLabel.text = f"▲ {self.problem}"
            return
        self.ui.noticeLabel.text = f"<b>{' '.join(card.notices)}</b>"
        counts = ", ".join(f"{count} {name}" for name, count in card.population.patients.items())
        self.ui.cardLabel.text = _("{task}. Learned from {counts}. In its validation: {validated}.").format(
            task=card.task, counts=counts, validated=card.validated
        )
        self.ui.cardText.plainText = "\n".join(card_lines(card))

    def _on_file(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.ui.modelButton, _("Model package"), "", f"{_('Model package')} (*{SUFFIX})"
        )
        if files:
            self.take_file(Path(next(iter(files))))

    def _set(self, value: str) -> None:
        self.node.classifyModel = value
        self._module.refresh()


def _shipped() -> list[Path]:
    from MuscleMyopathyLib.resources import resource

    return sorted(resource("Models").glob(f"*{SUFFIX}"))
