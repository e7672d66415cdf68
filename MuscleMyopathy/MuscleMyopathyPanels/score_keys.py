"""The keys of the scoring form, taken by the table that has the focus before anybody else can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qt

Action = Callable[[], None]


def key_filter(
    named: Callable[[], Mapping[str, Action]], typed: Callable[[str], None], awaited: Callable[[str], bool]
) -> Any:
    """Return an event filter for the form's table.

    The arrows stay with the table. A key of ours is claimed as it is about to become a shortcut: the application
    has Ctrl+Z of its own, and other modules have digits.

    Args:
        named: Returns actions by name: ``not assessable``, ``same``, ``clear``, ``enter``, ``undo``, ``redo``.
        typed: Called with the digit that was pressed, or the awaited letter.
        awaited: Tells whether a letter completes a code such as 2a.
    """

    def action_of(event: Any) -> Action | None:
        text = event.text().lower()
        plain = not event.modifiers() & (qt.Qt.ControlModifier | qt.Qt.AltModifier)
        if plain and len(text) == 1 and (text in "0123456789" or awaited(text)):
            return lambda: typed(text)
        name = _name(event)
        return named().get(name) if name else None

    class KeyFilter(qt.QObject):
        def eventFilter(self, watched: Any, event: Any) -> bool:
            if event.type() not in (qt.QEvent.ShortcutOverride, qt.QEvent.KeyPress):
                return False
            action = action_of(event)
            if action is None:
                return False
            event.accept()
            if event.type() == qt.QEvent.KeyPress:
                action()
            return True

    return KeyFilter()


def _name(event: Any) -> str:
    key = event.key()
    if event.modifiers() & qt.Qt.ControlModifier:
        if key == qt.Qt.Key_Y or (key == qt.Qt.Key_Z and event.modifiers() & qt.Qt.ShiftModifier):
            return "redo"
        return "undo" if key == qt.Qt.Key_Z else ""
    if key in (qt.Qt.Key_Return, qt.Qt.Key_Enter):
        return "enter"
    if key in (qt.Qt.Key_Delete, qt.Qt.Key_Backspace):
        return "clear"
    # By its text, as = and N lie elsewhere on other keyboards.
    return {"n": "not assessable", "=": "same"}.get(event.text().lower(), "")
