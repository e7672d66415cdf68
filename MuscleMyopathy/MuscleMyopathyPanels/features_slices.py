"""Which slices features are measured in: as the preset says, all, by level, or by number."""

from __future__ import annotations

import dataclasses
from typing import Any

from slicer.i18n import tr as _

from .panel_part import PanelPart

AS_PRESET, ALL, LEVELS, NUMBERS = "", "all", "levels", "numbers"


class SlicesChoice(PanelPart):
    """Keeps the choice in the parameter node: ``""``, ``all``, ``levels:proximal,distal`` or ``numbers:3, 7``."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._boxes = {"proximal": ui.proximalBox, "middle": ui.middleBox, "distal": ui.distalBox}
        for text, value in (
            (_("as the preset says"), AS_PRESET),
            (_("all"), ALL),
            (_("by level"), LEVELS),
            (_("chosen by number"), NUMBERS),
        ):
            ui.slicesBox.addItem(text, value)
        ui.slicesBox.activated.connect(lambda: self._on_changed())
        ui.slicesEdit.textEdited.connect(lambda text: self._on_changed())
        for box in self._boxes.values():
            box.clicked.connect(lambda: self._on_changed())

    def refresh(self) -> None:
        """Show what the parameter node holds."""
        kind, names = self._kept()
        self.ui.slicesBox.currentIndex = self.ui.slicesBox.findData(kind)
        self.ui.levelsWidget.visible = kind == LEVELS
        self.ui.slicesEdit.visible = kind == NUMBERS
        for name, box in self._boxes.items():
            box.checked = name in names.split(",")
        if kind == NUMBERS and self.ui.slicesEdit.text != names:
            self.ui.slicesEdit.text = names

    def problem(self) -> str:
        """Return what is wrong with the choice; empty where nothing is."""
        kind, names = self._kept()
        if kind == LEVELS and not names:
            return _("Check at least one level of slices.")
        if kind == NUMBERS and not _numbers(names):
            return _("Give slice numbers from 0, with commas between: 3, 7, 11.")
        return ""

    def chosen(self, preset: Any) -> Any:
        """Return a ``RadiomicsPreset`` with the slices that are chosen here."""
        from MuscleMyopathyLib.radiomics.slices import SliceChoice

        kind, names = self._kept()
        if kind == AS_PRESET:
            return preset
        slices = {
            ALL: SliceChoice,
            LEVELS: lambda: SliceChoice(levels=tuple(names.split(","))),
            NUMBERS: lambda: SliceChoice(slices=_numbers(names)),
        }[kind]()
        return dataclasses.replace(preset, preprocessing=dataclasses.replace(preset.preprocessing, slices=slices))

    def _kept(self) -> tuple[str, str]:
        kind, _separator, names = self.node.featureSlices.partition(":")
        return kind, names

    def _on_changed(self) -> None:
        kind = self.ui.slicesBox.itemData(self.ui.slicesBox.currentIndex)
        names = {
            LEVELS: ",".join(name for name, box in self._boxes.items() if box.checked),
            NUMBERS: self.ui.slicesEdit.text,
        }.get(kind)
        self.node.featureSlices = kind if names is None else f"{kind}:{names}"
        self._module.refresh()


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of a list with commas; none where one of them is no number from 0."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple(int(word) for word in words) if all(word.isdecimal() for word in words) else ()
