"""A case's results read back from the scene: what the report and a repeat run need."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.transfer_records import transfer_from_record
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.case import (
    MAP_MEASURES,
    MAP_MEASURES_BY_SLICE,
    MAP_PREFIX,
    T2_AGAINST_FAT,
)
from MuscleMyopathyLib.scene.case_nodes import ADDITION
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.hierarchy import find_case_item, find_result, hierarchy_node, results_of
from MuscleMyopathyLib.scene.map_nodes import kind_of
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.series_nodes import echo_nodes, series_from_volume_nodes
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.texts import json_from_text_node
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.study.case import Case, CaseMap, CaseResult, CaseTransfer


def read_case(identifier: str, scene: Any = None) -> CaseResult:
    """Return the results of a case that `place_case` put into the scene, also one loaded from a file.

    The muscles are those divided by side. Series are named after their nodes.

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
    series = tuple(series_from_volume_nodes(echo_nodes(node)) for node in case_volume_nodes(identifier, scene))
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
        maps=_maps(identifier, scene),
        map_measures=_table(identifier, MAP_MEASURES, scene),
        map_measures_by_slice=_table(identifier, MAP_MEASURES_BY_SLICE, scene),
        transfers=_transfers(identifier, series, scene),
        t2_against_fat=_table(identifier, T2_AGAINST_FAT, scene),
    )


def case_volume_nodes(identifier: str, scene: Any = None) -> list[Any]:
    """Return the volume nodes of a case's series, of an echo train the first echo; maps are none of them."""
    scene = current_scene(scene)
    found = []
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")):
        node = scene.GetNthNodeByClass(number, "vtkMRMLScalarVolumeNode")
        kind = node.GetAttribute(attributes.RESULT) or "series "
        own = node.GetAttribute(attributes.CASE) == identifier and kind.startswith("series ")
        own = own and node.GetAttribute(ADDITION) is None
        if own and echo_nodes(node)[0] is node:
            found.append(node)
    return found


def _maps(identifier: str, scene: Any) -> tuple[CaseMap, ...]:
    found = []
    for node in results_of(identifier, scene):
        kind = str(node.GetAttribute(attributes.RESULT))
        if kind.startswith(MAP_PREFIX) and node.GetAttribute(attributes.MAP):
            shown = kind_of(node)
            sequence = kind.removeprefix(MAP_PREFIX).removesuffix(f" {shown.file_name}")
            method = node.GetAttribute(attributes.ROLE_REASON) or ""
            found.append(CaseMap(shown, sequence, image_from_volume_node(node), method))
    return tuple(found)


def _transfers(identifier: str, series: tuple[Series, ...], scene: Any) -> tuple[CaseTransfer, ...]:
    found = []
    for node in results_of(identifier, scene):
        record = json.loads(node.GetAttribute(attributes.TRANSFER) or "{}")
        target = next((one for one in series if str(one.role) == record.get("sequence")), None)
        if target is None:
            continue
        volumes = _table(identifier, f"{node.GetAttribute(attributes.RESULT)} volumes", scene)
        transfer = transfer_from_record(record, segmentation_from_node(node), volumes)
        found.append(
            CaseTransfer(record["structures"], record["sequence"], record["source"], target.image, transfer)
        )
    return tuple(found)


def _table(identifier: str, kind: str, scene: Any) -> pd.DataFrame:
    node = find_result(identifier, kind, scene)
    return pd.DataFrame() if node is None else dataframe_from_table_node(node)


def _segmentation(identifier: str, kind: str, scene: Any) -> Segmentation | None:
    node = find_result(identifier, kind, scene)
    return None if node is None else segmentation_from_node(node)


def _first(table: pd.DataFrame, column: str, otherwise: Any) -> Any:
    return table[column].iloc[0] if column in table and len(table) else otherwise
