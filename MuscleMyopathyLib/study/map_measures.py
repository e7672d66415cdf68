"""Measures of a case's maps: structures carried to the grid of each series, and measured there.

All maps of one series share its grid, so each series gives one row per structure and side with the columns of all
that was measured of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.resampling import average_onto
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.transfer import Refinement, TransferParameters, transfer_structures
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.measures import MeasureParameters, Measures, measure_map, measure_structures
from MuscleMyopathyLib.qmri.t2_against_fat import t2_against_fat
from MuscleMyopathyLib.study.case import Case, CaseMap, CaseTransfer
from MuscleMyopathyLib.study.stage_log import StageLog

DRAWN_ON = (Role.T1W, Role.IN_PHASE, Role.WATER, Role.T2W, Role.MULTI_ECHO_GRE, Role.FAT, Role.FAT_FRACTION_MAP)
"""Which series stands for a grid that several share, best for an alignment first."""


@dataclass(frozen=True)
class MeasuredMaps:
    """What was measured of the maps of all series.

    Attributes:
        volume: One row per sequence, structure and side.
        by_slice: One row per sequence, structure, side and slice.
        transfers: How the structures came to the grids.
        structures: By sequence, the structures on its grid.
    """

    volume: pd.DataFrame
    by_slice: pd.DataFrame
    transfers: tuple[CaseTransfer, ...]
    structures: Mapping[str, tuple[Segmentation, ...]]


def measure_case_maps(
    case: Case,
    maps: tuple[CaseMap, ...],
    drawn: Mapping[str, Segmentation | None],
    measures: MeasureParameters,
    transfer: TransferParameters,
    log: StageLog,
) -> MeasuredMaps:
    """Measure every map that has a quantity.

    Args:
        case: The case, for its series.
        maps: Its maps.
        drawn: Segmentations by what they are (``muscles``, ``whole muscle``); they may lie on other grids.
        measures: Erosion and cut-offs.
        transfer: How structures are carried over.
        log: Receives what could not be carried or measured.
    """
    volumes: list[pd.DataFrame] = []
    slices: list[pd.DataFrame] = []
    transfers: list[CaseTransfer] = []
    structures: dict[str, tuple[Segmentation, ...]] = {}
    for sequence in dict.fromkeys(one.sequence for one in maps):
        own = [one for one in maps if one.sequence == sequence and one.kind.quantity is not None]
        if not own:
            continue
        there, carried = _structures_on(case, sequence, own[0].image, drawn, transfer, log)
        transfers += carried
        structures[sequence] = there
        for segmentation in there:
            table = _measured(segmentation, own, measures)
            volumes.append(_with_sequence(table.volume, sequence))
            slices.append(_with_sequence(table.by_slice, sequence))
            for row in table.volume[table.volume["problem"] != ""].itertuples():
                log.problem(f"measures, {sequence}", str(row.problem), str(row.structure), str(row.side))
    return MeasuredMaps(_joined(volumes), _joined(slices), tuple(transfers), structures)


def t2_against_fat_of_case(
    case: Case,
    maps: tuple[CaseMap, ...],
    fat_fraction_percent: sitk.Image | None,
    structures: Mapping[str, tuple[Segmentation, ...]],
) -> pd.DataFrame:
    """Return T2 in bins of fat fraction for the spin echoes of a case; of a phantom with the true water T2."""
    sequence = str(Role.MULTI_ECHO_SE)
    t2 = {
        one.kind.quantity.prefix: one.image
        for one in maps
        if one.sequence == sequence and one.kind in (MapKind.T2, MapKind.WATER_T2) and one.kind.quantity
    }
    there = structures.get(sequence, ())
    if fat_fraction_percent is None or not t2 or not there:
        return pd.DataFrame()
    grid = next(iter(t2.values()))
    # The structures come with the finest last: the muscles, else the whole muscle.
    inside = np.isin(there[-1].array, list(there[-1].structures))
    if case.truth is not None:
        t2["true_water_t2"] = average_onto(case.truth.water_t2_ms, grid)
    return t2_against_fat(average_onto(fat_fraction_percent, grid), t2, inside)


def _structures_on(
    case: Case,
    sequence: str,
    grid: sitk.Image,
    drawn: Mapping[str, Segmentation | None],
    parameters: TransferParameters,
    log: StageLog,
) -> tuple[tuple[Segmentation, ...], list[CaseTransfer]]:
    """Return the structures on a grid, and how those came there that lie on another one."""
    target = case.by_role(Role(sequence))
    assert target is not None
    there: list[Segmentation] = []
    carried: list[CaseTransfer] = []
    refinement: Refinement | None = None
    for what, segmentation in drawn.items():
        if segmentation is None:
            continue
        given = case.muscles
        if what == "muscles" and given is not None and same_geometry(given.image, grid) and _is_divided(given):
            there.append(given)
            continue
        if same_geometry(segmentation.image, grid):
            there.append(segmentation)
            continue
        source = series_on_grid(case, segmentation.image)
        if source is None:
            log.problem("transfer", f"{what} cannot be carried to {sequence}: no series shares their grid")
            continue
        try:
            found = transfer_structures(segmentation, source, target, parameters, refinement=refinement)
        except MuscleMyopathyError as error:
            log.problem("transfer", f"{what} not carried to {sequence}, which is not measured: {error}")
            continue
        refinement = found.refinement
        for problem in found.problems:
            log.problem("transfer", f"{source.role} to {sequence}: {problem}")
        there.append(found.segmentation)
        carried.append(CaseTransfer(what, sequence, str(source.role), target.image, found))
    return tuple(there), carried


def series_on_grid(case: Case, image: sitk.Image) -> Series | None:
    """Return the series of a case that shares a grid, the best for an alignment first; None where none does."""
    of_grid = [one for one in case.series if same_geometry(one.image, image)]
    order = {role: place for place, role in enumerate(DRAWN_ON)}
    return min(of_grid, key=lambda one: order.get(one.role, len(order)), default=None)


def _is_divided(segmentation: Segmentation) -> bool:
    return all(str(structure.side) != "both" for structure in segmentation.structures.values())


def _measured(segmentation: Segmentation, maps: list[CaseMap], parameters: MeasureParameters) -> Measures:
    """Return one table with the columns of all maps of a series."""
    tables = []
    for one in maps:
        quantity = one.kind.quantity
        assert quantity is not None
        if one.kind is MapKind.FAT_FRACTION:
            tables.append((quantity, measure_structures(segmentation, one.image, parameters=parameters)))
        else:
            tables.append((quantity, measure_map(segmentation, one.image, quantity, parameters)))
    volume = _side_by_side([(quantity.prefix, table.volume) for quantity, table in tables])
    by_slice = _side_by_side([(quantity.prefix, table.by_slice) for quantity, table in tables])
    return Measures(volume, by_slice)


def _side_by_side(tables: list[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return the first table with the columns of the others before its last two, and all problems in words."""
    (_, first), *others = tables
    last = ["erosion_mm", "problem"]
    parts = [first.drop(columns=last)]
    for _other, table in others:
        new = [column for column in table.columns if column not in first.columns]
        parts.append(table[new])
    problems = first["problem"].astype(str)
    if others:
        named = pd.concat({name: table["problem"] for name, table in tables}, axis=1)
        problems = named.apply(_joined_problems, axis=1)
    return pd.concat([*parts, first[["erosion_mm"]], problems.rename("problem")], axis=1)


def _joined_problems(row: pd.Series[str]) -> str:
    texts = {name: text for name, text in row.items() if text}
    if not texts:
        return ""
    if len(texts) == len(row) and len(set(texts.values())) == 1:
        return str(next(iter(texts.values())))
    return "; ".join(f"{name}: {text}" for name, text in texts.items())


def _with_sequence(table: pd.DataFrame, sequence: str) -> pd.DataFrame:
    table = table.copy()
    table.insert(0, "sequence", sequence)
    return table


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows, the columns of sizes before those of values and the last two last."""
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    last = ["erosion_mm", "problem"]
    return table[[*(column for column in table.columns if column not in last), *last]]
