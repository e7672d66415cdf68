"""Phase images in radians, whatever the scanner's scale; magnitude and phase together as complex echoes.

Scales that are recognised by their values: −π to π radians; 0 to 4095 and ±2048 (one turn is 4096), ±4096 (one
turn is 8192); −180 to 180 and 0 to 360 degrees. What fits none is refused: a wrong scale gives a wrong field map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry


class PhaseScale(StrEnum):
    """What the numbers of a phase image mean."""

    RADIANS = "radians"
    DEGREES = "degrees"
    STEPS_4096 = "0–4095"
    SIGNED_4096 = "±2048"
    SIGNED_8192 = "±4096"


_TURN = {
    PhaseScale.RADIANS: 2 * math.pi,
    PhaseScale.DEGREES: 360.0,
    PhaseScale.STEPS_4096: 4096.0,
    PhaseScale.SIGNED_4096: 4096.0,
    PhaseScale.SIGNED_8192: 8192.0,
}

# Smallest and largest value of each scale; a phase image of a limb in air fills nearly all of it.
_RANGES = (
    (PhaseScale.RADIANS, -math.pi, math.pi),
    (PhaseScale.RADIANS, 0.0, 2 * math.pi),
    (PhaseScale.DEGREES, -180.0, 180.0),
    (PhaseScale.DEGREES, 0.0, 360.0),
    (PhaseScale.SIGNED_4096, -2048.0, 2048.0),
    (PhaseScale.STEPS_4096, 0.0, 4096.0),
    (PhaseScale.SIGNED_8192, -4096.0, 4096.0),
)
_FILLED = 0.9


@dataclass(frozen=True)
class ComplexEchoes:
    """Complex echoes on one grid.

    Attributes:
        signals: Shape (echo, slice, row, column), complex64.
        times_ms: Echo time of each, rising.
        like: An image of the grid.
        note: How the phase was understood.
    """

    signals: npt.NDArray[np.complex64]
    times_ms: tuple[float, ...]
    like: sitk.Image
    note: str


def recognise_phase_scale(images: Sequence[sitk.Image]) -> PhaseScale:
    """Return the scale of the phase images of one series by the range of their values.

    Raises:
        InputError: The range fits none of the known scales, or the images are empty.
    """
    lowest = min(float(np.nanmin(sitk.GetArrayViewFromImage(image))) for image in images)
    highest = max(float(np.nanmax(sitk.GetArrayViewFromImage(image))) for image in images)
    for scale, low, high in _RANGES:
        tolerance = 1e-3 * (high - low)
        inside = low - tolerance <= lowest and highest <= high + tolerance
        if inside and highest - lowest >= _FILLED * (high - low):
            return scale
    known = ", ".join(scale.value for scale in PhaseScale)
    raise InputError(
        f"The phase images go from {lowest:g} to {highest:g}, which is none of the known scales ({known}). "
        "Say which it is, or export the phase again. A magnitude image chosen by mistake looks like this as well."
    )


def complex_echoes(
    magnitudes: Sequence[sitk.Image],
    phases: Sequence[sitk.Image],
    times_ms: Sequence[float],
    scale: PhaseScale | None = None,
) -> ComplexEchoes:
    """Put magnitude and phase images together.

    Args:
        magnitudes: One 3D image per echo.
        phases: The phase of each.
        times_ms: Echo time of each; any order, but all different and above 0.
        scale: What the phase's numbers mean; recognised by their range where None.

    Raises:
        InputError: No phase, other numbers of images than of times, impossible times, or an unknown phase scale.
        GeometryError: The images do not share one grid.
    """
    if not phases:
        raise InputError(
            "Only magnitude images were given. Separating water and fat by their frequency needs the phase of "
            "each echo as well: export the phase images, or use the scanner's own water and fat images. Two "
            "echoes, in phase and opposed, can be separated by magnitude up to a fat fraction of 50 %."
        )
    if not len(magnitudes) == len(phases) == len(times_ms):
        raise InputError(
            f"{len(magnitudes)} magnitude images, {len(phases)} phase images and {len(times_ms)} echo times do "
            "not go together: each echo needs one of each."
        )
    order = np.argsort(times_ms)
    times = tuple(float(times_ms[i]) for i in order)
    if times[0] <= 0 or min(np.diff(times), default=1) <= 0:
        raise InputError(f"Echo times must be above 0 ms and all different: {', '.join(map(str, times))} are not.")
    for number, image in enumerate((*magnitudes[1:], *phases), start=2):
        require_same_geometry(magnitudes[0], image, "first magnitude image", f"image {number}")
    recognised = scale or recognise_phase_scale(phases)
    columns, rows, slices = magnitudes[0].GetSize()
    signals = np.empty((len(times), slices, rows, columns), dtype=np.complex64)
    per_radian = 2 * math.pi / _TURN[recognised]
    for echo, index in enumerate(order):
        angle = sitk.GetArrayViewFromImage(phases[index]).astype(np.float32) * np.float32(per_radian)
        magnitude = sitk.GetArrayViewFromImage(magnitudes[index])
        np.multiply(magnitude, np.exp(1j * angle), out=signals[echo], casting="unsafe")
    signals[~np.isfinite(signals)] = 0
    how = "stated" if scale else "recognised by the range of its values"
    return ComplexEchoes(signals, times, magnitudes[0], f"Phase on the scale {recognised.value}, {how}.")
