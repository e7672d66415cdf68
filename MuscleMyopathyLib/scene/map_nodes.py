"""Quantitative maps as volume nodes: named, coloured over their range, transparent where there is no value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.colors import fat_fraction_colors, time_colors
from MuscleMyopathyLib.scene.volumes import set_role, volume_node_from_image

ROLES = {
    MapKind.FAT_FRACTION: Role.FAT_FRACTION_MAP,
    MapKind.T2: Role.T2_MAP,
    MapKind.WATER_T2: Role.T2_MAP,
    MapKind.R2STAR: Role.R2STAR_MAP,
    MapKind.WATER: Role.WATER,
    MapKind.FAT: Role.FAT,
}
"""What a map is in the examination; the others are looked at and not measured."""

_IN_TIME_COLORS = (MapKind.T2, MapKind.WATER_T2, MapKind.R2STAR)
_IN_GREY = (MapKind.WATER, MapKind.FAT, MapKind.S0, MapKind.RESIDUAL)


def map_node(image: sitk.Image, kind: MapKind, name: str, reason: str = "", node: Any = None) -> Any:
    """Put a map into a volume node.

    Args:
        image: The map, NaN where there is no value.
        kind: What it shows.
        name: Name of the node.
        reason: How it was computed, for the user to read.
        node: Node to fill in place; its window and colours stay. None makes a new one.

    Returns:
        The ``vtkMRMLScalarVolumeNode``.
    """
    is_new = node is None
    node = volume_node_from_image(image, name, node, ROLES.get(kind, Role.UNKNOWN))
    node.SetAttribute(attributes.MAP, kind.file_name)
    if kind in ROLES:
        set_role(node, ROLES[kind], reason)
    if is_new and kind not in _IN_GREY:
        display = node.GetDisplayNode()
        colors = time_colors() if kind in _IN_TIME_COLORS else fat_fraction_colors()
        display.SetAndObserveColorNodeID(colors.GetID())
        if kind.shown is not None:
            low, high = kind.shown
            display.AutoWindowLevelOff()
            display.SetWindowLevel(high - low, (high + low) / 2)
        display.AutoThresholdOff()
        display.SetThreshold(-1e6, 1e6)
        display.ApplyThresholdOn()
    return node


def map_nodes(
    maps: Mapping[MapKind, sitk.Image], name: str, reason: str, output_nodes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Put maps into volume nodes, by the kinds' ``file_name``; ``output_nodes`` are filled in place."""
    given = output_nodes or {}
    return {
        kind.file_name: map_node(image, kind, f"{name} {kind.label}", reason, given.get(kind.file_name))
        for kind, image in maps.items()
    }


def kind_of(node: Any) -> MapKind:
    """Return what a map's node shows: as stored with it, else by its role.

    Raises:
        InputError: Neither tells.
    """
    stored = node.GetAttribute(attributes.MAP)
    if stored is not None:
        return MapKind.of_file_name(stored)
    by_role = {
        Role.FAT_FRACTION_MAP.value: MapKind.FAT_FRACTION,
        Role.T2_MAP.value: MapKind.T2,
        Role.R2STAR_MAP.value: MapKind.R2STAR,
    }
    role = node.GetAttribute(attributes.ROLE)
    if role not in by_role:
        raise InputError(
            f"Nothing tells what the map {node.GetName()} shows. "
            "Set its role to 'FF map', 'T2 map' or 'R2star map'."
        )
    return by_role[role]
