"""The module ``qt`` as PythonQt offers it, over PySide6.

PySide6's own switch for this (``true_property``) holds per module and cannot be set for the panels from outside;
here the classes themselves turn Qt properties into attributes.
"""

from __future__ import annotations

import ctypes
import sys
import types
from collections import deque
from functools import cache
from typing import Any, ClassVar
from xml.etree import ElementTree

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets


def make_constants_immortal() -> None:
    """Give None, True and False more references than a test run can use up.

    PySide6's binaries take them for immortal, which they are from Python 3.12 on, and give out references that
    they never took; on Python 3.11 the interpreter aborts after some thousand calls.
    """
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 40


def _property_names(kind: Any) -> frozenset[str]:
    """Return the names of the Qt properties of a class, those of its bases included."""
    if kind not in _names:
        meta = kind.staticMetaObject
        names = {meta.property(index).name() for index in range(meta.propertyCount())}
        _names[kind] = frozenset(names - VIRTUAL - HIDDEN_BY_SLOTS)
    return _names[kind]


_names: dict[Any, frozenset[str]] = {}

VIRTUAL = {"sizeHint", "minimumSizeHint"}
"""Properties that are virtual functions: Qt itself asks Python for them and must find a function."""

HIDDEN_BY_SLOTS = {"singleShot"}
"""Properties that PythonQt hides behind a static slot of the same name, and refuses to set (seen in 5.13)."""


def _get_property(thing: Any, name: str) -> Any:
    return QtCore.QObject.property(thing, name)


def _set_property(thing: Any, name: str, value: Any) -> None:
    if not QtCore.QObject.setProperty(thing, name, value):
        raise TypeError(f"'{name}' of {type(thing).__name__} does not take {value!r}")


def _refuse(thing: Any, name: str) -> AttributeError:
    return AttributeError(
        f"'{name}' does not exist on {type(thing).__name__} and "
        "creating new attributes on C++ objects is not allowed"
    )


def _wrapped(value: Any) -> Any:
    """Return what a Qt method returned, in PythonQt's manner if it is a QObject that Qt itself made."""
    if isinstance(value, QtCore.QObject) and not isinstance(value, Checked):
        return Foreign(value)
    if isinstance(value, list):
        return [_wrapped(one) for one in value]
    return value


def _calling(method: Any) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        plain = [one._thing if isinstance(one, Foreign) else one for one in arguments]
        return _wrapped(method(*plain, **named))

    return call


def _finding(thing: Any) -> Any:
    """Return the object's ``findChildren``, which in PythonQt also takes a class by its name."""

    def find(kind: Any, *name: str) -> Any:
        # Qt takes an empty name for that of objects without one.
        if not isinstance(kind, str):
            return _wrapped(QtCore.QObject.findChildren(thing, kind, *name))
        found = QtCore.QObject.findChildren(thing, QtCore.QObject, *name)
        return _wrapped([child for child in found if QtCore.QObject.inherits(child, kind)])

    return find


class Foreign:
    """A QObject that Qt itself made (the header of a table, a layout of a .ui file), in PythonQt's manner."""

    def __init__(self, thing: Any) -> None:
        object.__setattr__(self, "_thing", thing)

    def __getattr__(self, name: str) -> Any:
        if name == "name":
            return self._thing.objectName()
        if name == "findChildren":
            return _finding(self._thing)
        if name in _property_names(type(self._thing)):
            return _get_property(self._thing, name)
        value = getattr(self._thing, name)
        return _calling(value) if type(value) in _METHODS else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _property_names(type(self._thing)):
            raise _refuse(self._thing, name)
        _set_property(self._thing, name, value)


_METHODS = (types.BuiltinMethodType, types.MethodType)


