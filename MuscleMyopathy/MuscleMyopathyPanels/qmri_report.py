"""The report of a case with the maps that were measured in the panel beside the pipeline's own results."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from .qmri_shown import Shown, shown_of
from .qmri_ways import FAT_FRACTION, QUANTITIES


def measured_maps(identifier: str) -> list[Shown]:
    """Return what the panel measured of the case beside the fat fraction."""
    found = (shown_of(identifier, quantity) for quantity in QUANTITIES if quantity != FAT_FRACTION)
    return [one for one in found if one is not None]


def write_whole_report(identifier: str, path: Path) -> None:
    """Write the report of a case in the scene: the pipeline's results, measured maps, scores, a model's answer.

    Raises:
        InputError: The scene holds no results of the case.
        OutputError: The page cannot be written.
    """
    from MuscleMyopathyLib.report.html import write_report
    from MuscleMyopathyLib.scene.case_classification import case_classification
    from MuscleMyopathyLib.scene.case_reading import read_case
    from MuscleMyopathyLib.scene.case_scores import case_scores

    result = read_case(identifier)
    measured = measured_maps(identifier)
    if measured:
        result = _with_maps(result, measured)
    write_report(result, path, scores=case_scores(identifier), classification=case_classification(identifier))


def _with_maps(result: Any, measured: list[Shown]) -> Any:
    from MuscleMyopathyLib.scene.volumes import image_from_volume_node
    from MuscleMyopathyLib.study.case import CaseMap

    maps = {(one.sequence, one.kind): one for one in result.maps}
    volume, by_slice = [], []
    for shown in measured:
        sequence, kind = _sequence(shown), _kind(shown)
        description = shown.map.GetDescription() or _reason(shown.map)
        maps[sequence, kind] = CaseMap(kind, sequence, image_from_volume_node(shown.map), description)
        volume.append((sequence, _frame(shown.measures)))
        by_slice.append((sequence, _frame(shown.by_slice)))
    return dataclasses.replace(
        result,
        maps=tuple(maps.values()),
        map_measures=_joined(result, volume, ["structure", "side"]),
        map_measures_by_slice=_joined(result, by_slice, ["structure", "side", "slice"]),
    )


def _joined(result: Any, tables: list[tuple[str, Any]], keys: list[str]) -> Any:
    """Return one table: a row per sequence and key, the quantities of one sequence side by side."""
    import pandas as pd

    by_sequence: dict[str, Any] = {}
    for sequence, table in tables:
        earlier = by_sequence.get(sequence)
        if earlier is None:
            by_sequence[sequence] = table
            continue
        new = [name for name in table.columns if name not in earlier.columns]
        by_sequence[sequence] = earlier.merge(table[[*keys, *new]], on=keys, how="outer")
    case = result.case
    joined = pd.concat(
        [table.assign(sequence=sequence) for sequence, table in by_sequence.items()], ignore_index=True
    )
    named = {
        "case": case.identifier,
        "reader": case.reader,
        "session": case.session,
        "sequence": joined.pop("sequence"),
        "region": str(case.region),
    }
    for position, (name, value) in enumerate(named.items()):
        joined.insert(position, name, value)
    return joined.assign(problem=joined["problem"].fillna(""))


def _sequence(shown: Shown) -> str:
    from MuscleMyopathyLib.imaging.roles import Role
    from MuscleMyopathyLib.scene import attributes

    if shown.map.GetAttribute(attributes.MAP) is None:
        # The scanner's own.
        return str(shown.map.GetAttribute(attributes.ROLE))
    return str(Role.MULTI_ECHO_GRE if shown.quantity == "r2star" else Role.MULTI_ECHO_SE)


def _kind(shown: Shown) -> Any:
    from MuscleMyopathyLib.qmri.map_kinds import MapKind

    return {"t2": MapKind.T2, "water_t2": MapKind.WATER_T2, "r2star": MapKind.R2STAR}[shown.quantity]


def _reason(node: Any) -> str:
    from MuscleMyopathyLib.scene import attributes

    return node.GetAttribute(attributes.ROLE_REASON) or ""


def _frame(node: Any) -> Any:
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    return dataframe_from_table_node(node)
