"""The noise of magnitude images: its level from the air around the limb, and the mean of a signal in it.

A magnitude is Rician: its mean lies above the true signal by σ²/(2 S) where the signal is strong, and at σ √(π/2)
where there is none. Late echoes of a train therefore end on a floor, which a fit without it takes for a long T2.
Source: Gudbjartsson & Patz, Magn Reson Med 1995;34:910.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.qmri.fat_fraction import air_level

F = TypeVar("F", bound=np.floating)

_EXCESS_AT_ZERO = math.pi / 2 - 1
_EXCESS_DECAY = 0.31


def noise_sd_of_air(magnitude: npt.NDArray[np.floating], spacing_mm: tuple[float, float]) -> float:
    """Return the standard deviation of the noise in each complex channel, from the median of the air.

    0 where all air is blanked: then nothing tells the noise.

    Args:
        magnitude: Shape (slice, row, column).
        spacing_mm: Distance of rows and of columns.
    """
    return air_level(magnitude, spacing_mm) / math.sqrt(2 * math.log(2))


def rician_mean(signal: npt.NDArray[F], noise_sd: float) -> npt.NDArray[F]:
    """Return the mean magnitude of a true signal of 0 or more in noise, within 0.01 ``noise_sd``.

    An approximation of σ √(π/2) L½(−S²/2σ²) without Bessel functions, which would take most of a fit's time.

    >>> rician_mean(np.array([0.0, 100.0]), 1.0).round(3).tolist()
    [1.253, 100.005]
    """
    if noise_sd == 0:
        return signal
    dtype = signal.dtype.type
    relative = signal * dtype(1 / noise_sd)
    relative *= relative
    excess = np.exp(relative * dtype(-_EXCESS_DECAY))
    excess *= dtype(_EXCESS_AT_ZERO)
    excess += relative
    excess += dtype(1)
    np.sqrt(excess, out=excess)
    excess *= dtype(noise_sd)
    return np.asarray(excess)
