"""Scalar volume node ↔ image: voxels and geometry exactly, with the node's role in the examination."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import SimpleITK as sitk
import vtk
from vtk.util import numpy_support

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.role_inference import RoleEvidence, infer_role
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Acquisition, Series
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.colors import fat_fraction_colors, time_colors
from MuscleMyopathyLib.scene.geometry import (
    RAS_LPS,
    array_from_vtk_matrix,
    parent_transform_to_world,
    split_affine,
)
from MuscleMyopathyLib.scene.headless import current_scene


def volume_node_from_image(image: sitk.Image, name: str, node: Any = None, role: Role = Role.UNKNOWN) -> Any:
    """Put an image into a scalar volume node, with window and level that suit its role.

    Args:
        image: 3D image with one number per voxel. Its type is kept; types that Slicer cannot save are widened
            (8-bit signed integers) or narrowed (64-bit integers) with every value as it was.
        name: Name of the node.
        node: A ``vtkMRMLScalarVolumeNode`` to fill in place; its window and level stay. None makes a new one.
        role: What the image is; stored with the node unless unknown.

    Returns:
        The ``vtkMRMLScalarVolumeNode``.

    Raises:
        InputError: The image is not 3D, has several numbers or complex numbers per voxel, or integers beyond
            32 bits.
    """
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            f"{name} has {image.GetDimension()} dimensions and {image.GetNumberOfComponentsPerPixel()} numbers "
            "per voxel; a volume node of this extension holds a 3D image with one number per voxel."
        )
    data = _vtk_image(image, name)
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetName(attributes.node_name(name))
    node.SetAndObserveTransformNodeID(None)

    direction = RAS_LPS[:3, :3] @ np.array(image.GetDirection()).reshape(3, 3)
    node.SetSpacing(image.GetSpacing())
    node.SetOrigin(RAS_LPS[:3, :3] @ np.array(image.GetOrigin()))
    node.SetIJKToRASDirections(*direction.ravel())
    node.SetAndObserveImageData(data)

    if np.linalg.det(direction) < 0:
        _save_as_it_is(node)
    if role is not Role.UNKNOWN:
        set_role(node, role)
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
        _set_display(node.GetDisplayNode(), image, role)
    return node


def image_from_volume_node(node: Any) -> sitk.Image:
    """Return the image of a scalar volume node in world coordinates.

    A parent transform that keeps the grid regular (translation, rotation, reflection, scaling along the axes)
    moves the geometry and leaves the voxels untouched.

    Args:
        node: ``vtkMRMLScalarVolumeNode`` or ``vtkMRMLLabelMapVolumeNode``.

    Raises:
        InputError: There is no node, or it holds no image or several numbers per voxel.
        GeometryError: A parent transform bends or shears the grid.
    """
    images = images_from_volume_node(node)
    if len(images) != 1:
        raise InputError(
            f"The volume {node.GetName()} holds {len(images)} numbers per voxel "
            "(a colour or vector image). Choose an image of grey values."
        )
    return images[0]


def images_from_volume_node(node: Any) -> tuple[sitk.Image, ...]:
    """Return one image per number that the node holds in each voxel: one, or the frames of a 4D file.

    Args:
        node: As for `image_from_volume_node`.

    Raises:
        InputError: There is no node, or it holds no image.
        GeometryError: A parent transform bends or shears the grid.
    """
    if node is None:
        raise InputError("No volume is chosen. Choose one.")
    data = node.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None:
        raise InputError(f"The volume {node.GetName()} holds no image. Load it again or choose another one.")
    scalars = data.GetPointData().GetScalars()
    shape = (*reversed(data.GetDimensions()), scalars.GetNumberOfComponents())
    frames = numpy_support.vtk_to_numpy(scalars).reshape(shape)
    direction, spacing, origin = _geometry_ras(node)
    images = []
    for component in range(shape[-1]):
        image = sitk.GetImageFromArray(frames[..., component])
        image.SetDirection((RAS_LPS[:3, :3] @ direction).ravel().tolist())
        image.SetSpacing([float(length) for length in spacing])
        image.SetOrigin((RAS_LPS[:3, :3] @ origin).tolist())
        images.append(image)
    return tuple(images)


def set_role(node: Any, role: Role, reason: str = "") -> None:
    """Store what a volume is in the examination, and why it was taken for that."""
    node.SetAttribute(attributes.ROLE, role.value)
    node.SetAttribute(attributes.ROLE_REASON, reason or None)


def role_of(node: Any) -> Role:
    """Return the stored role of a volume node; unknown where none is stored."""
    stored = node.GetAttribute(attributes.ROLE)
    return Role(stored) if stored in {role.value for role in Role} else Role.UNKNOWN


def nodes_by_role(nodes: Sequence[Any]) -> dict[str, Any]:
    """Return volume nodes by role, or by name where a role is unknown or there twice."""
    named: dict[str, Any] = {}
    for node in nodes:
        role = role_of(node)
        named[node.GetName() if role is Role.UNKNOWN or str(role) in named else str(role)] = node
    return named


def store_series(node: Any, series: Series) -> None:
    """Store with a volume node what is known of its series beside the voxels: role, sequence, patient, unit."""
    set_role(node, series.role, series.reason)
    known = {name: value for name, value in asdict(series.acquisition).items() if value is not None}
    for name, text in (
        (attributes.ACQUISITION, json.dumps(known) if known else None),
        (attributes.FRAME_OF_REFERENCE, series.frame_of_reference_uid),
        (attributes.PATIENT, series.patient_key),
        (attributes.UNIT, series.unit),
    ):
        node.SetAttribute(name, text)


def series_from_volume_node(node: Any) -> Series:
    """Return the volume as a series: its image, and what is stored with the node; its role else told by its name.

    Raises:
        InputError, GeometryError: As `image_from_volume_node`.
    """
    image = image_from_volume_node(node)
    role = role_of(node)
    reason = node.GetAttribute(attributes.ROLE_REASON) or "Set in the scene."
    if role is Role.UNKNOWN:
        role, reason = infer_role(RoleEvidence(texts=(("Name", node.GetName()),)))
    echo_time = node.GetAttribute(attributes.ECHO_TIME_MS)
    return Series(
        name=node.GetName(),
        image=image,
        role=role,
        reason=reason,
        echo_times_ms=() if echo_time is None else (float(echo_time),),
        acquisition=Acquisition(**json.loads(node.GetAttribute(attributes.ACQUISITION) or "{}")),
        frame_of_reference_uid=node.GetAttribute(attributes.FRAME_OF_REFERENCE),
        patient_key=node.GetAttribute(attributes.PATIENT),
        unit=node.GetAttribute(attributes.UNIT),
    )


def _vtk_image(image: sitk.Image, name: str) -> Any:
    array = sitk.GetArrayViewFromImage(image)
    if np.iscomplexobj(array):
        raise InputError(f"{name} is an image of complex numbers, which cannot be shown. Use its magnitude.")
    if array.dtype == np.int8:
        array = array.astype(np.int16)
    elif array.dtype in (np.int64, np.uint64):
        limits = np.iinfo(np.int32)
        if array.min() < limits.min or array.max() > limits.max:
            raise InputError(f"{name} holds integers beyond 32 bits, which Slicer cannot save. Rescale the image.")
        array = array.astype(np.int32)
    data = vtk.vtkImageData()
    data.SetDimensions(image.GetSize())
    data.GetPointData().SetScalars(numpy_support.numpy_to_vtk(array.ravel(), deep=True))
    return data


def _save_as_it_is(node: Any) -> None:
    """Let a left-handed grid be saved and loaded as it is.

    Slicer's default reader turns the order of its slices around, so that the voxels no longer lie under those of
    a segmentation on the same grid.
    """
    if node.GetStorageNode() is not None and node.GetStorageNode().IsA("vtkMRMLNRRDStorageNode"):
        return
    storage = node.GetScene().AddNewNodeByClass("vtkMRMLNRRDStorageNode")
    node.SetAndObserveStorageNodeID(storage.GetID())


def _geometry_ras(node: Any) -> tuple[Any, Any, Any]:
    to_world = parent_transform_to_world(node)
    if to_world is not None:
        matrix = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        return split_affine(to_world @ array_from_vtk_matrix(matrix), node.GetName())
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASDirectionMatrix(matrix)
    return array_from_vtk_matrix(matrix)[:3, :3], np.array(node.GetSpacing()), np.array(node.GetOrigin())


def _set_display(display: Any, image: sitk.Image, role: Role) -> None:
    if role is Role.FAT_FRACTION_MAP:
        display.SetAndObserveColorNodeID(fat_fraction_colors().GetID())
        low, high = 0.0, 100.0
        _hide_what_is_no_number(display, -100.0, 200.0)
    elif role is Role.T2_MAP:
        display.SetAndObserveColorNodeID(time_colors().GetID())
        low, high = 20.0, 100.0
        _hide_what_is_no_number(display, 0.0, 1e4)
    else:
        low, high = _grey_range(image)
    display.AutoWindowLevelOff()
    display.SetWindowLevel(high - low, (high + low) / 2)


def _hide_what_is_no_number(display: Any, lowest: float, highest: float) -> None:
    """Show values between two only: voxels without signal are NaN, outside every threshold, hence transparent."""
    display.AutoThresholdOff()
    display.SetThreshold(lowest, highest)
    display.ApplyThresholdOn()


def _grey_range(image: sitk.Image) -> tuple[float, float]:
    """Return the grey values shown as black and white: 0 or the lowest, and the 99.5th percentile.

    The brightest voxels of an MR image are flow and coil artefacts; they would darken the rest.
    """
    array = sitk.GetArrayViewFromImage(image)
    # Every eighth voxel is enough for a window and keeps large volumes fast.
    values = np.asarray(array).ravel()[:: 8 if array.size > 1_000_000 else 1]
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    low = min(0.0, float(np.percentile(values, 0.5)))
    high = float(np.percentile(values, 99.5))
    return low, high if high > low else max(float(values.max()), low + 1.0)
