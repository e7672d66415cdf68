"""A case from its images to its measures: fat fraction, compartments, sides, whole muscle, T2, tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.errors import GeometryError, InputError, MuscleMyopathyError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry, same_geometry
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.transfer import TransferParameters, transfer_structures
from MuscleMyopathyLib.parameters import to_mapping
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.qmri.dixon import DixonParameters
from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.measures import MeasureParameters, Measures, measure_structures
from MuscleMyopathyLib.qmri.t2_maps import T2Parameters
from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map
from MuscleMyopathyLib.segmentation.compartments import CompartmentResult, segment_compartments
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.sides import split_by_side
from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle
from MuscleMyopathyLib.study.case import Case, CaseMap, CaseResult, CaseTransfer
from MuscleMyopathyLib.study.map_measures import measure_case_maps, series_on_grid, t2_against_fat_of_case
from MuscleMyopathyLib.study.map_stages import (
    SeparatedWaterAndFat,
    maps_of_the_scanner,
    t2_of_echoes,
    water_and_fat_of_echoes,
)
from MuscleMyopathyLib.study.provenance import provenance
from MuscleMyopathyLib.study.stage_log import StageLog


@dataclass(frozen=True)
class CaseParameters:
    """All parameters of the case pipeline."""

    fat_fraction: FatFractionParameters = field(default_factory=FatFractionParameters)
    compartments: CompartmentParameters = field(default_factory=CompartmentParameters)
    measures: MeasureParameters = field(default_factory=MeasureParameters)
    transfer: TransferParameters = field(default_factory=TransferParameters)
    t2: T2Parameters = field(default_factory=T2Parameters)
    dixon: DixonParameters = field(default_factory=DixonParameters)


def run_case(case: Case, parameters: CaseParameters | None = None, progress: Progress = silent) -> CaseResult:
    """Run the whole pipeline on one case.

    What the images do not allow is left out with a row in ``problems``: without water and fat (or a fat-fraction
    map, or complex gradient echoes) there is no fat fraction, without water and fat or T1w there are no
    compartments, without spin echoes or a map there is no T2.

    Raises:
        InputError: The case holds nothing that can be measured, or an image is empty.
        GeometryError: Water and fat do not share one grid, or the muscles lie on the grid of no series.
    """
    parameters = parameters or CaseParameters()
    log = StageLog()
    for series in case.series:
        for problem in series.problems:
            log.problem("images", f"{series.name}: {problem}")

    with log.stage("water and fat of echoes"):
        separated = water_and_fat_of_echoes(case, parameters.dixon, log, portion(progress, 0.0, 0.3))
    progress(0.3, "fat fraction")
    with log.stage("fat fraction"):
        fraction, water_and_fat = _fat_fraction(case, separated, parameters, log)
    grid, grid_name = _measured_grid(case, fraction)
    with log.stage("transfer"):
        given, transfers = _muscles_on_grid(case, grid, grid_name, parameters, log)

    with log.stage("compartments"):
        found = _compartments(case, water_and_fat, parameters, log, portion(progress, 0.3, 0.6))
        compartments = found.compartments if found else None
    with log.stage("sides"):
        muscles = _divided_muscles(given, found, log)
    progress(0.6, "whole muscle")
    with log.stage("whole muscle"):
        global_muscle = (
            None
            if compartments is None
            else whole_muscle(compartments, parameters.compartments.epimysium_erosion_mm)
        )

    progress(0.65, "measures")
    with log.stage("measures"):
        measured = [s for s in (global_muscle, compartments, muscles) if s is not None]
        if given is not None and muscles is not given:
            # Structures that came undivided are measured as they came too: published figures are such.
            measured.append(_only_undivided(given))
        if not measured:
            raise InputError(
                f"Case {case.identifier} has nothing to measure: no muscle segmentation, and no water and fat or "
                "T1w images from which compartments could be made."
            )
        water, fat = water_and_fat or (None, None)
        tables = [
            measure_structures(
                segmentation,
                _on_grid_of(segmentation, fraction, log),
                water=water,
                fat=fat,
                parameters=parameters.measures,
            )
            for segmentation in measured
        ]
    sequence = _sequence_of_fat_fraction(case, separated) or grid_name
    volume, by_slice = _with_keys(case, tables, sequence)
    for row in volume[volume["problem"] != ""].itertuples():
        log.problem("measures", str(row.problem), str(row.structure), str(row.side))

    with log.stage("T2"):
        maps = t2_of_echoes(case, parameters.t2, log, portion(progress, 0.7, 0.95))
        maps += maps_of_the_scanner(case, log) + _other_maps(separated, fraction)
    progress(0.95, "measures of the maps")
    with log.stage("measures of the maps"):
        drawn = {"whole muscle": global_muscle, "muscles": muscles}
        of_maps = measure_case_maps(case, maps, drawn, parameters.measures, parameters.transfer, log)
        against_fat = t2_against_fat_of_case(case, maps, fraction, of_maps.structures)
    progress(1.0, "done")
    return CaseResult(
        case=case,
        compartments=compartments,
        whole_muscle=global_muscle,
        muscles=muscles,
        fat_fraction_percent=fraction,
        measures=volume,
        measures_by_slice=by_slice,
        problems=log.table(),
        parameters=to_mapping(parameters),
        provenance=provenance(case, log.seconds),
        maps=maps,
        map_measures=_keyed(case, of_maps.volume),
        map_measures_by_slice=_keyed(case, of_maps.by_slice),
        transfers=(*transfers, *of_maps.transfers),
        t2_against_fat=against_fat,
    )


WaterAndFat = tuple[sitk.Image, sitk.Image]


def _fat_fraction(
    case: Case, separated: SeparatedWaterAndFat | None, parameters: CaseParameters, log: StageLog
) -> tuple[sitk.Image | None, WaterAndFat | None]:
    """Return the fat-fraction map, and the water and fat images on its grid where there are any.

    From water and fat images, else the scanner's map, else the gradient echoes.
    """
    water, fat, vendor = (case.by_role(role) for role in (Role.WATER, Role.FAT, Role.FAT_FRACTION_MAP))
    if water is not None and fat is not None:
        computed = fat_fraction(water.image, fat.image, parameters.fat_fraction)
        for problem in computed.problems:
            log.problem("fat fraction", problem)
        return computed.percent, (water.image, fat.image)
    if vendor is not None:
        percent, note = fat_fraction_from_vendor_map(vendor.image, vendor.unit)
        log.problem("fat fraction", note)
        return percent, None
    if separated is not None:
        return separated.fat_fraction_percent, (separated.water, separated.fat)
    log.problem(
        "fat fraction",
        "no fat fraction: the case has neither water and fat images nor a map nor complex gradient echoes",
    )
    return None, None


def _sequence_of_fat_fraction(case: Case, separated: SeparatedWaterAndFat | None) -> str | None:
    """Return the key ``sequence`` of the fat fraction's rows; None without a fat fraction."""
    if case.by_role(Role.WATER) is not None and case.by_role(Role.FAT) is not None:
        return "water + fat"
    if case.by_role(Role.FAT_FRACTION_MAP) is not None:
        return "fat-fraction map"
    return None if separated is None else str(Role.MULTI_ECHO_GRE)


