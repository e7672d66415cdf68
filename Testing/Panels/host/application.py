"""Stand-ins of ``slicer.app`` and its layout manager: what the panels ask the application for."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace
from typing import Any

import slicer
from PySide6 import QtCore, QtWidgets

from . import pythonqt


class LayoutManager:
    """The layout node and slice logics of the real scene, under the application's names."""

    def __init__(self, scene: Any, application_logic: Any) -> None:
        self._scene = scene
        self._application_logic = application_logic
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLScene(scene)
        self._slices: dict[str, Any] = {}
        self.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)

    @property
    def layout(self) -> int:
        return int(self._logic.GetLayoutNode().GetViewArrangement())

    def setLayout(self, layout: int) -> None:
        self._logic.GetLayoutNode().SetViewArrangement(layout)
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            name = node.GetLayoutName()
            if name not in self._slices:
                logic = slicer.vtkMRMLSliceLogic()
                logic.SetMRMLApplicationLogic(self._application_logic)
                logic.SetMRMLScene(self._scene)
                logic.SetSliceNode(node)
                self._slices[name] = logic

    def close(self) -> None:
        """Let go of the scene before it is closed."""
        for logic in self._slices.values():
            logic.SetSliceNode(None)
            logic.SetMRMLScene(None)
        self._slices.clear()
        self._logic.SetMRMLScene(None)

    @property
    def threeDViewCount(self) -> int:
        """None: 3D views need the application's rendering."""
        return 0

    def layoutLogic(self) -> Any:
        return self._logic

    def resetSliceViews(self) -> None:
        for logic in self._slices.values():
            logic.FitSliceToBackground()

    def sliceViewNames(self) -> list[str]:
        return sorted(self._slices)

    def mrmlSliceLogics(self) -> Any:
        import vtk

        collection = vtk.vtkCollection()
        for logic in self._slices.values():
            collection.AddItem(logic)
        return collection

    def sliceWidget(self, name: str) -> Any:
        logic = self._slices[name]
        return SimpleNamespace(sliceLogic=lambda: logic, mrmlSliceNode=logic.GetSliceNode)


class Application:
    """``slicer.app`` over the QApplication of the tests."""

    def __init__(self, qt_application: Any, scene: Any, application_logic: Any) -> None:
        self._qt = qt_application
        self._layout = LayoutManager(scene, application_logic)
        self._application_logic = application_logic
        self._folder = tempfile.TemporaryDirectory(prefix="host-")
        self._settings_file = pythonqt.CLASSES["QSettings"](
            f"{self._folder.name}/settings.ini", QtCore.QSettings.Format.IniFormat
        )

    @property
    def temporaryPath(self) -> str:
        return self._folder.name

    def layoutManager(self) -> LayoutManager:
        return self._layout

    def applicationLogic(self) -> Any:
        return self._application_logic

    def processEvents(self) -> None:
        self._qt.processEvents()

    def startupEnvironment(self) -> Any:
        return QtCore.QProcessEnvironment.systemEnvironment()

    def userSettings(self) -> Any:
        return self._settings_file

    def settings(self) -> Any:
        return self._settings_file

    def style(self) -> Any:
        return QtWidgets.QApplication.style()

    def testingEnabled(self) -> bool:
        return True

    def setOverrideCursor(self, cursor: Any) -> None:
        self._qt.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        self._qt.restoreOverrideCursor()

    def moduleManager(self) -> Any:
        return SimpleNamespace(connect=lambda *a: True, disconnect=lambda *a: True)
