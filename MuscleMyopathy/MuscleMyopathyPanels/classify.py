"""The panel *Classify*: a model's answer to this case, and classifiers validated and trained on a cohort."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from .classify_case import ThisCase
from .classify_study import Study
from .panel import Panel
from .steps import State, StepState

CASE, STUDY = range(2)
"""Tabs of the panel."""


class ClassifyPanel(Panel):
    """Asks models about a case, and makes models from a cohort.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "classify"
    title = _("Classify")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "ClassifyPanel.ui", messages_before="tabs")
        self.case = ThisCase(self, module)
        self.study = Study(self, module)
        self.ui.tabs.currentChanged.connect(lambda index: self._on_tab(index))
        self._on_tab(CASE)

    def state(self) -> StepState:
        """Return how far this step is."""
        if self.node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if self.case.answer.table_node() is not None:
            return StepState(State.DONE, _("The case is classified."))
        return StepState(State.OPEN, _("Classify this case, or validate and train classifiers on a cohort."))

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold; a hidden panel waits until it is shown."""
        node = self.node
        if node is None or node.step != self.name or not self._packages_are_there():
            return
        self.case.refresh()
        self.study.refresh()
        # What was shown or hidden is laid out first.
        qt.QTimer.singleShot(0, self._fit_pages)

    def enter(self) -> None:
        """The panel is shown."""
        if self.node is not None and self._packages_are_there():
            self.case.enter()

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._abandon_job()
        self.messages.clear()
        self.case.forget()
        self.study.forget()

    def take_model(self, path: Path) -> None:
        """Choose a model that was just saved, and say where it lies."""
        self.case.model.take_file(path)
        self.messages.info(
            _("{path} is saved and chosen under This case. Its card and its validation lie beside it.").format(
                path=path
            )
        )

    def _on_tab(self, index: int) -> None:
        # One key for the button of the half that is shown.
        for button, tab in ((self.ui.classifyButton, CASE), (self.ui.validateButton, STUDY)):
            button.shortcut = qt.QKeySequence("Ctrl+Return") if tab == index else qt.QKeySequence()

    def _fit_pages(self) -> None:
        """Give each tab the height that its wrapped lines need: a tab widget does not ask for it by itself."""
        for page in (self.ui.caseTab, self.ui.studyTab):
            page.minimumHeight = max(0, page.layout().totalHeightForWidth(page.width))

    def _progressed(self, fraction: float, text: str, seconds_left: float | None) -> None:
        super()._progressed(fraction, text, seconds_left)
        self.study.progressed()

    def _job_ended(self, folder: Path, then: Callable[[], None], *, keep: bool = False) -> None:
        self.study.ended()
        super()._job_ended(folder, then, keep=keep)
