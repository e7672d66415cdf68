"""Whether two volumes of the scene have the same voxels in space, told without a copy of their images."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

GRID_TOLERANCE_MM = 1e-3


def same_grid(first: Any, second: Any) -> bool:
    """Tell whether the corners of two volume nodes lie at the same places; not so where one has no image."""
    if first.GetImageData() is None or second.GetImageData() is None:
        return False
    size = first.GetImageData().GetDimensions()
    if size != second.GetImageData().GetDimensions():
        return False
    corners = np.array([[i, j, k, 1] for i in (0, size[0]) for j in (0, size[1]) for k in (0, size[2])])
    matrices = []
    for node in (first, second):
        to_ras = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(to_ras)
        matrices.append(slicer.util.arrayFromVTKMatrix(to_ras))
    return bool(np.abs(corners @ (matrices[0] - matrices[1]).T).max() <= GRID_TOLERANCE_MM)
