"""A real MRML scene without the desktop application, on the slicer-core wheel.

Library functions that work on nodes need what the application sets up at its start: a scene in
``slicer.mrmlScene``, the module logics that register node classes, converters and colours, and
``slicer.modules.<name>.logic()``. Inside the application all that stands already, and only this extension's
terminology is loaded.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from MuscleMyopathyLib.errors import InputError, MissingPackageError
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.terminology import CONTEXT_NAME, FILE_NAME

try:
    import slicer
    import vtk
except ImportError as error:
    raise MissingPackageError(
        "A MRML scene needs 3D Slicer or its libraries. Run inside 3D Slicer, or install them with "
        "'pip install muscle-myopathy[scene]'."
    ) from error

# Colours come before volumes, whose display nodes look for their default colour table.
_MODULE_LOGICS = {
    "colors": "vtkSlicerColorLogic",
    "units": "vtkSlicerUnitsLogic",
    "terminologies": "vtkSlicerTerminologiesModuleLogic",
    "subjecthierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "transforms": "vtkSlicerTransformLogic",
    "volumes": "vtkSlicerVolumesLogic",
    "segmentations": "vtkSlicerSegmentationsModuleLogic",
    "tables": "vtkSlicerTablesLogic",
    "plots": "vtkSlicerPlotsLogic",
    "texts": "vtkSlicerTextsLogic",
}

# What the scene points to without owning must outlive the call that made it.
_alive: dict[str, Any] = {}


def start_headless_scene() -> Any:
    """Make the scene and all that its nodes need, once; later calls return the same scene.

    Where a scene exists already (in the application), it is left as it is and only the terminology is loaded.

    Returns:
        The ``vtkMRMLScene``, which is also ``slicer.mrmlScene``.

    Raises:
        MissingPackageError: Neither 3D Slicer nor the slicer-core wheel is there (at import).
        InputError: The shipped terminology cannot be loaded.
    """
    if getattr(slicer, "mrmlScene", None) is None:
        slicer.mrmlScene = _make_scene()
        atexit.register(_close_scene)
    load_terminology()
    return slicer.mrmlScene


def current_scene(scene: Any = None) -> Any:
    """Return the given scene, else ``slicer.mrmlScene``, else a new headless scene."""
    if scene is not None:
        return scene
    return getattr(slicer, "mrmlScene", None) or start_headless_scene()


def load_terminology() -> None:
    """Load this extension's terminology into the terminologies logic, unless it is loaded.

    Raises:
        InputError: The shipped file is refused.
    """
    logic = slicer.modules.terminologies.logic()
    if logic.IsTerminologyContextLoaded(CONTEXT_NAME):
        return
    path = resource("Terminologies", FILE_NAME)
    if logic.LoadTerminologyFromFile(str(path)) != CONTEXT_NAME:
        raise InputError(f"Slicer cannot read the terminology {path}. Install the extension again.")


def _make_scene() -> Any:
    scene = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)

    # Reading an .mrb unpacks it in the cache folder.
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.SetMRMLScene(scene)
    remote.AddDataIOToScene()
    cache = tempfile.mkdtemp(prefix="muscle-myopathy-")
    scene.GetCacheManager().SetRemoteCacheDirectory(cache)
    application.SetTemporaryPath(cache)

    if not hasattr(slicer, "modules"):
        slicer.modules = SimpleNamespace()
    logics = {}
    # The wheel ships neither colour files nor the default terminologies that two of the logics look for.
    with _warnings_off():
        for name, class_name in _MODULE_LOGICS.items():
            logic = getattr(slicer, class_name)()
            logic.SetMRMLApplicationLogic(application)
            logic.SetMRMLScene(scene)
            application.SetModuleLogic(name, logic)
            logics[name] = logic
            if not hasattr(slicer.modules, name):
                setattr(slicer.modules, name, SimpleNamespace(name=name, logic=lambda logic=logic: logic))
    application.SetColorLogic(logics["colors"])
    _alive.update(application=application, remote=remote, logics=logics, cache=cache)
    return scene


@contextmanager
def _warnings_off() -> Iterator[None]:
    before = vtk.vtkObject.GetGlobalWarningDisplay()
    vtk.vtkObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        vtk.vtkObject.SetGlobalWarningDisplay(before)


def _close_scene() -> None:
    # A logic that loses its scene looks for the next one's default files and says that there is none.
    with _warnings_off():
        slicer.mrmlScene.Clear(True)
        for logic in reversed(list(_alive["logics"].values())):
            logic.SetMRMLScene(None)
        _alive["remote"].RemoveDataIOFromScene()
        _alive["application"].SetMRMLScene(None)
    shutil.rmtree(_alive["cache"], ignore_errors=True)
    _alive.clear()
    slicer.mrmlScene = None
