"""Echo trains of water and of fat on a grid of T2 and B1, with their derivatives: what a water-T2 fit looks up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.qmri.extended_phase_graph import EchoTrain, echo_amplitudes

Array = npt.NDArray[np.float32]

_T2_STEP = 0.05
_B1_STEP = 0.025
_DIFFERENCE = 1e-3


@dataclass(frozen=True)
class T2Dictionary:
    """Echo trains of unit proton density.

    Attributes:
        log_t2: Natural logarithm of the T2 of water in ms, shape (t2,), evenly spaced.
        b1: Relative pulse amplitudes, shape (b1,): the middles of even intervals, since at B1 = 1 the derivative
            of an ideal 180° train vanishes.
        water: Echoes of water, shape (t2, b1, echo).
        water_by_log_t2: Their derivative by ``log_t2``.
        water_by_b1: Their derivative by B1.
        fat: Echoes of fat, shape (b1, echo).
        fat_by_b1: Their derivative by B1.
    """

    log_t2: Array
    b1: Array
    water: Array
    water_by_log_t2: Array
    water_by_b1: Array
    fat: Array
    fat_by_b1: Array

    @property
    def log_t2_step(self) -> float:
        """Distance of the T2 grid."""
        return float(self.log_t2[1] - self.log_t2[0])

    @property
    def b1_step(self) -> float:
        """Distance of the B1 grid."""
        return float(self.b1[1] - self.b1[0])


def make_dictionary(
    train: EchoTrain,
    *,
    t2_ms: tuple[float, float],
    b1: tuple[float, float],
    water_t1_ms: float,
    fat_t1_ms: float,
    fat_t2_ms: float,
) -> T2Dictionary:
    """Compute the dictionary between the given limits of T2 and B1 by the extended phase graph."""
    shortest, longest = np.log(t2_ms)
    log_t2 = np.linspace(shortest, longest, 1 + int(np.ceil((longest - shortest) / _T2_STEP)))
    lowest, highest = b1
    cells = int(np.ceil((highest - lowest) / _B1_STEP))
    width = (highest - lowest) / cells
    amplitude = lowest + width * (np.arange(cells) + 0.5)

    def water(log_shift: float = 0.0, b1_shift: float = 0.0) -> npt.NDArray[np.float64]:
        return echo_amplitudes(train, np.exp(log_t2 + log_shift)[:, None], water_t1_ms, amplitude + b1_shift)

    def fat(b1_shift: float = 0.0) -> npt.NDArray[np.float64]:
        return echo_amplitudes(train, fat_t2_ms, fat_t1_ms, amplitude + b1_shift)

    h = _DIFFERENCE
    arrays = (
        log_t2,
        amplitude,
        water(),
        (water(log_shift=h) - water(log_shift=-h)) / (2 * h),
        (water(b1_shift=h) - water(b1_shift=-h)) / (2 * h),
        fat(),
        (fat(b1_shift=h) - fat(b1_shift=-h)) / (2 * h),
    )
    return T2Dictionary(*(array.astype(np.float32) for array in arrays))
