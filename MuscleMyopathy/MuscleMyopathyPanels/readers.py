"""The panel *Readers*: the readings of a study, blinded repeats, and how well readings agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .panel import Panel
from .readers_agreement import AgreementTab
from .readers_blinding import hide_other_readings
from .readers_readings import ReadingsTab
from .steps import State, StepState


class ReadersPanel(Panel):
    """Keeps a reader study and shows agreement.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "readers"
    title = _("Readers")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "ReadersPanel.ui")
        self.widget.layout().addStretch(1)
        self.readings = ReadingsTab(self)
        self.agreement = AgreementTab(self)
        self._loaded: str | None = None
        self.ui.studyButton.clicked.connect(lambda: self._on_study_folder())
        self.ui.studyEdit.editingFinished.connect(lambda: self._on_study_edited())

    def study(self) -> Any:
        """Return the ``ReadingStudy``, or None where no folder is chosen."""
        if not self.node.studyFolder:
            return None
        from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy

        return ReadingStudy(self.node.studyFolder)

    def state(self) -> StepState:
        """Return how far this step is."""
        if self.node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if self.readings.open_reading() is not None:
            return StepState(State.OPEN, _("A reading of this case is open."))
        if self.readings.of_case():
            return StepState(State.DONE, _("This case has been read."))
        return StepState(State.OPEN, _("Keep readings of this case, and compare readers."))

    def refresh(self) -> None:
        """Show what the parameter node, the study and the scene hold; blinding holds under every panel."""
        node = self.node
        if node is None or (node.step != self.name and not node.studyFolder) or not self._packages_are_there():
            return
        if self._loaded != node.studyFolder:
            self.reload()
        blinded = self.readings.blinded()
        hide_other_readings(node.caseIdentifier, node.reader, node.session, blinded=blinded)
        if node.step != self.name:
            return
        self.ui.studyEdit.text = node.studyFolder
        opened = self.readings.open_reading()
        self.ui.blindingLabel.visible = opened is not None
        self.ui.blindingLabel.text = _(
            "Session {session} of {reader} is open: other readings of this case are hidden until it is locked."
        ).format(session=node.session, reader=node.reader)
        self.readings.refresh()
        self.agreement.refresh()

    def reload(self) -> None:
        """Read the study's list of readings anew."""
        self._loaded = self.node.studyFolder
        try:
            self.readings.load(self.study())
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(_("The study cannot be read."), str(error))

    def enter(self) -> None:
        """The panel is shown: somebody else may have written into the study meanwhile."""
        self._loaded = None

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._abandon_job()
        self.messages.clear()
        self._loaded = None
        self.readings.forget()
        self.agreement.forget()

    def do(self, action: Callable[[], None]) -> bool:
        """Do something to the study, and show what it left or why it could not be done."""
        self.messages.clear()
        try:
            with slicer.util.WaitCursor():
                action()
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(str(error))
            return False
        finally:
            self.reload()
            self._module.refresh()
        return True

    def _job_ended(self, folder: Path, then: Callable[[], None], *, keep: bool = False) -> None:
        super()._job_ended(folder, then, keep=keep)
        self.reload()
        self._module.refresh()

    def _on_study_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder of the reader study"))
        if folder:
            self.node.studyFolder = folder
            self._module.refresh()

    def _on_study_edited(self) -> None:
        if self.node is not None:
            self.node.studyFolder = self.ui.studyEdit.text.strip()
            self._module.refresh()
