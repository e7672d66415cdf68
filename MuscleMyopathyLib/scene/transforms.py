"""Linear transform node ↔ SimpleITK transform, between MRML's RAS and LPS."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.scene.geometry import RAS_LPS, vtk_matrix_from_array
from MuscleMyopathyLib.scene.headless import current_scene


def transform_node_from(transform: sitk.Transform, name: str, node: Any = None) -> Any:
    """Put a linear transform into a node, which moves what is put under it as the transform moves points.

    Args:
        transform: Rigid or affine, of points in LPS.
        name: Name of the node.
        node: ``vtkMRMLLinearTransformNode`` to fill in place; None makes a new one.
    """
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    node.SetName(name)
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for axis, unit in enumerate(np.eye(3)):
        matrix[:3, axis] = np.array(transform.TransformPoint(tuple(unit))) - origin
    node.SetMatrixTransformToParent(vtk_matrix_from_array(RAS_LPS @ matrix @ RAS_LPS))
    return node
