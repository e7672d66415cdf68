"""The base classes of a scripted module, translation and packages, as ``slicer`` has them in the application."""

from __future__ import annotations

import importlib
import importlib.metadata
import types
import unittest
from pathlib import Path
from typing import Any

import slicer

from . import pythonqt
from .mrml_widgets import qSlicerScriptedLoadableModuleWidget


class ScriptedLoadableModule:
    """Describes a module to the application."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__


class ScriptedLoadableModuleWidget:
    """Base of a module's widget: the parent with its layout, and the path of the resources."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Widget")
        if parent is None:
            parent = qSlicerScriptedLoadableModuleWidget()
            parent.setLayout(pythonqt.CLASSES["QVBoxLayout"]())
            parent.setMRMLScene(slicer.mrmlScene)
        self.parent = parent
        self.layout = parent.layout()

    def resourcePath(self, filename: str) -> str:
        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / filename)

    def setup(self) -> None:
        """Nothing: the reload section of developers is the application's."""

    def cleanup(self) -> None:
        """To be overridden."""


class ScriptedLoadableModuleLogic:
    """Base of a module's logic, with its singleton parameter node."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self) -> Any:
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
            node.UnRegister(None)
            node.SetSingletonTag(self.moduleName)
            node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
            node = slicer.mrmlScene.AddNode(node)
        node.SetAttribute("ModuleName", self.moduleName)
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """Base of a module's self-test."""

    def runTest(self) -> None:
        """To be overridden."""

    def delayDisplay(self, message: str, requestedDelay: Any = None, msec: Any = None) -> None:
        slicer.app.processEvents()


def scripted_module() -> types.ModuleType:
    """Return the module ``slicer.ScriptedLoadableModule``."""
    module = types.ModuleType("slicer.ScriptedLoadableModule", __doc__)
    for kind in (
        ScriptedLoadableModule,
        ScriptedLoadableModuleWidget,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
    ):
        setattr(module, kind.__name__, kind)
    return module


def translation_module() -> types.ModuleType:
    """Return the module ``slicer.i18n``: texts stay as they are."""
    module = types.ModuleType("slicer.i18n")
    module.tr = lambda text, context=None: text  # type: ignore[attr-defined]
    module.translate = lambda context, text: text  # type: ignore[attr-defined]
    return module


def packaging_module() -> types.ModuleType:
    """Return the module ``slicer.packaging``: a missing package is what the user declined to install."""
    from packaging.requirements import Requirement

    def load_requirements(path: str | Path) -> list[Requirement]:
        lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
        return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]

    def pip_ensure(requirements: list[Requirement], requester: str | None = None, **options: Any) -> None:
        for requirement in requirements:
            if requirement.marker is not None and not requirement.marker.evaluate():
                continue
            try:
                version = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                version = None
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                raise RuntimeError(f"User declined package installation: {requirement}")

    module = types.ModuleType("slicer.packaging")
    module.load_requirements = load_requirements  # type: ignore[attr-defined]
    module.pip_ensure = pip_ensure  # type: ignore[attr-defined]
    return module
