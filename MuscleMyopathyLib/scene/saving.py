"""A scene as one .mrb file, written whole or not at all, in the application and without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.output import replacing
from MuscleMyopathyLib.scene.headless import current_scene

SUFFIX = ".mrb"


def save_scene(path: Path, scene: Any = None) -> Path:
    """Save a scene as a medical reality bundle.

    Args:
        path: File to write, ending in ``.mrb``; an existing one is replaced once the new one is whole.
        scene: By default the current one.

    Returns:
        The path.

    Raises:
        OutputError: The file cannot be written, or its name does not end in .mrb.
    """
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        raise OutputError(f"{path} is no name for a scene: choose one that ends in {SUFFIX}.")
    scene = current_scene(scene)
    with replacing(path) as temporary:
        messages = slicer.vtkMRMLMessageCollection()
        if not scene.WriteToMRB(str(temporary), None, messages) or not temporary.is_file():
            said = messages.GetAllMessagesAsString() or "Slicer gave no reason"
            raise OutputError(f"The scene cannot be saved as {path}: {said}. Save it in another folder.")
    return path


def load_scene(path: Path, scene: Any = None) -> Any:
    """Replace what is in a scene by what is in a file.

    Args:
        path: An ``.mrb`` file.
        scene: By default the current one.

    Returns:
        The scene.

    Raises:
        InputError: There is no such file, or it is no scene.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no scene file {path}.")
    scene = current_scene(scene)
    messages = slicer.vtkMRMLMessageCollection()
    if not scene.ReadFromMRB(str(path), True, messages):
        said = messages.GetAllMessagesAsString() or "it is no .mrb file, or it is damaged"
        raise InputError(f"The scene {path} cannot be loaded: {said}.")
    return scene
