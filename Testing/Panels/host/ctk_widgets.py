"""The module ``ctk``: the few CTK widgets that the panels use."""

from __future__ import annotations

import types
from typing import Any

from PySide6 import QtCore, QtWidgets

from . import pythonqt

TITLE_HEIGHT = 24


class ctkCollapsibleButton(pythonqt.Checked, QtWidgets.QWidget):  # noqa: N801
    """A titled section that folds its contents away."""

    contentsCollapsed = QtCore.Signal(bool)
    _collapsed = False
    _text = ""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.contentsMargins = QtCore.QMargins(0, TITLE_HEIGHT, 0, 0)

    def _get_text(self) -> str:
        return self._text

    def _set_text(self, text: str) -> None:
        self._text = text
        self.update()

    text = QtCore.Property(str, _get_text, _set_text)

    def _get_collapsed(self) -> bool:
        return self._collapsed

    def _set_collapsed(self, collapsed: bool) -> None:
        self._collapsed = collapsed
        self._apply()
        self.contentsCollapsed.emit(collapsed)

    collapsed = QtCore.Property(bool, _get_collapsed, _set_collapsed)

    def _apply(self) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                child.visible = not self._collapsed
        self.maximumHeight = TITLE_HEIGHT if self._collapsed else 16777215
        self.minimumHeight = TITLE_HEIGHT

    def showEvent(self, event: Any) -> None:
        self._apply()

    def mousePressEvent(self, event: Any) -> None:
        if event.position().y() < TITLE_HEIGHT:
            self.collapsed = not self._collapsed

    def paintEvent(self, event: Any) -> None:
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.rect = QtCore.QRect(0, 0, self.width, TITLE_HEIGHT - 2)
        option.text = ("▸  " if self._collapsed else "▾  ") + self._text
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButton, option)


def make_module() -> types.ModuleType:
    """Return the module ``ctk``."""
    module = types.ModuleType("ctk", __doc__)
    module.ctkCollapsibleButton = ctkCollapsibleButton  # type: ignore[attr-defined]
    pythonqt.CLASSES["ctkCollapsibleButton"] = ctkCollapsibleButton
    return module
