"""The choice of a preset for radiomics features: shipped ones by name, a file, and changes made in the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.resources import resource

from .panel_part import PanelPart

CHANGED = "-changed"
"""Ending of the name of a shipped preset that was changed in the panel."""


class PresetChoice(PanelPart):
    """Keeps the preset's name and, where it is not a shipped one as it is, its text with the parameter node."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._checked: tuple[tuple[str, str], Any, str] | None = None
        self._original = ""
        self._shown: tuple[str, str] | None = None
        self._names = sorted(file.stem for file in resource("Presets", "Radiomics").glob("*.yaml"))
        for name in self._names:
            ui.presetBox.addItem(name, name)
        ui.presetBox.activated.connect(lambda: self._on_name())
        ui.presetFileButton.clicked.connect(lambda: self._on_file())
        ui.presetTakeButton.clicked.connect(lambda: self._on_take())
        ui.presetResetButton.clicked.connect(lambda: self._on_reset())

    def preset(self) -> Any:
        """Return the ``RadiomicsPreset``.

        Raises:
            InputError, ParameterError, MissingPackageError: It cannot be used; in words.
        """
        import yaml

        from MuscleMyopathyLib.errors import InputError
        from MuscleMyopathyLib.radiomics.presets import preset_from_mapping

        name, text = self._stamp()
        try:
            values = yaml.safe_load(text or self._shipped_text(name))
        except yaml.YAMLError as error:
            raise InputError(f"The preset is not YAML: {error}") from error
        if not isinstance(values, dict):
            raise InputError(
                "The preset has no content: expected names such as imageType, featureClass and setting."
            )
        return preset_from_mapping(values, name)

    def problem(self) -> str:
        """Return why the preset cannot be used; empty where it can. Checked once for each text."""
        stamp = self._stamp()
        if self._checked is None or self._checked[0] != stamp:
            try:
                self._checked = (stamp, self.preset(), "")
            except MuscleMyopathyError as error:
                self._checked = (stamp, None, str(error))
        return self._checked[2]

    def refresh(self) -> None:
        """Show what the parameter node holds."""
        name, text = stamp = self._stamp()
        if stamp == self._shown:
            return
        self._shown = stamp
        self.ui.presetBox.clear()
        for known in dict.fromkeys([*self._names, name]):
            self.ui.presetBox.addItem(known, known)
        self.ui.presetBox.currentIndex = self.ui.presetBox.findData(name)
        self.ui.presetEdit.plainText = text or self._shipped_text(name)
        self.ui.presetDescriptionLabel.text = self._description()

    def _stamp(self) -> tuple[str, str]:
        node = self.node
        return node.featurePreset, node.featurePresetText

    def _shipped_text(self, name: str) -> str:
        path = resource("Presets", "Radiomics", f"{name}.yaml")
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def _description(self) -> str:
        if self.problem():
            return self.problem()
        assert self._checked is not None
        preset = self._checked[1]
        self.ui.presetDescriptionLabel.toolTip = "\n\n".join(filter(None, (preset.source, *preset.notes)))
        return str(preset.description) or _("The parameter file {name}.").format(name=preset.name)

    def _set(self, name: str, text: str) -> None:
        node = self.node
        was_modifying = node.StartModify()
        node.featurePreset, node.featurePresetText = name, text
        node.EndModify(was_modifying)
        self._module.refresh()

    def _on_name(self) -> None:
        name = self.ui.presetBox.itemData(self.ui.presetBox.currentIndex)
        if name in self._names:
            self.messages.clear()
            self._set(name, "")

    def _on_file(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.ui.presetFileButton, _("Preset or PyRadiomics parameter file"), "", "YAML (*.yaml *.yml *.json)"
        )
        if files:
            self.take_file(Path(next(iter(files))))

    def take_file(self, path: Path) -> None:
        """Take a preset or a parameter file; one that cannot be used is refused in the strip."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.messages.error(_("{path} cannot be read.").format(path=path), str(error))
            return
        if self._take(path.stem, text):
            self._original = text

    def _on_take(self) -> None:
        name, _text = self._stamp()
        text = self.ui.presetEdit.plainText
        if text == (self._text_now()):
            return
        self._take(f"{name}{CHANGED}" if name in self._names else name, text)

    def _text_now(self) -> str:
        name, text = self._stamp()
        return text or self._shipped_text(name)

    def _take(self, name: str, text: str) -> bool:
        before = self._stamp()
        self._set(name, text)
        problem = self.problem()
        if problem:
            self._set(*before)
            # What was typed stays to be corrected.
            self.ui.presetEdit.plainText = text
            self.messages.error(problem)
            return False
        self.messages.clear()
        return True

    def _on_reset(self) -> None:
        name, _text = self._stamp()
        shipped = name.removesuffix(CHANGED)
        self._shown = None
        self._set(*((shipped, "") if shipped in self._names else (name, self._original or _text)))
