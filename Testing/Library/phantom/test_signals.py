"""Signal equations against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from MuscleMyopathyLib.phantom.signals import (
    add_complex_noise,
    fat_phasor,
    inversion_recovery,
    null_inversion_time_ms,
    spin_echo,
    spoiled_gradient_echo,
)


def test_spin_echo_of_one_t1_and_one_t2_is_known() -> None:
    # (1 − e⁻¹) e⁻¹ = 0.632121 × 0.367879
    assert float(spin_echo(2.0, 1000.0, 50.0, tr_ms=1000.0, te_ms=50.0)) == pytest.approx(2 * 0.232544, abs=1e-5)


def test_inversion_recovery_begins_inverted_and_ends_recovered() -> None:
    timing = {"tr_ms": 1e6, "te_ms": 0.0}
    assert float(inversion_recovery(1.0, 500.0, 50.0, ti_ms=0.0, **timing)) == pytest.approx(-1)
    assert float(inversion_recovery(1.0, 500.0, 50.0, ti_ms=1e5, **timing)) == pytest.approx(1)
    # 1 − 2 e⁻¹ = 0.264241
    assert float(inversion_recovery(1.0, 500.0, 50.0, ti_ms=500.0, **timing)) == pytest.approx(0.264241, abs=1e-6)


def test_inversion_time_for_fat_is_t1_ln_2_at_long_tr_and_shorter_at_short_tr() -> None:
    assert null_inversion_time_ms(370.0, tr_ms=1e6) == pytest.approx(256.46, abs=0.01)
    shorter = null_inversion_time_ms(370.0, tr_ms=800.0)
    assert shorter < 256
    assert float(inversion_recovery(1.0, 370.0, 130.0, 800.0, 10.0, shorter)) == pytest.approx(0, abs=1e-12)


def test_spoiled_gradient_echo_is_greatest_at_the_ernst_angle() -> None:
    flips = np.arange(1.0, 90.0, 0.1)
    signal = spoiled_gradient_echo(1.0, 370.0, 14.0, flips)
    ernst = math.degrees(math.acos(math.exp(-14 / 370)))
    assert flips[signal.argmax()] == pytest.approx(ernst, abs=0.1)
    # 90°: 1 − e^(−14/370) = 0.037131
    assert float(spoiled_gradient_echo(1.0, 370.0, 14.0, 90.0)) == pytest.approx(0.037131, abs=1e-6)


def test_fat_starts_in_phase_and_its_main_peak_opposes_water_at_1_15_ms_at_3_t() -> None:
    assert fat_phasor(0.0, 3.0) == pytest.approx(1)
    # The main peak lies 3.40 ppm × 127.73 MHz = 434 Hz below water: half a turn in 1.151 ms.
    opposed, in_phase = fat_phasor(1.151, 3.0), fat_phasor(2.303, 3.0)
    assert opposed.real < -0.7
    assert in_phase.real > 0.7
    assert abs(opposed) <= 1


def test_fat_phasor_is_the_sum_of_its_six_peaks() -> None:
    # At 1.5 T and 1 ms the peaks turn by ppm × 63.8655 Hz × 1 ms: worked out peak by peak.
    turns = [-0.242689, -0.217143, -0.166050, -0.123899, -0.024908, 0.038319]
    shares = [0.087, 0.693, 0.128, 0.004, 0.039, 0.048]
    expected = sum(
        s * complex(math.cos(2 * math.pi * t), math.sin(2 * math.pi * t))
        for s, t in zip(shares, turns, strict=True)
    )
    assert fat_phasor(1.0, 1.5) == pytest.approx(expected / 0.999, abs=1e-4)


def test_noise_in_air_is_rayleigh_and_on_strong_signal_gaussian() -> None:
    rng = np.random.default_rng(0)
    air = np.abs(add_complex_noise(np.zeros(200_000, complex), 5.0, rng))
    assert air.mean() == pytest.approx(5 * math.sqrt(math.pi / 2), rel=0.01)
    bright = np.abs(add_complex_noise(np.full(200_000, 500 + 0j), 5.0, rng))
    assert bright.std() == pytest.approx(5, rel=0.01)
    # Rician mean: A + σ²/2A
    assert bright.mean() == pytest.approx(500.025, abs=0.05)
