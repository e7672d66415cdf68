"""The pulse amplitude across a slice, for echo trains whose pulses are known.

In the small-tip approximation a profile is the Fourier transform of the pulse's envelope: exact enough for the
excitation, an approximation for refocusing (Bernstein, King, Zhou, Handbook of MRI Pulse Sequences, section 3.1).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from MuscleMyopathyLib.errors import ParameterError


class PulseShape(StrEnum):
    """Envelope of the pulses; ideal is a rectangular slice."""

    IDEAL = "ideal"
    GAUSSIAN = "gaussian"
    SINC = "Hanning-windowed sinc"


def slice_profile(shape: PulseShape, time_bandwidth: float = 4.0, points: int = 9) -> tuple[float, ...]:
    """Return relative pulse amplitudes from the middle of the slice outwards, as `EchoTrain.profile` takes them.

    Args:
        shape: Envelope of the pulses.
        time_bandwidth: Duration × bandwidth of a sinc; the slice's full width at half maximum is one bandwidth.
        points: How many amplitudes, spread over 0 to 1 slice thickness from the middle.

    >>> slice_profile(PulseShape.IDEAL)
    (1.0,)
    >>> profile = slice_profile(PulseShape.SINC, time_bandwidth=6.0)
    >>> profile[0] == 1.0 and profile[-1] < 0.01
    True
    """
    if shape is PulseShape.IDEAL:
        return (1.0,)
    if points < 2 or not time_bandwidth > 0:
        raise ParameterError("A slice profile needs two or more points and a time–bandwidth product above 0.")
    place = np.linspace(0, 1, points)
    if shape is PulseShape.GAUSSIAN:
        return tuple(float(value) for value in np.exp(-4 * np.log(2) * place**2))
    time = np.linspace(-0.5, 0.5, 513)
    envelope = np.sinc(time_bandwidth * time) * (0.5 + 0.5 * np.cos(2 * np.pi * time))
    amplitude = np.cos(2 * np.pi * time_bandwidth * place[:, None] * time) @ envelope
    return tuple(float(value) for value in np.maximum(amplitude / amplitude[0], 0))
