"""A line of a form that names a file: its name, a button that chooses one, a button that takes it away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt


class FileRow:
    """Works in the widgets ``<base>NameLabel``, ``<base>Edit``, ``<base>Button`` and ``<base>ClearButton``.

    Args:
        ui: The panel's widgets.
        base: Begin of the widgets' names.
        wanted: Filter of the file dialog.
        changed: Gets the path of a chosen file; empty where it was taken away.
    """

    def __init__(self, ui: Any, base: str, wanted: str, changed: Callable[[str], None]) -> None:
        self.label, self.edit = getattr(ui, f"{base}NameLabel"), getattr(ui, f"{base}Edit")
        self.button, self.clear = getattr(ui, f"{base}Button"), getattr(ui, f"{base}ClearButton")
        self._tip = self.edit.toolTip
        self._wanted, self._changed = wanted, changed
        self.button.clicked.connect(lambda: self._on_choose())
        self.clear.clicked.connect(lambda: changed(""))

    def show(self, path: str) -> None:
        """Show the file at hand."""
        self.edit.text = Path(path).name if path else ""
        self.edit.toolTip = path or self._tip
        self.clear.enabled = bool(path)

    def _on_choose(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(self.button, self.label.text, "", self._wanted)
        if files:
            self._changed(str(next(iter(files))))


def stamp(path: str) -> tuple[Any, ...]:
    """Return what changes when a file does."""
    file = Path(path)
    return (path, file.stat().st_mtime_ns if path and file.is_file() else None)
