"""A case from its images to its measures: fat fraction, compartments, sides, whole muscle, tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.errors import GeometryError, InputError, MuscleMyopathyError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry, same_geometry
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.parameters import to_mapping
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction
from MuscleMyopathyLib.qmri.measures import MeasureParameters, Measures, measure_structures
from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map
from MuscleMyopathyLib.segmentation.compartments import CompartmentResult, segment_compartments
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.sides import split_by_side
from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle
from MuscleMyopathyLib.study.case import Case, CaseResult
from MuscleMyopathyLib.study.provenance import provenance

PROBLEM_COLUMNS = ["stage", "structure", "side", "problem"]


@dataclass(frozen=True)
class CaseParameters:
    """All parameters of the case pipeline."""

    fat_fraction: FatFractionParameters = field(default_factory=FatFractionParameters)
    compartments: CompartmentParameters = field(default_factory=CompartmentParameters)
    measures: MeasureParameters = field(default_factory=MeasureParameters)


@dataclass
class _Log:
    """What the stages leave behind beside their results: problems in words, and how long each took."""

    problems: list[dict[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def problem(self, stage: str, text: str, structure: str = "", side: str = "") -> None:
        self.problems.append({"stage": stage, "structure": structure, "side": side, "problem": text})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)

    def table(self) -> pd.DataFrame:
        return pd.DataFrame(self.problems, columns=PROBLEM_COLUMNS)


def run_case(case: Case, parameters: CaseParameters | None = None, progress: Progress = silent) -> CaseResult:
    """Run the whole pipeline on one case.

    What the images do not allow is left out with a row in ``problems``: without water and fat (or a fat-fraction
    map) there is no fat fraction, without water and fat or T1w there are no compartments.

    Raises:
        InputError: The case holds nothing that can be measured, or an image is empty.
        GeometryError: Water and fat, or the muscles and the images, do not share one grid.
    """
    parameters = parameters or CaseParameters()
    log = _Log()
    for series in case.series:
        for problem in series.problems:
            log.problem("images", f"{series.name}: {problem}")
    water, fat = case.by_role(Role.WATER), case.by_role(Role.FAT)

    progress(0.0, "fat fraction")
    with log.stage("fat fraction"):
        fraction = _fat_fraction(case, parameters, log)
    grid, grid_name = _measured_grid(case, fraction)
    if case.muscles is not None:
        require_same_geometry(case.muscles.image, grid, "muscle segmentation", grid_name)

    with log.stage("compartments"):
        found = _compartments(case, parameters, log, portion(progress, 0.05, 0.75))
        compartments = found.compartments if found else None
    with log.stage("sides"):
        muscles = _divided_muscles(case, found, log)
    progress(0.8, "whole muscle")
    with log.stage("whole muscle"):
        global_muscle = (
            None
            if compartments is None
            else whole_muscle(compartments, parameters.compartments.epimysium_erosion_mm)
        )

    progress(0.85, "measures")
    with log.stage("measures"):
        measured = [s for s in (global_muscle, compartments, muscles) if s is not None]
        if case.muscles is not None and muscles is not case.muscles:
            # Structures that came undivided are measured as they came too: published figures are such.
            measured.append(_only_undivided(case.muscles))
        if not measured:
            raise InputError(
                f"Case {case.identifier} has nothing to measure: no muscle segmentation, and no water and fat or "
                "T1w images from which compartments could be made."
            )
        tables = [
            measure_structures(
                segmentation,
                _on_grid_of(segmentation, fraction, log),
                water=water.image if water and fat else None,
                fat=fat.image if water and fat else None,
                parameters=parameters.measures,
            )
            for segmentation in measured
        ]
    volume, by_slice = _with_keys(case, tables, "water + fat" if water and fat else grid_name)
    for row in volume[volume["problem"] != ""].itertuples():
        log.problem("measures", str(row.problem), str(row.structure), str(row.side))
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
    )


def _fat_fraction(case: Case, parameters: CaseParameters, log: _Log) -> sitk.Image | None:
    water, fat, vendor = (case.by_role(role) for role in (Role.WATER, Role.FAT, Role.FAT_FRACTION_MAP))
    if water is not None and fat is not None:
        computed = fat_fraction(water.image, fat.image, parameters.fat_fraction)
        for problem in computed.problems:
            log.problem("fat fraction", problem)
        return computed.percent
    if vendor is not None:
        percent, note = fat_fraction_from_vendor_map(vendor.image)
        log.problem("fat fraction", note)
        return percent
    log.problem("fat fraction", "no fat fraction: the case has neither water and fat images nor a map")
    return None


def _measured_grid(case: Case, fraction: sitk.Image | None) -> tuple[sitk.Image, str]:
    """Return the image whose grid the measures live on, and its name for messages."""
    if fraction is not None:
        return fraction, "fat-fraction map"
    for role in (Role.T1W, Role.WATER, Role.FAT, Role.IN_PHASE, Role.T2W, Role.STIR):
        series = case.by_role(role)
        if series is not None:
            return series.image, f"{role} image"
    raise InputError(
        f"Case {case.identifier} has no image to work on. Give water and fat images, a fat-fraction map or a "
        "T1-weighted image; 'muscle-myopathy series' shows what a folder holds."
    )


def _compartments(
    case: Case, parameters: CaseParameters, log: _Log, progress: Progress
) -> CompartmentResult | None:
    water, fat, t1w = (case.by_role(role) for role in (Role.WATER, Role.FAT, Role.T1W))
    dixon = water is not None and fat is not None
    if not dixon and t1w is None:
        log.problem("compartments", "no compartments: they need water and fat images, or a T1w image")
        return None
    try:
        made = segment_compartments(
            water=water.image if water and dixon else None,
            fat=fat.image if fat and dixon else None,
            t1w=t1w.image if t1w and not dixon else None,
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


def _divided_muscles(case: Case, compartments: CompartmentResult | None, log: _Log) -> Segmentation | None:
    """Return the case's muscles with left and right told apart."""
    muscles = case.muscles
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


def _on_grid_of(segmentation: Segmentation, fraction: sitk.Image | None, log: _Log) -> sitk.Image | None:
    if fraction is None or same_geometry(segmentation.image, fraction):
        return fraction
    log.problem(
        "measures",
        "the compartments lie on another grid than the fat-fraction map: they are measured without fat fraction",
    )
    return None


def _with_keys(case: Case, tables: list[Measures], sequence: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the tables and put the key columns that all of the extension's tables share first."""
    keys: dict[str, str | int] = {
        "case": case.identifier,
        "reader": case.reader,
        "session": case.session,
        "sequence": sequence,
        "region": str(case.region),
    }

    def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
        table = pd.concat(parts, ignore_index=True)
        for position, (name, value) in enumerate(keys.items()):
            table.insert(position, name, value)
        return table

    return joined([table.volume for table in tables]), joined([table.by_slice for table in tables])
