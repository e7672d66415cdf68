"""A window of the stand-in host for pictures: the module's panel beside the slice views of the real scene.

The slices are what the scene's own slice logics blend (image, map in its colours); outlines of segmentations need
the application's rendering and are not among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer
from PySide6 import QtCore, QtGui
from vtkmodules.util.numpy_support import vtk_to_numpy

PANEL_WIDTH = 480
BACKGROUND = "#1e1e1e"


def picture_of_panel(widget: Any, path: Path, height: int = 820) -> None:
    """Save the module's panel at its narrow width."""
    widget.parent.resize(PANEL_WIDTH, height)
    slicer.app.processEvents()
    slicer.app.processEvents()
    widget.parent.grab().save(str(path))


def picture_of_window(widget: Any, path: Path, width: int = 1280, height: int = 820) -> None:
    """Save the module's panel beside an axial slice (above) and a coronal slice (below)."""
    widget.parent.resize(PANEL_WIDTH, height)
    slicer.app.processEvents()
    panel = widget.parent.grab()
    picture = QtGui.QImage(width, height, QtGui.QImage.Format.Format_RGB32)
    picture.fill(QtGui.QColor(BACKGROUND))
    painter = QtGui.QPainter(picture)
    painter.drawPixmap(0, 0, panel)
    for row, name in enumerate(("Red", "Green")):
        size = QtCore.QSize(width - PANEL_WIDTH - 6, (height - 6) // 2)
        painter.drawImage(PANEL_WIDTH + 6, row * (height // 2 + 3), slice_picture(name, size))
    painter.end()
    picture.save(str(path))


def slice_picture(name: str, size: Any) -> Any:
    """Return what a slice view shows, as a QImage of a size."""
    logic = slicer.app.layoutManager().sliceWidget(name).sliceLogic()
    node = logic.GetSliceNode()
    node.SetDimensions(size.width(), size.height(), 1)
    logic.ResizeSliceNode(size.width(), size.height())
    logic.FitSliceToBackground(size.width(), size.height())
    blend = logic.GetBlend()
    blend.Update()
    data = blend.GetOutput()
    columns, rows, _ = data.GetDimensions()
    array = vtk_to_numpy(data.GetPointData().GetScalars()).reshape(rows, columns, -1)
    rgb = np.ascontiguousarray(array[::-1, :, :3])
    return QtGui.QImage(rgb.tobytes(), columns, rows, 3 * columns, QtGui.QImage.Format.Format_RGB888).copy()
