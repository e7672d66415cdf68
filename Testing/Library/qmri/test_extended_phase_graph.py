"""Tests of the extended phase graph against a Bloch simulation of isochromats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.qmri.extended_phase_graph import EchoTrain, echo_amplitudes


def bloch_echoes(echoes: int, spacing_ms: float, t2_ms: float, t1_ms: float, b1: float) -> npt.NDArray[np.float64]:
    """Return the echoes of 4000 isochromats, each turned by its own angle between the pulses.

    The excitation tips the magnetisation to +y, the refocusing pulses turn about y (CPMG); longitudinal recovery
    is left out, as what recovers is not refocused and is spoiled by the crushers.
    """
    turn = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    half_t2, half_t1 = np.exp(-spacing_ms / 2 / t2_ms), np.exp(-spacing_ms / 2 / t1_ms)
    flip = np.pi / 2 * b1
    x, y, z = np.zeros_like(turn), np.full_like(turn, np.sin(flip)), np.zeros_like(turn)
    angle = np.pi * b1
    found = []
    for _ in range(echoes):
        for half in range(2):
            x, y = (np.cos(turn) * x - np.sin(turn) * y) * half_t2, (np.sin(turn) * x + np.cos(turn) * y) * half_t2
            z = z * half_t1
            if half == 0:
                x, z = np.cos(angle) * x + np.sin(angle) * z, -np.sin(angle) * x + np.cos(angle) * z
        found.append(y.mean())
    return np.array(found)


@pytest.mark.parametrize("b1", [1.0, 0.85, 0.6, 1.2])
@pytest.mark.parametrize("t2_ms", [35.0, 120.0])
def test_every_echo_equals_the_sum_of_bloch_isochromats(b1: float, t2_ms: float) -> None:
    ours = echo_amplitudes(EchoTrain(10, 8.0), t2_ms, 1400.0, b1)
    np.testing.assert_allclose(ours, bloch_echoes(10, 8.0, t2_ms, 1400.0, b1), atol=1e-10)


def test_a_perfect_train_decays_by_t2_alone() -> None:
    times = 10.0 * np.arange(1, 9)
    np.testing.assert_allclose(echo_amplitudes(EchoTrain(8, 10.0), 40.0, 1400.0, 1.0), np.exp(-times / 40))


def test_weak_pulses_make_the_second_echo_exceed_the_first() -> None:
    first, second, *_ = echo_amplitudes(EchoTrain(8, 7.6), 100.0, 1400.0, 0.65)
    assert second > first


def test_a_slice_profile_is_the_mean_of_its_points() -> None:
    both = echo_amplitudes(EchoTrain(6, 10.0, profile=(1.0, 0.5)), 40.0, 1400.0, 0.9)
    ones = [echo_amplitudes(EchoTrain(6, 10.0), 40.0, 1400.0, 0.9 * share) for share in (1.0, 0.5)]
    np.testing.assert_allclose(both, np.mean(ones, axis=0))


def test_a_train_without_spacing_is_refused() -> None:
    with pytest.raises(ParameterError, match="spacing above 0 ms"):
        EchoTrain(5, 0.0)
