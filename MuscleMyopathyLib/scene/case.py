"""A case's results in the scene: volumes, maps, segmentations, tables, chart and provenance in one folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Kind, Side
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.transfer_records import transfer_record
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.charts import chart_node, left_right_table, side_series_node
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.hierarchy import (
    case_item,
    find_result,
    hierarchy_node,
    place_node,
    remove_results,
)
from MuscleMyopathyLib.scene.map_nodes import map_node
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.series_nodes import volume_nodes_from_series
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.texts import text_node_from_json
from MuscleMyopathyLib.scene.volumes import set_role, volume_node_from_image
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE, CaseMap, CaseResult, CaseTransfer

MAP_PREFIX = "map "
CARRIED_PREFIX = "carried "
MAP_MEASURES = "map measures"
MAP_MEASURES_BY_SLICE = "map measures by slice"
T2_AGAINST_FAT = "T2 against fat"
"""Kinds of results, or how they begin; see `scene.case_reading`."""

_MUSCLES = {kind.code for kind in STRUCTURE_TYPES if kind.kind is Kind.MUSCLE}


@dataclass(frozen=True)
class CaseNodes:
    """The nodes of a case; what the case has not is None.

    Attributes:
        item: Subject-hierarchy item (folder or DICOM study) that holds them.
        volumes: Volume node of each series by the series' name; of an echo train the list of its echoes.
        fat_fraction: Fat-fraction map in percent.
        compartments: Segmentation of the tissue compartments.
        whole_muscle: Segmentation of the global muscle region.
        muscles: Segmentation of the muscles.
        measures: Table with a row per structure and side.
        measures_by_slice: Table with a row per structure, side and slice.
        problems: Table of problems.
        provenance: Text node with parameters and provenance as JSON.
        chart: Chart of the mean fat fraction per structure, left beside right.
        maps: T2, R2* and other maps, by sequence and kind: ``("multi-echo SE", MapKind.WATER_T2)``.
        carried: Structures carried to the grid of another series, by what they are and its sequence.
        map_measures: Table of the maps' measures, a row per sequence, structure and side.
        map_measures_by_slice: The same per slice.
        t2_against_fat: Table of T2 in bins of fat fraction.
        t2_chart: Chart of the median water T2 (else T2) per structure, left beside right.
    """

    item: int
    volumes: Mapping[str, Any]
    fat_fraction: Any
    compartments: Any
    whole_muscle: Any
    muscles: Any
    measures: Any
    measures_by_slice: Any
    problems: Any
    provenance: Any
    chart: Any
    maps: Mapping[tuple[str, MapKind], Any] = field(default_factory=dict)
    carried: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    map_measures: Any = None
    map_measures_by_slice: Any = None
    t2_against_fat: Any = None
    t2_chart: Any = None


def place_case(result: CaseResult, scene: Any = None, volumes: Mapping[str, Any] | None = None) -> CaseNodes:
    """Put a case's inputs and results into the scene, replacing those of an earlier run of the same case.

    Nodes of an earlier run are filled anew rather than exchanged, so that views and selectors keep showing them;
    results that the new run has not are removed. A phantom's folder is named so, and its nodes carry the notice.

    Args:
        result: What the pipeline made.
        scene: By default the current one.
        volumes: Volume nodes (of an echo train the list of its echoes) that are in the scene already, by the name
            of their series; they are used as they are. All other series get nodes of their own.
    """
    placing = _Placing(result, current_scene(scene), dict(volumes or {}))
    nodes = placing.place()
    remove_results(result.case.identifier, placing.placed, placing.scene)
    return nodes


class _Placing:
    """One run of `place_case`: which kinds of results have been placed so far."""

    def __init__(self, result: CaseResult, scene: Any, volumes: dict[str, Any]) -> None:
        case = result.case
        self.result = result
        self.scene = scene
        self.given = volumes
        self.identifier = case.identifier
        self.item = case_item(
            case.identifier,
            _flat(volumes.values()),
            f"{case.identifier} (phantom)" if case.phantom else case.identifier,
            scene,
        )
        self.notice = PHANTOM_NOTICE if case.phantom else ""
        hierarchy = hierarchy_node(scene)
        hierarchy.SetItemAttribute(self.item, attributes.REGION, case.region.value)
        hierarchy.SetItemAttribute(self.item, attributes.NOTICE, self.notice)
        self.placed: set[str] = set()

    def place(self) -> CaseNodes:
        result = self.result
        volumes = {series.name: self._series(series) for series in result.case.series}
        fat_fraction = self._fat_fraction(result.fat_fraction_percent)
        return CaseNodes(
            item=self.item,
            volumes=volumes,
            fat_fraction=fat_fraction,
            compartments=self._segmentation(result.compartments, "compartments", volumes),
            whole_muscle=self._segmentation(result.whole_muscle, "whole muscle", volumes),
            muscles=self._segmentation(result.muscles, "muscles", volumes),
            measures=self._table(result.measures, "measures"),
            measures_by_slice=self._table(result.measures_by_slice, "measures by slice"),
            problems=self._table(result.problems, "problems"),
            provenance=self._put(
                "provenance",
                lambda name, node: text_node_from_json(
                    {"parameters": dict(result.parameters), "provenance": dict(result.provenance)}, name, node
                ),
            ),
            chart=self._chart(
                result.measures, "ff_mean_percent", "fat fraction", "mean fat fraction (%)", (0.0, 100.0)
            ),
            maps={(one.sequence, one.kind): self._map(one) for one in result.maps},
            carried={(one.structures, one.sequence): self._carried(one, volumes) for one in result.transfers},
            map_measures=self._filled_table(result.map_measures, MAP_MEASURES),
            map_measures_by_slice=self._filled_table(result.map_measures_by_slice, MAP_MEASURES_BY_SLICE),
            t2_against_fat=self._filled_table(result.t2_against_fat, T2_AGAINST_FAT),
            t2_chart=self._t2_chart(result.map_measures),
        )

    def _put(self, kind: str, fill: Any, label: str = "") -> Any:
        """Fill the earlier run's node of a kind, or a new one, with ``fill(name, node)`` and place it."""
        node = fill(f"{self.identifier} {label or kind}", find_result(self.identifier, kind, self.scene))
        place_node(node, kind, self.identifier, self.item)
        node.SetAttribute(attributes.NOTICE, self.notice or None)
        node.SetDescription(self.notice)
        self.placed.add(kind)
        return node

    def _series(self, series: Series) -> Any:
        if series.name in self.given:
            return self.given[series.name]
        kinds = [f"series {series.name}"]
        if series.echoes:
            kinds = [f"{kinds[0]} echo {number}" for number in range(1, len(series.echoes) + 1)]
        earlier = [find_result(self.identifier, kind, self.scene) for kind in kinds]
        nodes = volume_nodes_from_series(
            series, f"{self.identifier} {series.name}", [node for node in earlier if node is not None]
        )
        for kind, node in zip(kinds, nodes, strict=True):
            self._put(kind, lambda _name, _earlier, node=node: node)
        return nodes if series.echoes else nodes[0]

    def _fat_fraction(self, percent: sitk.Image | None) -> Any:
        if percent is None:
            return None
        node = self._put(
            "fat fraction",
            lambda name, node: volume_node_from_image(percent, name, node, Role.FAT_FRACTION_MAP),
        )
        set_role(node, Role.FAT_FRACTION_MAP, "computed from this case's images")
        return node

    def _map(self, one: CaseMap) -> Any:
        return self._put(
            f"{MAP_PREFIX}{one.sequence} {one.kind.file_name}",
            lambda name, node: map_node(one.image, one.kind, name, one.method, node),
            f"{one.sequence} {one.kind.label}",
        )

    def _carried(self, one: CaseTransfer, volumes: Mapping[str, Any]) -> Any:
        """Place structures on another grid, hidden at first, with their volumes and what moved them."""
        reference = next(
            (
                _flat([volumes[series.name]])[0]
                for series in self.result.case.series
                if str(series.role) == one.sequence
            ),
            None,
        )
        kind = f"{CARRIED_PREFIX}{one.structures} on {one.sequence}"
        is_new = find_result(self.identifier, kind, self.scene) is None
        found = one.transfer
        node = self._put(
            kind, lambda name, node: segmentation_node_from(found.segmentation, name, reference, node)
        )
        record = {"structures": one.structures, "sequence": one.sequence, "source": one.source}
        node.SetAttribute(attributes.TRANSFER, json.dumps({**record, **transfer_record(found)}))
        if is_new:
            node.GetDisplayNode().SetVisibility(False)
        self._table(found.volumes, f"{kind} volumes")
        return node

    def _filled_table(self, table: pd.DataFrame, kind: str) -> Any:
        return None if table.empty else self._table(table, kind)

    def _segmentation(self, segmentation: Segmentation | None, kind: str, volumes: Mapping[str, Any]) -> Any:
        if segmentation is None:
            return None
        reference = next(
            (
                _flat([volumes[series.name]])[0]
                for series in self.result.case.series
                if same_geometry(series.image, segmentation.image)
            ),
            None,
        )
        is_new = find_result(self.identifier, kind, self.scene) is None
        node = self._put(kind, lambda name, node: segmentation_node_from(segmentation, name, reference, node))
        if is_new:
            # Outlines, so that image and map show through, and one set of them; the user's own choice then stays.
            display = node.GetDisplayNode()
            display.SetVisibility2DFill(False)
            display.SetVisibility2DOutline(True)
            display.SetVisibility(kind == self._outlined())
        return node

    def _outlined(self) -> str:
        """Return which segmentation is shown at first: the muscles, or the whole muscle where there are none."""
        return "muscles" if self.result.muscles is not None else "whole muscle"

    def _table(self, table: pd.DataFrame, kind: str) -> Any:
        node = self._put(kind, lambda name, node: table_node_from_dataframe(table, name, node))
        node.SetLocked(True)
        return node

    def _t2_chart(self, measures: pd.DataFrame) -> Any:
        for column, title in (("water_t2_median_ms", "median water T2 (ms)"), ("t2_median_ms", "median T2 (ms)")):
            if column in measures and measures[column].notna().any():
                measured = measures[measures[column].notna()]
                first = measured[measured["sequence"] == measured["sequence"].iloc[0]]
                return self._chart(first, column, "T2", title)
        return None

    def _chart(
        self,
        measures: pd.DataFrame,
        column: str,
        kind: str,
        title: str,
        limits: tuple[float, float] | None = None,
    ) -> Any:
        if column not in measures or not measures[column].notna().any():
            return None
        divided = measures[measures["side"] != Side.BOTH.value]
        charted = divided if len(divided) else measures
        muscles = charted[charted["structure"].isin(_MUSCLES)]
        wide = left_right_table(muscles if len(muscles) else charted, column)
        prefix = "" if kind == "fat fraction" else f"{kind} "
        table = self._put(f"{prefix}chart table", lambda name, node: table_node_from_dataframe(wide, name, node))
        series = [
            self._put(
                f"{prefix}chart {side}",
                lambda name, node, side=side: side_series_node(table, side, "bar", node=node),
            )
            for side in Side
            if side.value in wide.columns
        ]
        return self._put(
            f"{kind} chart",
            lambda name, node: chart_node(series, name, title, list(wide["structure"]), limits, node),
            f"{title.partition(' (')[0]} by side",
        )


def _flat(nodes: Iterable[Any]) -> list[Any]:
    """Return single nodes and those of lists as one list."""
    return [one for node in nodes for one in (node if isinstance(node, list | tuple) else (node,))]
