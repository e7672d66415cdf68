"""A part of a panel in a file of its own: it works in the panel's widgets and speaks in the panel's strip."""

from __future__ import annotations

from typing import Any


class PanelPart:
    """What the parts of the panels have in common.

    Args:
        module: The module's widget, for its parameter node.
        ui: The panel's widgets.
        messages: The panel's message strip.
    """

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        self._module = module
        self.ui = ui
        self.messages = messages

    @property
    def node(self) -> Any:
        """The parameter node; None while there is no scene."""
        return self._module.parameterNode
