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


def picture_of_panel(widget: Any, path: Path) -> None:
    """Save the module's panel at its narrow width and the height that it needs."""
    widget.parent.resize(PANEL_WIDTH, widget.parent.sizeHint().height())
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
        corner = QtCore.QPoint(PANEL_WIDTH + 6, row * (height // 2 + 3))
        painter.drawImage(corner, slice_picture(name, size))
        _paint_color_legends(painter, QtCore.QRect(corner, size))
    painter.end()
    picture.save(str(path))


def _paint_color_legends(painter: Any, view: Any) -> None:
    """Paint the colour bar of the foreground volume, if its legend is on, where the application shows it."""
    composite = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode")
    volume = slicer.mrmlScene.GetNodeByID(composite.GetForegroundVolumeID() or "")
    legend = volume and slicer.modules.colors.logic().GetColorLegendDisplayNode(volume)
    if not legend or not legend.GetVisibility():
        return
    display = volume.GetDisplayNode()
    colors = display.GetColorNode()
    x, y = legend.GetPosition()
    thickness, length = legend.GetSize()
    place = QtCore.QPoint(
        view.left() + int(x * view.width() * (1 - length)), view.bottom() - int(y * view.height())
    )
    bar = QtCore.QRect(place, QtCore.QSize(int(length * view.width()), max(8, int(thickness * view.height() / 4))))
    count = colors.GetNumberOfColors()
    for line in range(bar.width()):
        rgba = [0.0] * 4
        colors.GetColor(line * count // bar.width(), rgba)
        painter.fillRect(bar.left() + line, bar.top(), 1, bar.height(), QtGui.QColor.fromRgbF(*rgba[:3]))
    painter.setPen(QtGui.QColor("white"))
    painter.drawText(bar.center().x() - 18, bar.top() - 22, legend.GetTitleText())
    low, high = display.GetWindowLevelMin(), display.GetWindowLevelMax()
    for step in range(5):
        painter.drawText(
            bar.left() + step * bar.width() // 4 - 8, bar.top() - 6, f"{low + (high - low) * step / 4:.0f}"
        )


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