def _other_maps(separated: SeparatedWaterAndFat | None, fraction: sitk.Image | None) -> tuple[CaseMap, ...]:
    """Return the maps of the gradient echoes, without the fat fraction that is the case's own."""
    if separated is None:
        return ()
    if fraction is not separated.fat_fraction_percent:
        return separated.maps
    return tuple(one for one in separated.maps if one.kind is not MapKind.FAT_FRACTION)


_GRID_ROLES = (
    Role.T1W,
    Role.WATER,
    Role.FAT,
    Role.IN_PHASE,
    Role.T2W,
    Role.STIR,
    Role.T2_MAP,
    Role.MULTI_ECHO_SE,
    Role.R2STAR_MAP,
    Role.MULTI_ECHO_GRE,
)


def _measured_grid(case: Case, fraction: sitk.Image | None) -> tuple[sitk.Image, str]:
    """Return the image whose grid the measures live on, and its name for messages."""
    if fraction is not None:
        return fraction, "fat-fraction map"
    for role in _GRID_ROLES:
        series = case.by_role(role)
        if series is not None:
            return series.image, f"{role} image"
    raise InputError(
        f"Case {case.identifier} has no image to work on. Give water and fat images, a fat-fraction map, a T2 "
        "map, echoes or a T1-weighted image; 'muscle-myopathy series' shows what a folder holds."
    )


