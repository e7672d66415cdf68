"""The message strip of a panel: one information, warning or error, with details on demand."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

ICON_SIZE = 18


class MessageStrip:
    """A strip that is hidden while there is nothing to say. It takes no focus and blocks nothing.

    Args:
        layout: The layout to which the strip is added.
    """

    def __init__(self, layout: Any) -> None:
        self.frame = qt.QFrame()
        self.frame.objectName = "messageStrip"
        self.frame.frameShape = qt.QFrame.StyledPanel
        rows = qt.QVBoxLayout(self.frame)
        rows.setContentsMargins(6, 4, 6, 4)
        row = qt.QHBoxLayout()
        rows.addLayout(row)
        self._icon = qt.QLabel()
        self._icon.alignment = qt.Qt.AlignTop
        self.label = qt.QLabel()
        self.label.objectName = "messageLabel"
        self.label.wordWrap = True
        self.label.textInteractionFlags = qt.Qt.TextSelectableByMouse
        self.label.sizePolicy = qt.QSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Preferred)
        self.detailsButton = _tool_button("detailsButton", _("Details"), _("Show what is known beyond this line."))
        self.detailsButton.checkable = True
        self.detailsButton.toggled.connect(self._show_details)
        self.closeButton = _tool_button("closeButton", "×", _("Take this message away."))
        self.closeButton.clicked.connect(lambda: self.clear())
        row.addWidget(self._icon)
        row.addWidget(self.label, 1)
        row.addWidget(self.detailsButton, 0, qt.Qt.AlignTop)
        row.addWidget(self.closeButton, 0, qt.Qt.AlignTop)
        self.details = qt.QPlainTextEdit()
        self.details.objectName = "messageDetails"
        self.details.readOnly = True
        self.details.maximumHeight = 140
        rows.addWidget(self.details)
        layout.addWidget(self.frame)
        self.clear()

    def info(self, text: str, details: str = "") -> None:
        """Say something that went well or that is good to know."""
        self._show(text, details, qt.QStyle.SP_MessageBoxInformation)

    def warning(self, text: str, details: str = "") -> None:
        """Say that the result needs a second look."""
        self._show(text, details, qt.QStyle.SP_MessageBoxWarning)

    def error(self, text: str, details: str = "") -> None:
        """Say what failed and what to do."""
        self._show(text, details, qt.QStyle.SP_MessageBoxCritical)

    def clear(self) -> None:
        """Take the message away."""
        self.label.text = ""
        self.frame.visible = False

    def _show(self, text: str, details: str, icon: Any) -> None:
        self._icon.pixmap = slicer.app.style().standardIcon(icon).pixmap(ICON_SIZE, ICON_SIZE)
        self.label.text = text
        self.details.plainText = details
        self.detailsButton.visible = bool(details)
        self.detailsButton.checked = False
        self.details.visible = False
        self.frame.visible = True

    def _show_details(self, checked: bool) -> None:
        self.details.visible = checked


def _tool_button(name: str, text: str, tool_tip: str) -> Any:
    button = qt.QToolButton()
    button.objectName = name
    button.text = text
    button.toolTip = tool_tip
    button.autoRaise = True
    return button