class Checked:
    """PythonQt's manner for QObjects: properties are attributes, and no new attributes are made."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            if name == "name":
                return _get_property(self, "objectName")
            if name == "findChildren":
                return _finding(self)
            if name in _property_names(type(self)):
                return _get_property(self, name)
        value = super().__getattribute__(name)
        return _calling(value) if type(value) is types.BuiltinMethodType else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "name":
            name = "objectName"
        if name in _property_names(type(self)):
            _set_property(self, name, value)
        elif name.startswith("__") or (hasattr(type(self), name) and not callable(getattr(type(self), name))):
            # PySide's own notes, and the private attributes that stand-ins declare for themselves.
            super().__setattr__(name, value)
        elif not UiLoader.loading:
            # PySide sets every named child of a .ui file as an attribute, which PythonQt does not.
            raise _refuse(self, name)


class UiLoader(QtUiTools.QUiLoader):
    """Qt's loader of .ui files, making the widgets of this host and the connections to ``setMRMLScene``."""

    loading = False

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def createWidget(self, class_name: str, parent: Any = None, name: str = "") -> Any:
        widget = CLASSES[class_name](parent)
        QtCore.QObject.setProperty(widget, "objectName", name)
        self._made[name] = widget
        return widget

    def load(self, file: Any) -> Any:
        text, connections = _scene_connections_apart(bytes(file.readAll().data()).decode())
        buffer = QtCore.QBuffer()
        buffer.setData(text.encode())
        buffer.open(QtCore.QIODevice.ReadOnly)
        UiLoader.loading = True
        try:
            widget = super().load(buffer)
        finally:
            UiLoader.loading = False
        for sender, receiver in connections:
            self._made[sender].mrmlSceneChanged.connect(self._made[receiver].setMRMLScene)
        return widget


@cache
def _scene_connections_apart(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a .ui text without its connections of ``vtkMRMLScene*``, which only the application's Qt knows.

    Args:
        text: The .ui file.

    Returns:
        The text without them, and their senders and receivers.
    """
    root = ElementTree.fromstring(text)
    connections = root.find("connections")
    apart = [one for one in connections if _is_scene_connection(one)] if connections is not None else []
    for connection in apart:
        connections.remove(connection)
    ends = tuple((one.findtext("sender"), one.findtext("receiver")) for one in apart)
    return ElementTree.tostring(root, encoding="unicode"), ends


def _is_scene_connection(connection: Any) -> bool:
    return (
        connection.findtext("signal") == "mrmlSceneChanged(vtkMRMLScene*)"
        and connection.findtext("slot") == "setMRMLScene(vtkMRMLScene*)"
    )


class FileDialog(Checked, QtWidgets.QFileDialog):
    """File dialogs that take the answers laid ready by a test; one that nobody would answer is an error."""

    answers: ClassVar[deque[Any]] = deque()

    @classmethod
    def _answer(cls, question: str) -> Any:
        if not cls.answers:
            raise RuntimeError(f"A file dialog was opened ({question}) that the test did not expect.")
        return cls.answers.popleft()

    @classmethod
    def getExistingDirectory(cls, parent: Any = None, caption: str = "", directory: str = "") -> str:
        return str(cls._answer(caption))

    @classmethod
    def getOpenFileNames(
        cls,
        parent: Any = None,
        caption: str = "",
        directory: str = "",
        filter: str = "",  # noqa: A002
    ) -> list[str]:
        return [str(path) for path in cls._answer(caption)]

    @classmethod
    def getSaveFileName(
        cls,
        parent: Any = None,
        caption: str = "",
        directory: str = "",
        filter: str = "",  # noqa: A002
    ) -> str:
        return str(cls._answer(caption))


class DesktopServices:
    """What was opened in the system's browser, kept for the test to read."""

    opened: ClassVar[list[str]] = []

    @classmethod
    def openUrl(cls, url: Any) -> bool:
        cls.opened.append(url.toString())
        return True


CLASSES: dict[str, Any] = {}
"""QObject classes by name; a .ui file may use the widgets among them."""


def make_module() -> types.ModuleType:
    """Return the module ``qt``: the classes of Qt core, GUI and widgets in one namespace."""
    module = types.ModuleType("qt", __doc__)
    for part in (QtCore, QtGui, QtWidgets):
        for name in dir(part):
            if not name.startswith("Q"):
                continue
            thing = getattr(part, name)
            if isinstance(thing, type) and issubclass(thing, QtCore.QObject):
                thing = type(name, (Checked, thing), {})
                CLASSES[name] = thing
            setattr(module, name, thing)
    module.QUiLoader = UiLoader  # type: ignore[attr-defined]
    module.QFileDialog = FileDialog  # type: ignore[attr-defined]
    module.QDesktopServices = DesktopServices  # type: ignore[attr-defined]
    return module
