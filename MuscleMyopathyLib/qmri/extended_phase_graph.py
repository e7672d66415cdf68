"""Echo trains of a multi-echo spin-echo sequence by the extended phase graph, with B1 and slice profile.

A refocusing pulse that is not 180° stores part of the magnetisation along the field and gives it back later as
stimulated echoes; the first echo is then lower than the second, and a mono-exponential fit overestimates T2. The
extended phase graph follows the configurations exactly. Sources: Hennig, J Magn Reson 1988;78:397; Weigel, J Magn
Reson Imaging 2015;41:266, equations 17–20; slice profile as in Lebel & Wilman, Magn Reson Med 2010;64:1005.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import ParameterError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EchoTrain:
    """A Carr–Purcell–Meiboom–Gill train of equally spaced echoes.

    Attributes:
        echoes: Number of echoes.
        spacing_ms: Time between echoes, equal to the first echo time.
        refocusing_degrees: Nominal angle of the refocusing pulses.
        excitation_degrees: Nominal angle of the excitation.
        profile: Relative pulse amplitude at points across the slice; (1.0,) is an ideal slice.
    """

    echoes: int
    spacing_ms: float
    refocusing_degrees: float = 180.0
    excitation_degrees: float = 90.0
    profile: tuple[float, ...] = field(default=(1.0,))

    def __post_init__(self) -> None:
        if self.echoes < 1 or not self.spacing_ms > 0:
            raise ParameterError(
                f"An echo train needs at least one echo and a spacing above 0 ms, not {self.echoes} echoes at "
                f"{self.spacing_ms} ms."
            )
        if not self.profile or min(self.profile) < 0:
            raise ParameterError("The slice profile needs one or more amplitudes of 0 or more.")


def echo_amplitudes(train: EchoTrain, t2_ms: npt.ArrayLike, t1_ms: npt.ArrayLike, b1: npt.ArrayLike) -> FloatArray:
    """Return the echo amplitudes of tissue with unit proton density.

    Args:
        train: The sequence.
        t2_ms: Transverse relaxation time; any shape, all three broadcast together.
        t1_ms: Longitudinal relaxation time.
        b1: Actual over nominal pulse amplitude, 1 where the transmit field is exact.

    Returns:
        Shape of the broadcast arguments with the echoes as last axis.
    """
    t2, t1, b1_ = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (t2_ms, t1_ms, b1)))
    total = sum(
        _ideal_slice(train, t2.ravel(), t1.ravel(), b1_.ravel() * amplitude) for amplitude in train.profile
    )
    return np.asarray(total / len(train.profile)).reshape(*t2.shape, train.echoes)


def _ideal_slice(train: EchoTrain, t2_ms: FloatArray, t1_ms: FloatArray, b1: FloatArray) -> FloatArray:
    """Follow the configuration states F+, F- and Z, each of shape (order, tissues), through the train."""
    orders = train.echoes + 1
    # The refocusing pulses are applied along the magnetisation (CPMG), so that all states stay real.
    half_t2 = np.exp(-train.spacing_ms / (2 * t2_ms))
    half_t1 = np.exp(-train.spacing_ms / (2 * t1_ms))
    angle = np.deg2rad(train.refocusing_degrees) * b1
    cos_squared, sin_squared = np.cos(angle / 2) ** 2, np.sin(angle / 2) ** 2
    sine, cosine = np.sin(angle), np.cos(angle)

    plus = np.zeros((orders + 1, t2_ms.size))
    minus = np.zeros_like(plus)
    longitudinal = np.zeros_like(plus)
    plus[0] = minus[0] = np.sin(np.deg2rad(train.excitation_degrees) * b1)
    # What regrows along the field between the pulses is not refocused by a CPMG train, and stays out.
    echoes = np.empty((t2_ms.size, train.echoes))
    for echo in range(train.echoes):
        plus, minus, longitudinal = _dephase(plus * half_t2, minus * half_t2, longitudinal * half_t1)
        mixed_plus = cos_squared * plus + sin_squared * minus + sine * longitudinal
        mixed_minus = sin_squared * plus + cos_squared * minus - sine * longitudinal
        longitudinal = -0.5 * sine * (plus - minus) + cosine * longitudinal
        plus, minus, longitudinal = _dephase(mixed_plus * half_t2, mixed_minus * half_t2, longitudinal * half_t1)
        echoes[:, echo] = plus[0]
    return echoes


def _dephase(
    plus: FloatArray, minus: FloatArray, longitudinal: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Shift the transverse states by one order, as the gradient of half an echo spacing does."""
    shifted_plus, shifted_minus = np.zeros_like(plus), np.zeros_like(minus)
    shifted_plus[1:] = plus[:-1]
    shifted_minus[:-1] = minus[1:]
    shifted_plus[0] = shifted_minus[0]
    return shifted_plus, shifted_minus, longitudinal