def _muscles_on_grid(
    case: Case, grid: sitk.Image, grid_name: str, parameters: CaseParameters, log: StageLog
) -> tuple[Segmentation | None, tuple[CaseTransfer, ...]]:
    """Return the muscles that came with the case on the measured grid, carried there where they lie on another."""
    muscles = case.muscles
    if muscles is None or same_geometry(muscles.image, grid):
        return muscles, ()
    source, target = series_on_grid(case, muscles.image), series_on_grid(case, grid)
    if source is None or target is None:
        require_same_geometry(muscles.image, grid, "muscle segmentation", grid_name)
        return muscles, ()
    carried = transfer_structures(muscles, source, target, parameters.transfer)
    for problem in carried.problems:
        log.problem("transfer", f"{source.role} to {target.role}: {problem}")
    return carried.segmentation, (
        CaseTransfer("muscles", str(target.role), str(source.role), target.image, carried),
    )


def _compartments(
    case: Case,
    water_and_fat: WaterAndFat | None,
    parameters: CaseParameters,
    log: StageLog,
    progress: Progress,
) -> CompartmentResult | None:
    t1w = case.by_role(Role.T1W)
    water, fat = water_and_fat or (None, None)
    if water is None and t1w is None:
        log.problem("compartments", "no compartments: they need water and fat images, or a T1w image")
        return None
    try:
        made = segment_compartments(
            water=water,
            fat=fat,
            t1w=t1w.image if t1w and water is None else None,
            region=case.region,
            parameters=parameters.compartments,
            progress=progress,
        )
    except GeometryError:
        raise
    except MuscleMyopathyError as error:
        log.problem("compartments", f"no compartments: {error}")
        return None
    for row in made.problems.itertuples():
        log.problem(str(row.stage), str(row.problem), str(row.structure), str(row.side))
    return made


def _divided_muscles(
    muscles: Segmentation | None, compartments: CompartmentResult | None, log: StageLog
) -> Segmentation | None:
    """Return the muscles with left and right told apart."""
    if muscles is None or all(s.side is not Side.BOTH for s in muscles.structures.values()):
        return muscles
    if compartments is None:
        log.problem(
            "sides",
            "left and right muscles are not told apart: that needs water and fat images, or a T1w image",
        )
        return muscles
    return split_by_side(muscles, compartments.side_map)


def _only_undivided(segmentation: Segmentation) -> Segmentation:
    undivided = {k: s for k, s in segmentation.structures.items() if s.side is Side.BOTH}
    return Segmentation(segmentation.image, undivided)


def _on_grid_of(segmentation: Segmentation, fraction: sitk.Image | None, log: StageLog) -> sitk.Image | None:
    if fraction is None or same_geometry(segmentation.image, fraction):
        return fraction
    log.problem(
        "measures",
        "the compartments lie on another grid than the fat-fraction map: they are measured without fat fraction",
    )
    return None


def _with_keys(case: Case, tables: list[Measures], sequence: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the tables and put the key columns that all of the extension's tables share first."""

    def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
        table = pd.concat(parts, ignore_index=True)
        table.insert(0, "sequence", sequence)
        return _keyed(case, table)

    return joined([table.volume for table in tables]), joined([table.by_slice for table in tables])


def _keyed(case: Case, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that begins with ``sequence`` with all key columns; an empty one as it is."""
    if table.empty:
        return table
    keys: dict[str, str | int] = {"case": case.identifier, "reader": case.reader, "session": case.session}
    for position, (name, value) in enumerate(keys.items()):
        table.insert(position, name, value)
    table.insert(len(keys) + 1, "region", str(case.region))
    return table
