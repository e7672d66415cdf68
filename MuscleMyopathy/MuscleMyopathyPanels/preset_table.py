"""The parameters of a method as an editable table; a value that the method refuses is not taken."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, get_type_hints

import qt
import yaml
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.parameters import from_mapping, to_mapping


class PresetTable:
    """Shows a parameter dataclass, of dataclasses or of values, one row per parameter.

    Args:
        table: The QTableWidget.
        parameters: The values to begin with, which are also the defaults.
        hidden: Parameters (``group.name``) that the panel shows elsewhere.
        refused: Called with the words of the refusal when a value is not taken.
        changed: Called with the parameters when a value is taken.
    """

    def __init__(
        self,
        table: Any,
        parameters: Any,
        hidden: Collection[str],
        refused: Callable[[str], None],
        changed: Callable[[Any], None],
    ) -> None:
        self._table = table
        self._kind = type(parameters)
        self._refused, self._changed = refused, changed
        self._names = [name for name in flatten(to_mapping(parameters)) if name not in hidden]
        self._filling = False
        table.columnCount = 2
        table.setHorizontalHeaderLabels([_("Parameter"), _("Value")])
        table.rowCount = len(self._names)
        table.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Stretch)
        table.verticalHeader().visible = False
        table.tabKeyNavigation = False
        help_texts = parameter_help(self._kind)
        for row, name in enumerate(self._names):
            label = qt.QTableWidgetItem(name.rpartition(".")[2].replace("_", " "))
            label.setFlags(qt.Qt.ItemIsEnabled)
            label.setToolTip(help_texts.get(name, name))
            table.setItem(row, 0, label)
            table.setItem(row, 1, qt.QTableWidgetItem(""))
        self.show(parameters)
        self._slot = self._on_changed
        table.cellChanged.connect(self._slot)

    def close(self) -> None:
        """Let go of the table, for another method's parameters."""
        self._table.cellChanged.disconnect(self._slot)

    def show(self, parameters: Any) -> None:
        """Show these values."""
        self._filling = True
        self.parameters = parameters
        values = flatten(to_mapping(parameters))
        for row, name in enumerate(self._names):
            self._table.item(row, 1).setText(str(values[name]))
        self._filling = False

    def _on_changed(self, row: int, column: int) -> None:
        if self._filling or column != 1:
            return
        values = to_mapping(self.parameters)
        group, _separator, name = self._names[row].rpartition(".")
        target = values
        for part in filter(None, group.split(".")):
            target = target[part]
        try:
            target[name] = yaml.safe_load(self._table.item(row, 1).text())
            parameters = from_mapping(self._kind, values)
        except (ParameterError, yaml.YAMLError) as error:
            self.show(self.parameters)
            self._refused(str(error))
            return
        self.show(parameters)
        self._changed(parameters)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values under names such as ``compartments.closing_mm``."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def parameter_help(kind: type) -> dict[str, str]:
    """Return what each parameter is, from the ``Attributes`` of the docstring of its dataclass."""
    texts: dict[str, str] = {}
    groups = {"": kind, **{f"{group}.": hint for group, hint in get_type_hints(kind).items()}}
    for group, described in groups.items():
        attributes = (inspect.getdoc(described) or "").partition("Attributes:")[2]
        for name, text in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", attributes, flags=re.MULTILINE):
            texts[f"{group}{name}"] = re.sub(r"\s+", " ", text)
    return texts
