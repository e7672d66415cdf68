"""Colour tables of maps, in colours that colour-blind people tell apart: fat fraction, and T2."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import slicer

from MuscleMyopathyLib.scene.headless import current_scene

FAT_FRACTION_COLORS_NAME = "Fat fraction (%)"
TIME_COLORS_NAME = "T2"

# Viridis (Smith and van der Walt, CC0) at nine even steps: its lightness rises evenly, so it reads the same
# with any colour vision and in grey print.
_VIRIDIS = np.array(
    [
        (68, 1, 84),
        (71, 45, 123),
        (59, 82, 139),
        (44, 114, 142),
        (33, 145, 140),
        (40, 174, 128),
        (94, 201, 98),
        (173, 220, 48),
        (253, 231, 37),
    ]
)


# Inferno, by the same authors: told from a fat-fraction map at a glance.
_INFERNO = np.array(
    [
        (0, 0, 4),
        (33, 12, 74),
        (87, 16, 110),
        (138, 34, 106),
        (188, 55, 84),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ]
)


def fat_fraction_colors(scene: Any = None) -> Any:
    """Return the colour table of fat-fraction maps (``vtkMRMLColorTableNode``), made where it is missing."""
    names = [f"{index / 2.55:.0f} %" for index in range(256)]
    return _table(FAT_FRACTION_COLORS_NAME, "Viridis from 0 to 100 % fat.", _VIRIDIS, names, scene)


def time_colors(scene: Any = None) -> Any:
    """Return the colour table of T2 maps (``vtkMRMLColorTableNode``), made where it is missing."""
    names = [f"{index / 2.55:.0f} % of the window" for index in range(256)]
    return _table(TIME_COLORS_NAME, "Inferno over the window of a T2 map.", _INFERNO, names, scene)


def _table(name: str, description: str, stops: npt.NDArray[np.integer], names: list[str], scene: Any) -> Any:
    scene = current_scene(scene)
    node = scene.GetFirstNode(name, "vtkMRMLColorTableNode")
    if node is not None:
        return node
    node = slicer.vtkMRMLColorTableNode()
    node.SetName(name)
    node.SetDescription(description)
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    steps = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(steps, np.arange(len(stops)), stops[:, c]) / 255 for c in range(3)]
    for index, (text, red, green, blue) in enumerate(zip(names, *channels, strict=True)):
        node.SetColor(index, text, red, green, blue, 1.0)
    return scene.AddNode(node)
