"""The maps of a case: computed from its echo trains, or taken from the scanner.

A map that cannot be made leaves a row in the problem table, and the rest of the case goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.progress import Progress, portion
from MuscleMyopathyLib.qmri.dixon import DixonParameters, separate_water_and_fat
from MuscleMyopathyLib.qmri.dixon_maps import dixon_maps
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.phase import complex_echoes
from MuscleMyopathyLib.qmri.t2_maps import T2Method, T2Parameters, t2_maps
from MuscleMyopathyLib.qmri.vendor_map import r2star_from_vendor_map, t2_from_vendor_map
from MuscleMyopathyLib.study.case import Case, CaseMap
from MuscleMyopathyLib.study.stage_log import StageLog

_NOT_KEPT = (MapKind.WATER, MapKind.FAT, MapKind.S0, MapKind.CONFIDENCE)
"""Maps that nothing of a case's report or measures needs; the commands ``map-t2`` and ``map-ff`` write them."""


@dataclass(frozen=True)
class SeparatedWaterAndFat:
    """Water, fat and fat fraction from gradient echoes; water and fat are 0 where there is no signal."""

    water: sitk.Image
    fat: sitk.Image
    fat_fraction_percent: sitk.Image
    maps: tuple[CaseMap, ...]


def water_and_fat_of_echoes(
    case: Case, parameters: DixonParameters, log: StageLog, progress: Progress
) -> SeparatedWaterAndFat | None:
    """Separate water and fat of the case's gradient echoes; None where there are none or they do not allow it."""
    magnitude, phase = case.by_role(Role.MULTI_ECHO_GRE), case.by_role(Role.MULTI_ECHO_GRE_PHASE)
    if magnitude is None:
        return None
    stage = "water and fat of echoes"
    try:
        echoes = complex_echoes(
            magnitude.echoes or (magnitude.image,),
            () if phase is None else phase.echoes or (phase.image,),
            _known_times(magnitude),
        )
        separated = separate_water_and_fat(echoes, magnitude.acquisition, parameters, progress)
    except MuscleMyopathyError as error:
        log.problem(stage, f"no fat fraction from {magnitude.name}: {error}")
        return None
    for problem in separated.problems:
        log.problem(stage, problem)
    sequence = str(magnitude.role)
    method = (
        f"Water–fat separation ({parameters.fat_spectrum} fat) of {len(echoes.times_ms)} complex echoes "
        f"({echoes.times_ms[0]:g} to {echoes.times_ms[-1]:g} ms)."
    )
    maps = tuple(
        CaseMap(kind, sequence, image, method)
        for kind, image in dixon_maps(separated).items()
        if kind not in _NOT_KEPT
    )
    return SeparatedWaterAndFat(
        _without_gaps(separated.water), _without_gaps(separated.fat), separated.fat_fraction_percent, maps
    )


def t2_of_echoes(case: Case, parameters: T2Parameters, log: StageLog, progress: Progress) -> tuple[CaseMap, ...]:
    """Fit T2 and water T2 of the case's spin echoes; what they do not allow is a problem."""
    series = case.by_role(Role.MULTI_ECHO_SE)
    if series is None:
        return ()
    stage = "T2"
    try:
        echoes = Echoes.of_series(series)
    except MuscleMyopathyError as error:
        log.problem(stage, f"no T2: {error}")
        return ()
    maps: list[CaseMap] = []
    for number, method in enumerate(T2Method):
        part = portion(progress, number / len(T2Method), (number + 1) / len(T2Method))
        try:
            found = t2_maps(echoes, method, parameters, part)
        except MuscleMyopathyError as error:
            log.problem(stage, f"no {_WHAT[method]}: {error}")
            continue
        for problem in found.problems:
            log.problem(stage, f"{_WHAT[method]}: {problem}")
        used = in_words(found.echoes_used)
        for kind, image in found.maps.items():
            # Both fits leave a residual; that of water T2 stands for the case.
            if kind not in _NOT_KEPT and (kind.quantity or method is T2Method.WATER):
                maps.append(CaseMap(kind, str(series.role), image, f"{_HOW[method]}; echoes {used}."))
    return tuple(maps)


def in_words(numbers: tuple[int, ...]) -> str:
    """Return the numbers of echoes for reading.

    >>> in_words((2, 3, 4)), in_words((1, 3, 4))
    ('2 to 4', '1, 3, 4')
    """
    whole = numbers == tuple(range(numbers[0], numbers[-1] + 1))
    return f"{numbers[0]} to {numbers[-1]}" if whole and len(numbers) > 2 else ", ".join(map(str, numbers))


_WHAT = {T2Method.MONO_EXPONENTIAL: "T2", T2Method.WATER: "water T2"}
_HOW = {
    T2Method.MONO_EXPONENTIAL: "Mono-exponential fit with a noise floor",
    T2Method.WATER: "Extended phase graph with B1 and a fat component of fixed T2",
}


def maps_of_the_scanner(case: Case, log: StageLog) -> tuple[CaseMap, ...]:
    """Return the scanner's T2 and R2* maps in ms and 1/s, voxels without a fit masked."""
    maps = []
    for role, kind, convert in (
        (Role.T2_MAP, MapKind.T2, t2_from_vendor_map),
        (Role.R2STAR_MAP, MapKind.R2STAR, r2star_from_vendor_map),
    ):
        series = case.by_role(role)
        if series is None:
            continue
        try:
            image, note = convert(series.image, series.unit)
        except MuscleMyopathyError as error:
            log.problem(kind.label, f"no {kind.label} from {series.name}: {error}")
            continue
        log.problem(kind.label, f"{series.name}: {note}")
        single = sitk.Cast(image, sitk.sitkFloat32)
        maps.append(CaseMap(kind, str(role), single, f"The scanner's own map. {note}"))
    return tuple(maps)


def _known_times(series: Series) -> tuple[float, ...]:
    # Their absence is said in the words of the T2 fit's check, which counts the echoes.
    return series.echo_times_ms or Echoes.of_series(series).times_ms


def _without_gaps(image: sitk.Image) -> sitk.Image:
    filled = sitk.GetImageFromArray(np.maximum(np.nan_to_num(sitk.GetArrayViewFromImage(image)), 0))
    filled.CopyInformation(image)
    return filled
