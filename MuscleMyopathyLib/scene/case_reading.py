"""A case's results read back from the scene: what the report and a repeat run need."""

from __future__ import annotations

from typing import Any

import pandas as pd

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.hierarchy import find_case_item, find_result, hierarchy_node
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.texts import json_from_text_node
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, series_from_volume_node
from MuscleMyopathyLib.study.case import Case, CaseResult


def read_case(identifier: str, scene: Any = None) -> CaseResult:
    """Return the results of a case that `place_case` put into the scene, also one loaded from a file.

    The muscles are those divided by side; of an echo train the first echo is read. Series are named after their
    nodes.

    Raises:
        InputError: The scene holds no results of that case, or a result of it was damaged.
        GeometryError: A node was put under a transform that bends or shears it.
    """
    scene = current_scene(scene)
    item = find_case_item(identifier, scene)
    measures = find_result(identifier, "measures", scene)
    if item is None or measures is None:
        raise InputError(f"The scene holds no results of a case {identifier}. Run the case first.")
    hierarchy = hierarchy_node(scene)
    series = tuple(series_from_volume_node(node) for node in case_volume_nodes(identifier, scene))
    volume = dataframe_from_table_node(measures)
    muscles = _segmentation(identifier, "muscles", scene)
    fat_fraction = find_result(identifier, "fat fraction", scene)
    kept = json_from_text_node(find_result(identifier, "provenance", scene))
    return CaseResult(
        case=Case(
            identifier=identifier,
            region=Region(hierarchy.GetItemAttribute(item, attributes.REGION)),
            series=series,
            muscles=muscles,
            phantom=bool(hierarchy.GetItemAttribute(item, attributes.NOTICE)),
            reader=_first(volume, "reader", ""),
            session=int(_first(volume, "session", 1)),
        ),
        compartments=_segmentation(identifier, "compartments", scene),
        whole_muscle=_segmentation(identifier, "whole muscle", scene),
        muscles=muscles,
        fat_fraction_percent=None if fat_fraction is None else image_from_volume_node(fat_fraction),
        measures=volume,
        measures_by_slice=dataframe_from_table_node(find_result(identifier, "measures by slice", scene)),
        problems=dataframe_from_table_node(find_result(identifier, "problems", scene)),
        parameters=kept["parameters"],
        provenance=kept["provenance"],
    )


def case_volume_nodes(identifier: str, scene: Any = None) -> list[Any]:
    """Return the volume nodes of a case's series, of an echo train the first echo; maps are none of them."""
    scene = current_scene(scene)
    found = []
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")):
        node = scene.GetNthNodeByClass(number, "vtkMRMLScalarVolumeNode")
        kind = node.GetAttribute(attributes.RESULT) or "series "
        echo = kind.rpartition(" echo ")[2] if node.GetAttribute(attributes.ECHO_TIME_MS) else "1"
        is_later_echo = echo.isdigit() and int(echo) > 1
        if node.GetAttribute(attributes.CASE) == identifier and kind.startswith("series ") and not is_later_echo:
            found.append(node)
    return found


def _segmentation(identifier: str, kind: str, scene: Any) -> Segmentation | None:
    node = find_result(identifier, kind, scene)
    return None if node is None else segmentation_from_node(node)


def _first(table: pd.DataFrame, column: str, otherwise: Any) -> Any:
    return table[column].iloc[0] if column in table and len(table) else otherwise
