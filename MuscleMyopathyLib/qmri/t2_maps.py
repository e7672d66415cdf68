"""T2 maps of a spin-echo train by either method, by kind: what panel, console, pipeline and command share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import SimpleITK as sitk

from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.t2_mono_exponential import MonoExponentialParameters, mono_exponential_t2
from MuscleMyopathyLib.qmri.t2_water import WaterT2Parameters, water_t2


class T2Method(StrEnum):
    """How T2 is computed."""

    MONO_EXPONENTIAL = "mono-exponential"
    WATER = "water"


@dataclass(frozen=True)
class T2Parameters:
    """Parameters of both methods.

    Attributes:
        mono_exponential: Of the mono-exponential fit.
        water: Of the fit of water T2 by the extended phase graph.
    """

    mono_exponential: MonoExponentialParameters = field(default_factory=MonoExponentialParameters)
    water: WaterT2Parameters = field(default_factory=WaterT2Parameters)


@dataclass(frozen=True)
class T2Maps:
    """The maps of one fit.

    Attributes:
        method: How they were computed.
        maps: By kind: ``T2``, ``S0`` (mono-exponential) or ``WATER_T2``, ``FAT_SHARE``, ``B1`` (water), and of
            both ``RESIDUAL`` and ``STANDARD_ERROR``; single precision, NaN where there is no signal or no fit.
        echoes_used: Numbers of the echoes, from 1.
        noise_sd: Noise in each complex channel that the fit assumed; 0 for none.
        problems: What a reader should know, in words.
    """

    method: T2Method
    maps: Mapping[MapKind, sitk.Image]
    echoes_used: tuple[int, ...]
    noise_sd: float
    problems: tuple[str, ...]


def t2_maps(
    echoes: Echoes, method: T2Method, parameters: T2Parameters | None = None, progress: Progress = silent
) -> T2Maps:
    """Fit T2 in every voxel with signal.

    Raises:
        InputError: As `mono_exponential_t2` and `water_t2`.
    """
    parameters = parameters or T2Parameters()
    if method is T2Method.MONO_EXPONENTIAL:
        decay = mono_exponential_t2(echoes, parameters.mono_exponential, progress)
        maps = {
            MapKind.T2: decay.t2_ms,
            MapKind.S0: decay.s0,
            MapKind.RESIDUAL: decay.residual,
            MapKind.STANDARD_ERROR: decay.standard_error_ms,
        }
        return T2Maps(method, maps, decay.echoes_used, decay.noise_sd, decay.problems)
    fitted = water_t2(echoes, parameters.water, progress)
    maps = {
        MapKind.WATER_T2: fitted.t2_ms,
        MapKind.FAT_SHARE: fitted.fat_share_percent,
        MapKind.B1: fitted.b1,
        MapKind.RESIDUAL: fitted.residual,
        MapKind.STANDARD_ERROR: fitted.standard_error_ms,
    }
    return T2Maps(method, maps, echoes.numbers, fitted.noise_sd, fitted.problems)
