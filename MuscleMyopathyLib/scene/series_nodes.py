"""Series of one or many echoes in the scene: one volume node per echo, each with its echo time.

A train that came otherwise is understood too: a sequence of volumes, or one volume node with several numbers per
voxel (as the application loads a 4D file), with the echo times that the node tells or that the user gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.volumes import (
    image_from_volume_node,
    images_from_volume_node,
    role_of,
    series_from_volume_node,
    store_series,
    volume_node_from_image,
)

_TIMES_OF_FRAMES = "MultiVolume.FrameLabels"
_MEANING_OF_FRAMES = "MultiVolume.FrameIdentifyingDICOMTagName"


def volume_nodes_from_series(series: Series, name: str = "", nodes: Sequence[Any] = ()) -> list[Any]:
    """Put a series into volume nodes: one, or one per echo in the order of the echo times.

    Args:
        series: The series.
        name: Name of the node; of an echo followed by its number. The series' own name by default.
        nodes: Nodes to fill in place, one per echo; new ones by default.

    Returns:
        The ``vtkMRMLScalarVolumeNode`` of each echo.
    """
    name = name or series.name
    images = series.echoes or (series.image,)
    made = []
    for index, image in enumerate(images):
        node = volume_node_from_image(
            image,
            f"{name} echo {index + 1}" if series.echoes else name,
            nodes[index] if index < len(nodes) else None,
            series.role,
        )
        store_series(node, series)
        node.SetAttribute(attributes.ECHO_TRAIN, name if series.echoes else None)
        time = repr(series.echo_times_ms[index]) if index < len(series.echo_times_ms) else None
        node.SetAttribute(attributes.ECHO_TIME_MS, time)
        made.append(node)
    return made


def echo_nodes(node: Any) -> list[Any]:
    """Return the volume nodes of the train that a node is an echo of, by echo time; the node alone otherwise.

    A train is told by its name, its role and its case.
    """
    train = node.GetAttribute(attributes.ECHO_TRAIN)
    if train is None:
        return [node]
    scene = node.GetScene() or current_scene()
    of_same = (train, role_of(node), node.GetAttribute(attributes.CASE))
    found = []
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")):
        other = scene.GetNthNodeByClass(number, "vtkMRMLScalarVolumeNode")
        told = (other.GetAttribute(attributes.ECHO_TRAIN), role_of(other), other.GetAttribute(attributes.CASE))
        if told == of_same:
            found.append(other)
    return sorted(found, key=_echo_time) if all(map(_tells_echo_time, found)) else found


def series_from_volume_nodes(nodes: Any, echo_times_ms: Sequence[float] = ()) -> Series:
    """Return a series from the node or nodes that hold it.

    Args:
        nodes: A volume node (with the other echoes of its train), a list of them, a ``vtkMRMLSequenceNode`` of
            volumes, or a volume node with several numbers per voxel.
        echo_times_ms: Echo time of each, in the order of the nodes; they come before what the nodes tell.

    Raises:
        InputError: There is no node, a volume holds no image, or the number of echo times is another one.
        GeometryError: As `scene.volumes.image_from_volume_node`.
    """
    if nodes is None or (isinstance(nodes, list | tuple) and not nodes):
        raise InputError("No volume is chosen. Choose the echoes.")
    if isinstance(nodes, list | tuple):
        return _with_times(_of_volumes(nodes), echo_times_ms)
    if nodes.IsA("vtkMRMLSequenceNode"):
        return _with_times(_of_sequence(nodes), echo_times_ms)
    if _numbers_per_voxel(nodes) > 1:
        return _with_times(_of_frames(nodes), echo_times_ms)
    return _with_times(_of_volumes(echo_nodes(nodes)), echo_times_ms)


def _of_volumes(nodes: Sequence[Any]) -> Series:
    told = all(map(_tells_echo_time, nodes))
    ordered = sorted(nodes, key=_echo_time) if told else list(nodes)
    first = series_from_volume_node(ordered[0])
    if len(ordered) == 1:
        return first
    return replace(
        first,
        name=ordered[0].GetAttribute(attributes.ECHO_TRAIN) or first.name,
        echoes=(first.image, *(image_from_volume_node(node) for node in ordered[1:])),
        echo_times_ms=tuple(map(_echo_time, ordered)) if told else (),
    )


def _of_sequence(node: Any) -> Series:
    volumes = [node.GetNthDataNode(number) for number in range(node.GetNumberOfDataNodes())]
    if not volumes or not all(volume.IsA("vtkMRMLScalarVolumeNode") for volume in volumes):
        raise InputError(f"The sequence {node.GetName()} holds no volumes. Choose a multi-echo series.")
    times: tuple[float, ...] = ()
    if "echo" in (node.GetIndexName() or "").lower() and node.GetIndexUnit() in ("ms", "s"):
        factor = 1000.0 if node.GetIndexUnit() == "s" else 1.0
        times = tuple(factor * float(node.GetNthIndexValue(number)) for number in range(len(volumes)))
    return _train(node, tuple(image_from_volume_node(volume) for volume in volumes), times)


def _of_frames(node: Any) -> Series:
    times: tuple[float, ...] = ()
    if "echotime" in (node.GetAttribute(_MEANING_OF_FRAMES) or "").lower():
        times = tuple(float(text) for text in node.GetAttribute(_TIMES_OF_FRAMES).split(","))
    return _train(node, images_from_volume_node(node), times)


def _train(node: Any, images: tuple[sitk.Image, ...], times: tuple[float, ...]) -> Series:
    return Series(
        name=node.GetName(),
        image=images[0],
        role=role_of(node),
        reason="Set in the scene.",
        echoes=images if len(images) > 1 else (),
        echo_times_ms=times,
    )


def _with_times(series: Series, echo_times_ms: Sequence[float]) -> Series:
    """Return the series with the user's echo times, its echoes in their order."""
    if not echo_times_ms:
        return series
    images = series.echoes or (series.image,)
    if len(echo_times_ms) != len(images):
        raise InputError(
            f"{series.name} has {len(images)} echoes, but {len(echo_times_ms)} echo times were given."
        )
    order = sorted(range(len(images)), key=lambda index: echo_times_ms[index])
    ordered = tuple(images[index] for index in order)
    return replace(
        series,
        image=ordered[0],
        echoes=ordered if len(ordered) > 1 else (),
        echo_times_ms=tuple(float(echo_times_ms[index]) for index in order),
    )


def _tells_echo_time(node: Any) -> bool:
    return node.GetAttribute(attributes.ECHO_TIME_MS) is not None


def _echo_time(node: Any) -> float:
    return float(node.GetAttribute(attributes.ECHO_TIME_MS))


def _numbers_per_voxel(node: Any) -> int:
    data = node.GetImageData()
    scalars = None if data is None else data.GetPointData().GetScalars()
    return 0 if scalars is None else int(scalars.GetNumberOfComponents())
