"""The line in which a number or the reason for "not assessable" is typed: Enter takes it, Escape leaves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.scoring.scale import Target


class EntryRow:
    """One line edit below the form, hidden while nothing is typed.

    Args:
        ui: The panel's widgets.
        left: Called when the line is left, to give the focus back.
    """

    def __init__(self, ui: Any, left: Callable[[], None]) -> None:
        self.ui = ui
        self._left = left
        self._taken: Callable[[str], None] | None = None
        self._is_reason = False
        self._last_reason = ""
        self._escape = _escape_filter(self._on_escape)
        ui.entryEdit.installEventFilter(self._escape)
        ui.entryEdit.returnPressed.connect(lambda: self._on_return())
        self.close()

    def open(self, target: Target, text: str, taken: Callable[[str], None]) -> None:
        """Ask for a target's number, which begins with ``text``."""
        label = f"{target.name}, {target.unit}" if target.unit else target.name
        if target.normal is not None:
            low, high = (_end(end) for end in (target.normal.low, target.normal.high))
            label += _(" (normal {low} to {high})").format(low=low, high=high)
        self._open(label, text, taken, is_reason=False)

    def open_reason(self, target: Target, taken: Callable[[str], None]) -> None:
        """Ask why a target cannot be assessed; the reason given last stands there already."""
        label = _("Why is {name} not assessable?").format(name=target.name)
        self._open(label, self._last_reason, taken, is_reason=True)
        self.ui.entryEdit.selectAll()

    def close(self) -> None:
        """Take the line away."""
        self._taken = None
        self.ui.entryWidget.visible = False

    def _open(self, label: str, text: str, taken: Callable[[str], None], *, is_reason: bool) -> None:
        self._taken, self._is_reason = taken, is_reason
        self.ui.entryLabel.text = label
        self.ui.entryEdit.text = text
        self.ui.entryEdit.placeholderText = _("artefact, outside the image, implant …") if is_reason else ""
        self.ui.entryWidget.visible = True
        self.ui.entryEdit.setFocus()

    def _on_return(self) -> None:
        text = self.ui.entryEdit.text.strip()
        if self._taken is None or not text:
            return
        if self._is_reason:
            self._last_reason = text
        self._taken(text)

    def _on_escape(self) -> None:
        self.close()
        self._left()


def _escape_filter(pressed: Callable[[], None]) -> Any:
    class EscapeFilter(qt.QObject):
        def eventFilter(self, watched: Any, event: Any) -> bool:
            if event.type() not in (qt.QEvent.ShortcutOverride, qt.QEvent.KeyPress):
                return False
            if event.key() != qt.Qt.Key_Escape:
                return False
            event.accept()
            if event.type() == qt.QEvent.KeyPress:
                pressed()
            return True

    return EscapeFilter()


def _end(end: float | None) -> str:
    return "…" if end is None else f"{end:g}"
