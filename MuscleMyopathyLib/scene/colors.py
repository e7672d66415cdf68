"""Colour tables of maps: fat fraction from 0 to 100 % in colours that colour-blind people tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from MuscleMyopathyLib.scene.headless import current_scene

FAT_FRACTION_COLORS_NAME = "Fat fraction (%)"

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


def fat_fraction_colors(scene: Any = None) -> Any:
    """Return the colour table of fat-fraction maps (``vtkMRMLColorTableNode``), made where it is missing."""
    scene = current_scene(scene)
    node = scene.GetFirstNode(FAT_FRACTION_COLORS_NAME, "vtkMRMLColorTableNode")
    if node is not None:
        return node
    node = slicer.vtkMRMLColorTableNode()
    node.SetName(FAT_FRACTION_COLORS_NAME)
    node.SetDescription("Viridis from 0 to 100 % fat.")
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    steps = np.linspace(0, len(_VIRIDIS) - 1, 256)
    channels = [np.interp(steps, np.arange(len(_VIRIDIS)), _VIRIDIS[:, c]) / 255 for c in range(3)]
    for index, (red, green, blue) in enumerate(zip(*channels, strict=True)):
        node.SetColor(index, f"{index / 2.55:.0f} %", red, green, blue, 1.0)
    return scene.AddNode(node)
