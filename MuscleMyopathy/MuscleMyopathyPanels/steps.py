"""The step bar: a dot per step of the examination, and why a step is not possible yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import qt
from slicer.i18n import tr as _


class State(Enum):
    """How far a step is; the value is its dot."""

    NOT_POSSIBLE = "○"
    OPEN = "◐"
    DONE = "●"
    PROBLEM = "▲"


@dataclass(frozen=True)
class StepState:
    """How far a step is, and a sentence that says why or what to do."""

    state: State
    reason: str


class StepBar:
    """One button per step, in their order; reached by Tab and by Ctrl+1, Ctrl+2 …

    Args:
        layout: Horizontal layout for the buttons.
        chosen: Called with the name of the step that the user chooses.
    """

    def __init__(self, layout: Any, chosen: Callable[[str], None]) -> None:
        self._layout = layout
        self._chosen = chosen
        self._titles: dict[str, str] = {}
        self.buttons: dict[str, Any] = {}

    def add(self, name: str, title: str) -> None:
        """Add the next step."""
        button = qt.QPushButton()
        button.objectName = f"{name}StepButton"
        button.checkable = True
        button.autoExclusive = True
        button.shortcut = qt.QKeySequence(f"Ctrl+{len(self.buttons) + 1}")
        button.clicked.connect(lambda: self._chosen(name))
        self._layout.addWidget(button)
        self._titles[name] = title
        self.buttons[name] = button

    def show(self, name: str, step: StepState, *, current: bool) -> None:
        """Show how far a step is, and whether it is the one shown below."""
        button = self.buttons[name]
        button.text = f"{step.state.value} {self._titles[name]}"
        # Changing the text of a button takes its shortcut away.
        number = list(self.buttons).index(name) + 1
        button.shortcut = qt.QKeySequence(f"Ctrl+{number}")
        button.toolTip = _("{reason} (Ctrl+{number})").format(reason=step.reason, number=number)
        button.enabled = current or step.state is not State.NOT_POSSIBLE
        button.checked = current
