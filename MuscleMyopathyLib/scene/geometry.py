"""Geometry between MRML's RAS and SimpleITK's LPS, with parent transforms that keep a grid a grid.

The two systems differ in the sign of the first two world axes, so a conversion flips signs and loses nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import vtk

from MuscleMyopathyLib.errors import GeometryError

Matrix = npt.NDArray[np.float64]

RAS_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From RAS to LPS and back: it is its own inverse."""

_RIGHT_ANGLE_TOLERANCE = 1e-5
"""Largest cosine between two axes of a grid; SimpleITK's own limit for a direction matrix is of this order."""


def array_from_vtk_matrix(matrix: Any) -> Matrix:
    """Return a ``vtkMatrix4x4`` as an array of shape (4, 4)."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def vtk_matrix_from_array(array: Matrix) -> Any:
    """Return an array of shape (4, 4) as a ``vtkMatrix4x4``."""
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(array.ravel())
    return matrix


def parent_transform_to_world(node: Any) -> Matrix | None:
    """Return the RAS matrix of the node's parent transforms down to the world, or None without a parent.

    Raises:
        GeometryError: One of the transforms is not linear.
    """
    transform = node.GetParentTransformNode()
    if transform is None:
        return None
    if not transform.IsTransformToWorldLinear():
        raise GeometryError(
            f"{node.GetName()} lies under the non-linear transform {transform.GetName()}, which bends its grid. "
            "Harden the transform (which resamples the image) or take the image out of it."
        )
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return array_from_vtk_matrix(matrix)


def split_affine(index_to_world: Matrix, name: str) -> tuple[Matrix, Matrix, Matrix]:
    """Split a matrix from voxel index to millimetres into direction (3, 3), spacing (3,) and origin (3,).

    Args:
        index_to_world: Shape (4, 4).
        name: Of the node, for the message.

    Raises:
        GeometryError: The axes are not at right angles, or one has no length.
    """
    axes = index_to_world[:3, :3]
    spacing = np.linalg.norm(axes, axis=0)
    if not np.all(np.isfinite(index_to_world)) or np.any(spacing == 0):
        raise GeometryError(f"{name} has an axis without length or direction. Load the image again.")
    direction = axes / spacing
    if np.abs(direction.T @ direction - np.eye(3)).max() > _RIGHT_ANGLE_TOLERANCE:
        raise GeometryError(
            f"The axes of {name} are not at right angles (a sheared image or transform). "
            "Resample it onto a regular grid first, e.g. with the module Resample Scalar/Vector/DWI Volume."
        )
    # ITK cannot invert a direction in which numbers near the smallest possible arise: it would resample to zeros.
    direction[np.abs(direction) < 1e-30] = 0
    return direction, spacing, index_to_world[:3, 3]
