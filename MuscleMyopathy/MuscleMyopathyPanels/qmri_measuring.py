"""Maps of a case put into the scene, and measured there per structure and side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .map_job import read_maps, read_problems
from .qmri_shown import MAP, STRUCTURES, measures_kind
from .qmri_ways import WATER_T2


def place_maps(identifier: str, quantity: str, source: Any, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Put the maps that a job left into the case's folder, in place of earlier ones of their kind.

    Args:
        identifier: Case identifier.
        quantity: What was asked for.
        source: The first volume that the maps were computed from.
        folder: The job's result.

    Returns:
        Volume nodes by the kinds' ``file_name``, and what a reader should know, in words.

    Raises:
        InputError: A file cannot be read.
    """
    from MuscleMyopathyLib.qmri.map_kinds import MapKind
    from MuscleMyopathyLib.scene.case_nodes import put_case_node
    from MuscleMyopathyLib.scene.map_nodes import map_node

    reason = f"computed from {source.GetName()}"
    placed = {}
    for kind, image in read_maps(folder).items():
        own = MapKind.WATER_T2 if kind is MapKind.T2 and quantity == WATER_T2 else kind
        # Each method leaves a residual and a standard error.
        by_each = own in (MapKind.RESIDUAL, MapKind.STANDARD_ERROR)
        title = f"{own.label} ({quantity})" if by_each else own.label
        placed[own.file_name] = put_case_node(
            identifier,
            f"{title} map",
            lambda name, node, own=own, image=image: map_node(image, own, name, reason, node),
        )
    return placed, read_problems(folder)


def measure(
    identifier: str, quantity: str, map_volume: Any, structures: Any, parameters: Any, problems: list[str]
) -> None:
    """Measure a map and put the two tables into the case's folder, in place of earlier ones.

    Args:
        identifier: Case identifier.
        quantity: What the map shows.
        map_volume: The map: computed here, or the scanner's.
        structures: Segmentation node on the map's grid.
        parameters: ``MeasureParameters``.
        problems: What a reader of the map should know, kept with the table.

    Raises:
        InputError, GeometryError: A node cannot be used.
    """
    from MuscleMyopathyLib.scene.case_nodes import put_case_node
    from MuscleMyopathyLib.scene.console_qmri import measure_map

    for by_slice in (False, True):

        def fill(name: str, node: Any, by_slice: bool = by_slice) -> Any:
            made = measure_map(
                map_volume, structures, quantity, by_slice=by_slice, parameters=parameters, output_node=node
            )
            made.SetName(name)
            return made

        table = put_case_node(identifier, measures_kind(quantity, by_slice=by_slice), fill)
        table.SetLocked(True)
        table.SetNodeReferenceID(STRUCTURES, structures.GetID())
        table.SetNodeReferenceID(MAP, map_volume.GetID())
        table.SetDescription("\n".join([*problems, *filter(None, [table.GetDescription()])]))
