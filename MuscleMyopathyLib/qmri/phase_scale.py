"""What the numbers of a phase image mean, by the range that they fill.

Known scales: −π to π and 0 to 2π radians; −180 to 180 and 0 to 360 degrees; 0 to 4095 and ±2048 (one turn is
4096), ±4096 (one turn is 8192); ±3142 milliradians. What fits none is refused: a wrong scale gives a wrong field
map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError


class PhaseScale(StrEnum):
    """What the numbers of a phase image mean."""

    RADIANS = "radians"
    DEGREES = "degrees"
    STEPS_4096 = "0–4095"
    SIGNED_4096 = "±2048"
    SIGNED_8192 = "±4096"
    MILLIRADIANS = "milliradians"

    @property
    def radians_per_unit(self) -> float:
        """Return what a phase number is multiplied with; an offset of all echoes alike changes nothing."""
        return 2 * math.pi / _TURN[self]


_TURN = {
    PhaseScale.RADIANS: 2 * math.pi,
    PhaseScale.DEGREES: 360.0,
    PhaseScale.STEPS_4096: 4096.0,
    PhaseScale.SIGNED_4096: 4096.0,
    PhaseScale.SIGNED_8192: 8192.0,
    PhaseScale.MILLIRADIANS: 2000 * math.pi,
}

# Smallest and largest value of each scale; a phase image of a limb in air fills nearly all of it.
_RANGES = (
    (PhaseScale.RADIANS, -math.pi, math.pi),
    (PhaseScale.RADIANS, 0.0, 2 * math.pi),
    (PhaseScale.DEGREES, -180.0, 180.0),
    (PhaseScale.DEGREES, 0.0, 360.0),
    (PhaseScale.SIGNED_4096, -2048.0, 2048.0),
    (PhaseScale.STEPS_4096, 0.0, 4096.0),
    (PhaseScale.MILLIRADIANS, -1000 * math.pi, 1000 * math.pi),
    (PhaseScale.SIGNED_8192, -4096.0, 4096.0),
)
_FILLED = 0.9


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
