"""The part of ``slicer.parameterNodeWrapper`` that the module uses: typed fields over a real MRML node."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any

import slicer
import vtk
from PySide6 import QtWidgets

from .mrml_widgets import qMRMLNodeComboBox


def _is_node(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode)


def _read(node: Any, name: str, kind: Any) -> Any:
    if _is_node(kind):
        return node.GetNodeReference(name)
    text = node.GetParameter(name)
    return text == "true" if kind is bool else kind(text)


def _write(node: Any, name: str, kind: Any, value: Any) -> None:
    if _is_node(kind):
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)
    else:
        node.SetParameter(name, str(value).lower() if kind is bool else str(kind(value)))


class _Connector:
    """One widget bound to one field: how to read it, write it, and hear of its changes."""

    def __init__(self, widget: Any, changed: Callable[[], None]) -> None:
        self.widget = widget
        self.changed = changed
        self.signal = {
            QtWidgets.QLineEdit: "textChanged",
            QtWidgets.QCheckBox: "toggled",
            QtWidgets.QSpinBox: "valueChanged",
            QtWidgets.QDoubleSpinBox: "valueChanged",
            qMRMLNodeComboBox: "currentNodeIDChanged",
        }[next(kind for kind in type(widget).__mro__ if kind in _READERS)]
        getattr(widget, self.signal).connect(self._slot)

    def _slot(self, *arguments: Any) -> None:
        self.changed()

    def disconnect(self) -> None:
        getattr(self.widget, self.signal).disconnect(self._slot)

    def read(self) -> Any:
        return next(_READERS[k] for k in type(self.widget).__mro__ if k in _READERS)[0](self.widget)

    def write(self, value: Any) -> None:
        next(_READERS[k] for k in type(self.widget).__mro__ if k in _READERS)[1](self.widget, value)


_READERS: dict[Any, Any] = {
    QtWidgets.QLineEdit: (lambda w: w.text, lambda w, v: setattr(w, "text", v) if w.text != v else None),
    QtWidgets.QCheckBox: (lambda w: w.checked, lambda w, v: setattr(w, "checked", v)),
    QtWidgets.QSpinBox: (lambda w: w.value, lambda w, v: setattr(w, "value", v)),
    QtWidgets.QDoubleSpinBox: (lambda w: w.value, lambda w, v: setattr(w, "value", v)),
    qMRMLNodeComboBox: (lambda w: w.currentNode(), lambda w, v: w.setCurrentNode(v)),
}


def parameterNodeWrapper(owner: Any) -> Any:
    """Turn a class of annotated fields into a wrapper of a ``vtkMRMLScriptedModuleNode``."""
    kinds = typing.get_type_hints(owner)
    defaults = {name: getattr(owner, name, None) for name in kinds}

    def initialise(self: Any, node: Any, prefix: str | None = None) -> None:
        self.parameterNode = node
        self._connections: dict[int, Any] = {}
        for name, kind in kinds.items():
            if not _is_node(kind) and not node.GetParameter(name):
                _write(node, name, kind, kind() if defaults[name] is None else defaults[name])

    def connect_gui(self: Any, ui: Any) -> int:
        connectors: dict[str, _Connector] = {}
        updating = [False]

        def from_gui(name: str) -> Callable[[], None]:
            def changed() -> None:
                if not updating[0]:
                    setattr(self, name, connectors[name].read())

            return changed

        def to_gui(caller: Any = None, event: Any = None) -> None:
            if updating[0]:
                return
            updating[0] = True
            try:
                for name, connector in connectors.items():
                    connector.write(getattr(self, name))
            finally:
                updating[0] = False

        for widget in vars(ui).values():
            name = widget.property("SlicerParameterName")
            if name:
                if name not in kinds:
                    raise ValueError(f"Cannot find a param with the given name: {name}")
                connectors[name] = _Connector(widget, from_gui(name))
        to_gui()
        tag = len(self._connections) + 1
        observer = self.parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, to_gui)
        self._connections[tag] = (connectors, observer)
        return tag

    def disconnect_gui(self: Any, tag: int | None) -> None:
        if tag in self._connections:
            connectors, observer = self._connections.pop(tag)
            for connector in connectors.values():
                connector.disconnect()
            self.parameterNode.RemoveObserver(observer)

    for name, kind in kinds.items():
        setattr(
            owner,
            name,
            property(
                lambda self, name=name, kind=kind: _read(self.parameterNode, name, kind),
                lambda self, value, name=name, kind=kind: _write(self.parameterNode, name, kind, value),
            ),
        )
    owner.__init__ = initialise
    owner.connectGui = connect_gui
    owner.disconnectGui = disconnect_gui
    owner.AddObserver = lambda self, event, call, priority=0.0: self.parameterNode.AddObserver(
        event, call, priority
    )
    owner.RemoveObserver = lambda self, tag: self.parameterNode.RemoveObserver(tag)
    owner.StartModify = lambda self: self.parameterNode.StartModify()
    owner.EndModify = lambda self, modified: self.parameterNode.EndModify(modified)
    return owner


def make_module() -> types.ModuleType:
    """Return the module ``slicer.parameterNodeWrapper``."""
    module = types.ModuleType("slicer.parameterNodeWrapper", __doc__)
    module.parameterNodeWrapper = parameterNodeWrapper  # type: ignore[attr-defined]
    return module
