"""Sequences: what each of them measures of a point of the limb, and which series come out of it.

T2w and STIR stand for echo trains by their effective echo time; fat is bright in T2w, as in a turbo spin echo, by
its apparent T2. Stimulated echoes of a multi-echo train are not modelled: every refocusing costs the same signal.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.phantom.signals import (
    fat_phasor,
    inversion_recovery,
    null_inversion_time_ms,
    spin_echo,
    spoiled_gradient_echo,
)
from MuscleMyopathyLib.phantom.tissues import FAT_T1_MS, FAT_T2_MS

Array = npt.NDArray[np.floating]
Signal = npt.NDArray[np.complexfloating]

FIELD_STRENGTH_TESLA = 3.0


@dataclass(frozen=True)
class Points:
    """What a sequence meets at points of the limb; arrays of one shape.

    Attributes:
        water: Density of the protons of water, healthy muscle 1.
        fat: Density of the protons of fat.
        t1_ms: T1 of the water.
        t2_ms: T2 of the water.
        r2star_per_s: R2* of both.
        flow_void: Share of the signal that flow takes from a spin echo.
        b1: Flip angle over the nominal one.
        b0_hz: Off-resonance.
    """

    water: Array
    fat: Array
    t1_ms: Array
    t2_ms: Array
    r2star_per_s: Array
    flow_void: Array
    b1: Array
    b0_hz: Array

    @property
    def refocused(self) -> Array:
        """Share of the signal that a 90°–180° pair leaves at this B1 and flow."""
        return np.asarray(np.sin(np.pi / 2 * self.b1) ** 3 * (1 - self.flow_void))


@dataclass(frozen=True)
class Output:
    """One series of a sequence.

    Attributes:
        name: Name of the series.
        role: Its role.
        signals: Indices of the sequence's signals that are its echoes.
        echo_times_ms: Their echo times.
        phase: Whether the series shows the phase in radians instead of the magnitude.
    """

    name: str
    role: Role
    signals: tuple[int, ...]
    echo_times_ms: tuple[float, ...]
    phase: bool = False


class Sequence(Protocol):
    """What `acquire` needs of a sequence."""

    @property
    def acquisition(self) -> Acquisition:
        """Its parameters as they stand with the series."""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The series that it makes."""

    def signals(self, points: Points) -> Many[Signal]:
        """Return its signals at the points, complex, in the unit of the density."""


@dataclass(frozen=True)
class SpinEcho:
    """A spin echo, or a turbo spin echo by its effective echo time."""

    name: str = "T1w"
    role: Role = Role.T1W
    repetition_time_ms: float = 600.0
    echo_time_ms: float = 10.0

    @property
    def acquisition(self) -> Acquisition:
        """TR, 90° and the name of the sequence."""
        return Acquisition(self.repetition_time_ms, 90.0, FIELD_STRENGTH_TESLA, "spin echo")

    @property
    def outputs(self) -> tuple[Output, ...]:
        """One image."""
        return (Output(self.name, self.role, (0,), (self.echo_time_ms,)),)

    def signals(self, points: Points) -> Many[Signal]:
        """Return the signal of water and fat in phase."""
        tr, te = self.repetition_time_ms, self.echo_time_ms
        water = spin_echo(points.water, points.t1_ms, points.t2_ms, tr, te)
        fat = spin_echo(points.fat, FAT_T1_MS, FAT_T2_MS, tr, te)
        return [((water + fat) * points.refocused).astype(np.complex64)]


T2W = SpinEcho("T2w", Role.T2W, repetition_time_ms=4000.0, echo_time_ms=70.0)
"""A turbo spin echo with T2 contrast, fat not suppressed."""


@dataclass(frozen=True)
class InversionRecovery:
    """Short-tau inversion recovery (STIR): nulls what has the T1 of fat; the inversion is adiabatic."""

    name: str = "STIR"
    role: Role = Role.STIR
    repetition_time_ms: float = 4500.0
    echo_time_ms: float = 45.0
    inversion_time_ms: float = null_inversion_time_ms(FAT_T1_MS, 4500.0)

    @property
    def acquisition(self) -> Acquisition:
        """TR, 90° and the name of the sequence with its TI."""
        name = f"inversion recovery, TI {self.inversion_time_ms:.0f} ms"
        return Acquisition(self.repetition_time_ms, 90.0, FIELD_STRENGTH_TESLA, name)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """One image."""
        return (Output(self.name, self.role, (0,), (self.echo_time_ms,)),)

    def signals(self, points: Points) -> Many[Signal]:
        """Return the signal of water and fat, with the sign of the recovery."""
        timing = (self.repetition_time_ms, self.echo_time_ms, self.inversion_time_ms)
        water = inversion_recovery(points.water, points.t1_ms, points.t2_ms, *timing)
        fat = inversion_recovery(points.fat, FAT_T1_MS, FAT_T2_MS, *timing)
        return [((water + fat) * points.refocused).astype(np.complex64)]


