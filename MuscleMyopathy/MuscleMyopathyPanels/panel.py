"""What every panel has: its widgets from a .ui file, its message strip, and at most one job."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from .job import Job
from .messages import MessageStrip
from .requirements import REQUIREMENTS, ensure_packages


class Panel:
    """One step of the module.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
        ui_file: The panel's file in ``Resources/UI``.
        messages_before: Name of the widget above which messages appear; by default they appear last.
    """

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

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _abandon_job(self) -> None:
        """End the job without a word: scene or module go away."""
        if self._job is not None:
            self._job.abandon()

    def _packages_are_there(self, file: str = REQUIREMENTS) -> bool:
        try:
            ensure_packages(file)
        except Exception as error:
            # The user declined, or pip failed for one of its many reasons: each is shown, none is hidden.
            self.messages.error(_("Packages that are needed were not installed."), str(error))
            return False
        return True
