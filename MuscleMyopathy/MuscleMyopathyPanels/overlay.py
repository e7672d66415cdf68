"""A map in colours over the image in the slice views, with its colour bar."""

from __future__ import annotations

from typing import Any

import slicer

LEGEND_PLACE, LEGEND_SIZE = (0.5, 0.1), (0.06, 0.7)
"""Of the colour bar, as shares of a view: it lies below the legs, which fill a narrow view from side to side.
The size is thickness, then length."""
LEGEND_NUMBERS = 3

OPACITY = 1.0
"""Opaque, so that its colours are those of the colour bar; where there is no signal the image shows through."""


def show_map(map_node: Any, image_node: Any, title: str = "FF (%)") -> None:
    """Lay a map over an image in all slice views; both keep their own window and level."""
    slicer.util.setSliceViewerLayers(
        background=image_node, foreground=map_node, foregroundOpacity=OPACITY, fit=True
    )
    # Filled segments would hide the map; their outlines stay.
    for display in slicer.util.getNodesByClass("vtkMRMLSegmentationDisplayNode"):
        display.SetVisibility2DFill(False)
    for other in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        if other is not map_node:
            _hide_legend(other)
    legend = slicer.modules.colors.logic().AddDefaultColorLegendDisplayNode(map_node)
    if legend is not None:
        legend.SetTitleText(title)
        legend.SetOrientation(legend.Horizontal)
        legend.SetPosition(*LEGEND_PLACE)
        legend.SetSize(*LEGEND_SIZE)
        # Text grows until it fills the room: more, or longer, numbers would run into one another.
        legend.SetNumberOfLabels(LEGEND_NUMBERS)
        legend.SetLabelFormat("%.0f")
        legend.SetVisibility(True)


def hide_map(map_node: Any) -> None:
    """Take a map and its colour bar out of the slice views."""
    slicer.util.setSliceViewerLayers(foreground=None, foregroundOpacity=0.0)
    _hide_legend(map_node)


def is_shown(map_node: Any) -> bool:
    """Tell whether a map lies over the image in a slice view."""
    return any(
        node.GetForegroundVolumeID() == map_node.GetID()
        for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    )


def _hide_legend(map_node: Any) -> None:
    legend = slicer.modules.colors.logic().GetColorLegendDisplayNode(map_node)
    if legend is not None:
        legend.SetVisibility(False)
