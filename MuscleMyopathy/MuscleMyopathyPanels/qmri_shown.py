"""What the case has of a measured quantity: its tables, its map, and the structures that were measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import slicer

from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.case_nodes import ADDITION, find_case_node
from MuscleMyopathyLib.scene.hierarchy import find_result

from .qmri_ways import FAT_FRACTION, QUANTITIES

STRUCTURES, MAP = "MuscleMyopathy.Structures", "MuscleMyopathy.Map"
"""Node references of a table of measures: the segmentation and the map that it was measured from."""

MAP_UNITS = {"ff": "FF (%)", "t2": "T2 (ms)", "water_t2": "water T2 (ms)", "r2star": "R2* (1/s)"}


@dataclass(frozen=True)
class Shown:
    """The nodes of a quantity.

    Attributes:
        quantity: Value of the parameter ``quantity``.
        measures: Table node with a row per structure and side.
        by_slice: Table node with a row per structure, side and slice.
        map: Volume node; None where the fat fraction came without one.
        structures: The segmentation nodes that hold what was measured.
        problems: Table node of the pipeline's problems; None for the other quantities.
        chart: The pipeline's chart node; None for the other quantities.
    """

    quantity: str
    measures: Any
    by_slice: Any
    map: Any
    structures: tuple[Any, ...]
    problems: Any = None
    chart: Any = None


def measures_kind(quantity: str, *, by_slice: bool = False) -> str:
    """Return the kind under which a quantity's table is kept with the case."""
    return f"{quantity} measures by slice" if by_slice else f"{quantity} measures"


def shown_of(identifier: str, quantity: str) -> Shown | None:
    """Return what the case has of a quantity, or None where it is not measured."""
    if quantity == FAT_FRACTION:
        measures = find_result(identifier, "measures")
        if measures is None:
            return None
        return Shown(
            quantity,
            measures,
            find_result(identifier, "measures by slice"),
            find_result(identifier, "fat fraction"),
            tuple(filter(None, (find_result(identifier, k) for k in ("whole muscle", "muscles", "compartments")))),
            find_result(identifier, "problems"),
            find_result(identifier, "fat fraction chart"),
        )
    measures = find_case_node(identifier, measures_kind(quantity))
    if measures is None:
        return None
    structures = measures.GetNodeReference(STRUCTURES)
    return Shown(
        quantity,
        measures,
        find_case_node(identifier, measures_kind(quantity, by_slice=True)),
        measures.GetNodeReference(MAP),
        () if structures is None else (structures,),
    )


def measured_quantities(identifier: str) -> list[str]:
    """Return the quantities that the case has been measured for."""
    return [quantity for quantity in QUANTITIES if shown_of(identifier, quantity) is not None]


def maps_of(identifier: str, shown: Shown) -> dict[str, Any]:
    """Return the case's maps by what they show, with the unit: the quantity's own first, then what came with it.

    Fat share, B1, residual, field map and the like are there to judge a fit by.
    """
    from MuscleMyopathyLib.scene.map_nodes import kind_of

    found = {} if shown.map is None else {MAP_UNITS[shown.quantity]: shown.map}
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        kept_as = node.GetAttribute(ADDITION) or ""
        if node.GetAttribute(attributes.CASE) != identifier or node.GetAttribute(attributes.MAP) is None:
            continue
        if kept_as.endswith(" map") and kind_of(node).quantity is None:
            unit = kind_of(node).unit
            found[kept_as.removesuffix(" map") + (f" ({unit})" if unit else "")] = node
    return found
