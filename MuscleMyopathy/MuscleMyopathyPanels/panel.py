"""What every panel has: its widgets from a .ui file, its message strip, and at most one job."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .job import Job
from .job_row import JobRow
from .messages import MessageStrip
from .requirements import REQUIREMENTS, packages_are_there
from .steps import StepState


class Panel:
    """One step of the module.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
        ui_file: The panel's file in ``Resources/UI``.
        messages_before: Name of the widget above which messages appear; by default they appear last.

    Attributes:
        name: What the panel is called in the parameter node.
        title: What the step bar calls it.
    """

    name: str
    title: str

    def __init__(self, module: Any, ui_file: str, messages_before: str = "") -> None:
        self._module = module
        self.widget = slicer.util.loadUI(module.resourcePath(f"UI/{ui_file}"))
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        layout = self.widget.layout()
        self.messages = MessageStrip(layout)
        if messages_before:
            layout.removeWidget(self.messages.frame)
            layout.insertWidget(layout.indexOf(getattr(self.ui, messages_before)), self.messages.frame)
        self.jobRow = JobRow(self.ui, self._cancel) if hasattr(self.ui, "progressBar") else None
        self._job: Job | None = None
        self._gui_tag: Any = None

    @property
    def node(self) -> Any:
        """The parameter node; None while there is no scene."""
        return self._module.parameterNode

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None and self._job.running

    def connect_parameters(self, node: Any) -> None:
        """Bind the widgets to the parameter node."""
        self._gui_tag = node.connectGui(self.ui)

    def disconnect_parameters(self, node: Any) -> None:
        """Let go of the parameter node."""
        node.disconnectGui(self._gui_tag)

    def new_job_folder(self) -> Path:
        """Return a folder for the files of a job, not yet made."""
        return Path(slicer.app.temporaryPath) / f"MuscleMyopathy-{uuid.uuid4().hex}"

    def run_job(
        self, arguments: Sequence[str], folder: Path, place: Callable[[Path], None], *, keep: bool = False
    ) -> None:
        """Run a command in the background.

        Args:
            arguments: Command and options.
            folder: The job's files. It is removed when the job has ended, unless the job succeeds and ``keep``.
            place: Gets the path of the result. An error that it raises is shown, and the folder removed.
            keep: Whether the files stay.
        """
        self.messages.clear()
        self._job = Job(
            arguments,
            progressed=self._progressed,
            finished=lambda path: self._job_ended(folder, lambda: place(path), keep=keep),
            failed=lambda text, details: self._job_ended(folder, lambda: self.messages.error(text, details)),
            cancelled=lambda: self._job_ended(
                folder, lambda: self.messages.info(_("Cancelled. The scene is as it was."))
            ),
        )
        self.jobRow.begin(_("Starting …"))
        self._job.start()
        self._module.refresh()

    def _progressed(self, fraction: float, text: str, seconds_left: float | None) -> None:
        self.jobRow.progress(fraction, text, seconds_left)

    def _job_ended(self, folder: Path, then: Callable[[], None], *, keep: bool = False) -> None:
        self.jobRow.hide()
        try:
            then()
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            keep = False
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        self._module.refresh()

    def state(self) -> StepState:
        """Return how far this step is."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold."""
        raise NotImplementedError

    def enter(self) -> None:
        """The panel is shown."""

    def leave(self) -> None:
        """Another panel or module is shown."""

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._abandon_job()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _abandon_job(self) -> None:
        """End the job without a word: scene or module go away."""
        if self._job is not None:
            self._job.abandon()
        if self.jobRow is not None:
            self.jobRow.hide()

    def _packages_are_there(self, file: str = REQUIREMENTS) -> bool:
        return packages_are_there(self.messages, file)