@dataclass(frozen=True)
class WaterFat:
    """A spoiled gradient echo whose water and fat are separated without error, as IDEAL aims to.

    The separation corrects for R2* and B0; the low flip angle keeps the bias by T1 small: at 3°, TR 14 ms, a true
    fat fraction of 50 % reads as 52.4 %.

    ``fat_in_water`` is the share of the fat's signal that stays in the water image, 0 for a perfect separation;
    one that assumes a single fat peak leaves about 0.1 to 0.3: subcutaneous fat turns grey in the water image.
    """

    name: str = "Dixon"
    repetition_time_ms: float = 14.0
    flip_angle_degrees: float = 3.0
    fat_in_water: float = 0.0

    @property
    def acquisition(self) -> Acquisition:
        """TR, flip angle and the name of the sequence."""
        return Acquisition(
            self.repetition_time_ms,
            self.flip_angle_degrees,
            FIELD_STRENGTH_TESLA,
            "spoiled gradient echo, water and fat separated",
        )

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The water and the fat image."""
        return (
            Output(f"{self.name} water", Role.WATER, (0,), ()),
            Output(f"{self.name} fat", Role.FAT, (1,), ()),
        )

    def signals(self, points: Points) -> Many[Signal]:
        """Return the signals of water and of fat."""
        flip = self.flip_angle_degrees * points.b1
        water = spoiled_gradient_echo(points.water, points.t1_ms, self.repetition_time_ms, flip)
        fat = spoiled_gradient_echo(points.fat, FAT_T1_MS, self.repetition_time_ms, flip)
        left = self.fat_in_water * fat
        return [(water + left).astype(np.complex64), (fat - left).astype(np.complex64)]


@dataclass(frozen=True)
class GradientEchoTrain:
    """A multi-echo spoiled gradient echo, complex: six-peak fat, B0, R2*."""

    name: str = "multi-echo GRE"
    repetition_time_ms: float = 14.0
    flip_angle_degrees: float = 3.0
    echo_times_ms: tuple[float, ...] = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)

    @property
    def acquisition(self) -> Acquisition:
        """TR, flip angle and the name of the sequence."""
        return Acquisition(
            self.repetition_time_ms, self.flip_angle_degrees, FIELD_STRENGTH_TESLA, "spoiled gradient echo"
        )

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The magnitude of every echo, and the phase in radians."""
        echoes = tuple(range(len(self.echo_times_ms)))
        return (
            Output(self.name, Role.MULTI_ECHO_GRE, echoes, self.echo_times_ms),
            Output(f"{self.name} phase", Role.MULTI_ECHO_GRE_PHASE, echoes, self.echo_times_ms, phase=True),
        )

    def signals(self, points: Points) -> Many[Signal]:
        """Return the signal of every echo: (W + F φ(t)) e^(i 2π ψ t) e^(−R2* t)."""
        flip = self.flip_angle_degrees * points.b1
        water = spoiled_gradient_echo(points.water, points.t1_ms, self.repetition_time_ms, flip)
        fat = spoiled_gradient_echo(points.fat, FAT_T1_MS, self.repetition_time_ms, flip)
        echoes = []
        for te_ms in self.echo_times_ms:
            seconds = te_ms * 1e-3
            evolution = np.exp((2j * np.pi * points.b0_hz - points.r2star_per_s) * np.complex64(seconds))
            both = water + fat * fat_phasor(te_ms, FIELD_STRENGTH_TESLA)
            echoes.append((both * evolution).astype(np.complex64))
        return echoes


@dataclass(frozen=True)
class InOpposedPhase:
    """A spoiled gradient echo with fat's main peak against and with water (1.15 and 2.30 ms at 3 T)."""

    name: str = "in/opposed phase"
    echo_times_ms: tuple[float, float] = (1.15, 2.30)
    train: GradientEchoTrain = field(default_factory=GradientEchoTrain)

    @property
    def acquisition(self) -> Acquisition:
        """TR, flip angle and the name of the sequence."""
        return self.train.acquisition

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The opposed-phase and the in-phase image."""
        opposed, in_phase = self.echo_times_ms
        return (
            Output("opposed phase", Role.OPPOSED_PHASE, (0,), (opposed,)),
            Output("in phase", Role.IN_PHASE, (1,), (in_phase,)),
        )

    def signals(self, points: Points) -> Many[Signal]:
        """Return both echoes."""
        train = self.train
        return GradientEchoTrain(
            self.name, train.repetition_time_ms, train.flip_angle_degrees, self.echo_times_ms
        ).signals(points)


@dataclass(frozen=True)
class SpinEchoTrain:
    """A multi-echo spin echo; the default echo times are those of Wang et al., Eur Radiol 2023;33:2350."""

    name: str = "multi-echo SE"
    repetition_time_ms: float = 3000.0
    echo_times_ms: tuple[float, ...] = tuple(10.0 * n for n in range(1, 11))

    @property
    def acquisition(self) -> Acquisition:
        """TR, 90° and the name of the sequence."""
        return Acquisition(self.repetition_time_ms, 90.0, FIELD_STRENGTH_TESLA, "multi-echo spin echo")

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The echo train."""
        echoes = tuple(range(len(self.echo_times_ms)))
        return (Output(self.name, Role.MULTI_ECHO_SE, echoes, self.echo_times_ms),)

    def signals(self, points: Points) -> Many[Signal]:
        """Return the echoes: water and fat, each decaying with its own T2."""
        refocused = points.refocused
        echoes = []
        for te_ms in self.echo_times_ms:
            water = spin_echo(points.water, points.t1_ms, points.t2_ms, self.repetition_time_ms, te_ms)
            fat = spin_echo(points.fat, FAT_T1_MS, FAT_T2_MS, self.repetition_time_ms, te_ms)
            echoes.append(((water + fat) * refocused).astype(np.complex64))
        return echoes
