"""The row of a running job: how far, at what, how long still, and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _


class JobRow:
    """Shows progress in the widgets ``progressBar``, ``progressLabel`` and ``cancelButton`` of a panel.

    Args:
        ui: The panel's widgets.
        cancel: Called when the user cancels.
    """

    def __init__(self, ui: Any, cancel: Callable[[], None]) -> None:
        self._ui = ui
        ui.progressBar.setRange(0, 1000)
        ui.cancelButton.clicked.connect(lambda: self._on_cancel(cancel))
        self.hide()

    def begin(self, text: str) -> None:
        """Show the row at its start."""
        self._ui.cancelButton.enabled = True
        self.progress(0.0, text, None)
        for widget in self._widgets():
            widget.visible = True

    def progress(self, fraction: float, text: str, seconds_left: float | None = None) -> None:
        """Show the fraction done (0 to 1), what is being done and, where known, the seconds left."""
        self._ui.progressBar.value = round(1000 * fraction)
        self._ui.progressBar.format = f"{fraction:.0%}"
        self._ui.progressLabel.text = text if seconds_left is None else f"{text} · {_duration(seconds_left)}"

    def hide(self) -> None:
        """Take the row away."""
        for widget in self._widgets():
            widget.visible = False

    def _widgets(self) -> tuple[Any, ...]:
        return self._ui.progressBar, self._ui.progressLabel, self._ui.cancelButton

    def _on_cancel(self, cancel: Callable[[], None]) -> None:
        self._ui.cancelButton.enabled = False
        self._ui.progressLabel.text = _("Cancelling …")
        cancel()


def _duration(seconds: float) -> str:
    if seconds < 60:
        return _("about {seconds} s left").format(seconds=max(1, round(seconds)))
    return _("about {minutes} min left").format(minutes=round(seconds / 60))
