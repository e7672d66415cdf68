"""Start the stand-in host once per process, and open a scripted module in it."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_host: dict[str, Any] = {}


def start() -> Any:
    """Make the application, the scene and the modules that the panels import; return ``slicer.app``."""
    if "app" in _host:
        return _host["app"]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

    from MuscleMyopathyLib.scene import headless

    scene = headless.start_headless_scene()
    import slicer

    from . import ctk_widgets, mrml_widgets, parameter_nodes, pythonqt, scripted_modules
    from .application import Application

    pythonqt.make_constants_immortal()
    sys.modules["qt"] = qt = pythonqt.make_module()
    sys.modules["ctk"] = ctk_widgets.make_module()
    for name, widget in mrml_widgets.widgets().items():
        setattr(slicer, name, widget)
    for name, module in (
        ("ScriptedLoadableModule", scripted_modules.scripted_module()),
        ("i18n", scripted_modules.translation_module()),
        ("packaging", scripted_modules.packaging_module()),
        ("parameterNodeWrapper", parameter_nodes.make_module()),
    ):
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    application = qt.QApplication.instance() or qt.QApplication(["host"])
    qt.QApplication.setStyle("Fusion")
    application_logic = slicer.modules.volumes.logic().GetMRMLApplicationLogic()
    slicer.app = Application(application, scene, application_logic)
    _host.update(app=slicer.app, application=application)
    # After the scene's own handler, hence run before it: widgets and logics let go of a scene that still stands.
    atexit.register(_stop)
    return slicer.app


def _stop() -> None:
    for widget in _host["application"].allWidgets():
        if hasattr(widget, "setMRMLScene"):
            widget.setMRMLScene(None)
    _host["app"].layoutManager().close()


def open_module(path: Path) -> Any:
    """Load a scripted module's file as the application's factory does, and show its widget.

    Returns:
        The module's widget, set up and entered.
    """
    import slicer

    name = path.stem
    setattr(slicer.modules, name.lower(), SimpleNamespace(name=name, path=str(path)))
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    if name not in sys.modules:
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
    module = sys.modules[name]
    parent = SimpleNamespace(path=str(path))
    getattr(module, name)(parent)
    widget = getattr(module, f"{name}Widget")()
    widget.setup()
    enter(widget)
    return widget


def close_module(widget: Any) -> None:
    """Unload the module as the application does: its widgets are gone, and see nothing more of the scene."""
    from PySide6 import QtCore, QtWidgets
    from shiboken6 import Shiboken

    leave(widget)
    widget.cleanup()
    for part in (widget.parent, *QtCore.QObject.findChildren(widget.parent, QtWidgets.QWidget)):
        if hasattr(part, "setMRMLScene"):
            # Qt's own destructors tell nobody of the scene that they let go of.
            part.blockSignals(True)
            part.setMRMLScene(None)
    widget.parent.close()
    Shiboken.delete(widget.parent)


def enter(widget: Any) -> None:
    """Show the module's widget, as the module selector does."""
    widget.parent._entered = True
    widget.enter()
    widget.parent.show()
    process_events()


def leave(widget: Any) -> None:
    """Show another module."""
    widget.parent._entered = False
    widget.exit()
    process_events()


def process_events() -> None:
    """Let Qt handle what waits."""
    import slicer

    slicer.app.processEvents()
