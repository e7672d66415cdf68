"""Gradient echoes for the tests of water and fat: the digital limb; a real hand and another program's maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.fields import FieldParameters, make_fields
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain
from MuscleMyopathyLib.qmri.phase import ComplexEchoes, complex_echoes

array = sitk.GetArrayFromImage
SIX_ECHOES_MS = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)
# Over the limbs the field of this seed then goes beyond 150 Hz.
FIELDS = FieldParameters(b0_hz=75.0)
SEED = 3


def fatty_limb() -> Limb:
    """Return three thick slices of a thigh with fat fractions from 0 to 100 %."""
    protocol = Protocol(150, 90, (2.5, 2.5), thickness_mm=6, spacing_mm=20, slices=3)
    return make_limb(LimbParameters(pattern=Pattern.LGMDR2, severity=1.0, protocol=protocol))


def acquired(limb: Limb, times_ms: tuple[float, ...]) -> tuple[Series, Series]:
    """Return magnitude and phase at SNR 50."""
    return acquire(limb, GradientEchoTrain(echo_times_ms=times_ms), snr=50, fields=FIELDS, seed=SEED)


def field_hz(limb: Limb) -> np.ndarray:
    """Return the field that the echoes were acquired in."""
    return make_fields(FIELDS, limb.proton_density, SEED).b0_hz


def image_like(values: np.ndarray, like: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.CopyInformation(like)
    return image


def signals_of(echoes: ComplexEchoes) -> np.ndarray:
    """Return all complex numbers, shape (echo, slice, row, column)."""
    columns, rows, slices = echoes.like.GetSize()
    return echoes.at(np.arange(slices * rows * columns)).reshape(len(echoes.times_ms), slices, rows, columns)


def echoes_of(signals: np.ndarray, times_ms: Sequence[float], like: sitk.Image) -> ComplexEchoes:
    """Return echoes of complex numbers, shape (echo, slice, row, column)."""
    magnitudes = [image_like(np.abs(signal), like) for signal in signals]
    return complex_echoes(magnitudes, [image_like(np.angle(signal), like) for signal in signals], times_ms)


@dataclass(frozen=True)
class Hand:
    """Three separate scans of a hand that moved, and the maps of another program.

    Attributes:
        echoes: As they were scanned.
        fat_fraction_percent: Of that program.
        above_noise: Where its water and fat together exceed ten times the noise.
    """

    echoes: ComplexEchoes
    fat_fraction_percent: np.ndarray
    above_noise: np.ndarray

    def difference(self, percent: sitk.Image) -> np.ndarray:
        """Return how many points a fat fraction lies off that of the other program, where both have a signal."""
        off = np.abs(array(percent) - self.fat_fraction_percent)[self.above_noise]
        return off[np.isfinite(off)]


HAND_NOISE = 7.5
"""Noise of each complex channel, from the corners of the echoes."""


def hand_of(shared_data: Path) -> Hand:
    folder = shared_data / "swastling" / "hand_dixon3"
    numbers = ((6, 345), (8, 460), (10, 575))
    magnitudes = [read_image(folder / f"{n:04d}-Dixon_TE_{te}_hand.nii.gz") for n, te in numbers]
    phases = [read_image(folder / f"{n + 1:04d}-Dixon_TE_{te}_hand.nii.gz") for n, te in numbers]
    water, fat, percent = (
        array(read_image(folder / f"expected_{name}.nii.gz")) for name in ("water", "fat", "fatfraction")
    )
    echoes = complex_echoes(magnitudes, phases, (3.45, 4.6, 5.75))
    return Hand(echoes, percent, water + fat > 10 * HAND_NOISE)
