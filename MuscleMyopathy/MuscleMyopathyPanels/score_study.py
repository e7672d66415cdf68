"""Which form is at hand: the scale, the study's folder, and what the study decided for its readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.scoring.scale import Level, Scale

from .panel_part import PanelPart
from .score_reading import FormKey, OpenForm, find_form, identifier_problem

SUGGESTED_SCALE = "mercuri-modified"
"""The scale whose levels can be suggested; `scoring.suggestion` says the same and loads pandas."""

SCALES_SETTING = "MuscleMyopathy/ScaleFolder"


class StudyChoice(PanelPart):
    """Keeps scale and folder with the parameter node; the folder of own scales with the user's settings."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.blinded = True
        self._scales: dict[str, Scale] = {}
        self._files: dict[str, Path] = {}
        self._list_scales()
        ui.scaleBox.activated.connect(lambda: self._on_scale())
        ui.scalesButton.clicked.connect(lambda: self._on_scales_folder())
        ui.folderButton.clicked.connect(lambda: self._on_folder())
        ui.suggestionsFirstBox.toggled.connect(lambda checked: self._on_suggestions_first(checked))

    def key(self) -> FormKey | None:
        """Return which form the header and the choices name; None without a scale."""
        node = self.node
        scale = self._scales.get(node.scoreScale) if node is not None else None
        if scale is None or identifier_problem(node.caseIdentifier, node.reader):
            return None
        return FormKey(self.folder(), node.caseIdentifier, node.reader, node.session, scale)

    def obstacle(self) -> str:
        """Return why no form can be begun; empty where it can."""
        node = self.node
        if node.scoreScale not in self._scales:
            return _(
                "The scale {name} is not there. Choose the folder of your own scales, or another scale."
            ).format(name=node.scoreScale)
        return identifier_problem(node.caseIdentifier, node.reader)

    def folder(self) -> str:
        """Return the study's folder: chosen, or beside the scene's file, or among the user's documents."""
        node = self.node
        if node.studyFolder:
            return str(node.studyFolder)
        url = slicer.mrmlScene.GetURL()
        parent = (
            Path(url).parent
            if url
            else Path(qt.QStandardPaths.writableLocation(qt.QStandardPaths.DocumentsLocation))
        )
        return str(parent / "MuscleMyopathy")

    def picture(self, level: Level) -> Path | None:
        """Return the example picture of a level of the chosen scale; None where there is none."""
        from MuscleMyopathyLib.scoring.scale_files import picture_path

        file = self._files.get(self.node.scoreScale)
        return None if file is None else picture_path(file, level)

    def scale_argument(self) -> str:
        """Return the chosen scale's file, as the command line takes it."""
        return str(self._files[self.node.scoreScale])

    def own_form_is_open(self) -> bool:
        """Tell whether the reader at hand has a form in the study that is not locked yet."""
        from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
        from MuscleMyopathyLib.reproducibility.readings import ReadingKind, ReadingState

        try:
            readings = ReadingStudy(self.folder()).readings()
        except MuscleMyopathyError:
            return True
        return any(
            one.kind is ReadingKind.FORM and one.state is ReadingState.OPEN and one.reader == self.node.reader
            for one in readings
        )

    def keep_folder(self) -> None:
        """A form was begun in the folder: it stays the scene's, wherever the scene is saved."""
        self.node.studyFolder = self.folder()

    def find(self, key: FormKey) -> tuple[OpenForm | None, bool]:
        """Return the form on disk, and whether the study shows suggestions before the reader's own score.

        Raises:
            InputError: A reading or the study's settings are damaged.
        """
        from MuscleMyopathyLib.reproducibility.blinding import is_blinded
        from MuscleMyopathyLib.reproducibility.study_settings import read_study_settings

        self.blinded = True
        form = find_form(key)
        self.blinded = is_blinded(key.study().readings(), key.case, key.reader, key.session)
        return form, read_study_settings(key.folder).suggestions_shown_first

    def can_suggest(self) -> bool:
        """Tell whether levels of the chosen scale can be suggested."""
        return bool(self.node.scoreScale == SUGGESTED_SCALE)

    def refresh(self) -> None:
        """Show what the parameter node and the study's folder hold."""
        node = self.node
        self.ui.scaleBox.currentIndex = self.ui.scaleBox.findData(node.scoreScale)
        scale = self._scales.get(node.scoreScale)
        self.ui.scaleBox.toolTip = scale.source if scale is not None else ""
        self.ui.sourceLabel.text = scale.source if scale is not None else ""
        folder = self.folder()
        self.ui.folderEdit.text = folder
        self.ui.folderEdit.toolTip = folder
        self._show_setting(folder)

    def _show_setting(self, folder: str) -> None:
        from MuscleMyopathyLib.reproducibility.study_settings import has_forms, read_study_settings

        box = self.ui.suggestionsFirstBox
        fixed = has_forms(folder)
        try:
            checked = read_study_settings(folder).suggestions_shown_first
        except MuscleMyopathyError:
            # Said in the message strip when the form is opened.
            checked = False
        # Once it is decided, only what departs from the rule needs to be seen.
        box.visible = self.can_suggest() and (checked or not fixed)
        was_blocked = box.blockSignals(True)
        box.checked, box.enabled = checked, not fixed
        box.blockSignals(was_blocked)
        box.toolTip = (
            _("Decided for this study before its first form; all its readers read under the same conditions.")
            if fixed
            else _(
                "For the whole study, to be decided before its first form. Without it a suggested score appears "
                "only after the reader's own, so that readings stay independent of it."
            )
        )

    def _list_scales(self) -> None:
        from MuscleMyopathyLib.scoring.scale_files import available_scales, read_scale_file

        own = slicer.app.userSettings().value(SCALES_SETTING)
        try:
            files = available_scales(own or None)
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            files = available_scales()
        self._files = files
        self._scales = {name: read_scale_file(path) for name, path in files.items()}
        self.ui.scaleBox.clear()
        for name, scale in self._scales.items():
            self.ui.scaleBox.addItem(scale.name, name)

    def _on_scale(self) -> None:
        self.node.scoreScale = self.ui.scaleBox.itemData(self.ui.scaleBox.currentIndex)
        self._module.refresh()

    def _on_scales_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.scalesButton, _("Folder with your own scales (JSON)"))
        if folder:
            slicer.app.userSettings().setValue(SCALES_SETTING, folder)
            self.messages.clear()
            self._list_scales()
            self._module.refresh()

    def _on_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.folderButton, _("Folder of the study's readings"))
        if folder:
            self.node.studyFolder = folder
            self._module.refresh()

    def _on_suggestions_first(self, checked: bool) -> None:
        from MuscleMyopathyLib.reproducibility.study_settings import StudySettings, write_study_settings

        try:
            write_study_settings(self.folder(), StudySettings(suggestions_shown_first=checked))
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
        self._module.refresh()
