"""Signal equations of the sequences, for one pool of protons; densities and signals in the same arbitrary unit.

Sources: Bernstein, King, Zhou, Handbook of MRI Pulse Sequences (2004), chapters 14 (spin echo, inversion recovery,
spoiled gradient echo); the fat spectrum of Hamilton et al., NMR Biomed 2011;24:784.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating] | float
Array = npt.NDArray[np.floating]
ComplexArray = npt.NDArray[np.complexfloating]

GYROMAGNETIC_MHZ_PER_TESLA = 42.577
FAT_SHIFT_PPM = (-3.80, -3.40, -2.60, -1.94, -0.39, 0.60)
"""Chemical shifts of the six fat peaks against water."""
FAT_AMPLITUDE = (0.087, 0.693, 0.128, 0.004, 0.039, 0.048)
"""Shares of the six fat peaks; their sum is 0.999, by which `fat_phasor` divides."""


def spin_echo(density: Values, t1_ms: Values, t2_ms: Values, tr_ms: float, te_ms: float) -> Array:
    """Return ρ (1 − e^(−TR/T1)) e^(−TE/T2), for TE much shorter than TR.

    >>> round(float(spin_echo(1.0, 1000.0, 50.0, tr_ms=1000.0, te_ms=50.0)), 4)
    0.2325
    """
    return np.asarray(density * (1 - np.exp(-tr_ms / t1_ms)) * np.exp(-te_ms / t2_ms))


def inversion_recovery(
    density: Values, t1_ms: Values, t2_ms: Values, tr_ms: float, te_ms: float, ti_ms: float
) -> Array:
    """Return ρ (1 − 2 e^(−TI/T1) + e^(−TR/T1)) e^(−TE/T2), with its sign; the inversion is complete."""
    recovery = 1 - 2 * np.exp(-ti_ms / t1_ms) + np.exp(-tr_ms / t1_ms)
    return np.asarray(density * recovery * np.exp(-te_ms / t2_ms))


def null_inversion_time_ms(t1_ms: float, tr_ms: float) -> float:
    """Return the inversion time at which `inversion_recovery` gives 0: T1 ln 2 for a long TR.

    >>> round(null_inversion_time_ms(370.0, tr_ms=1e6), 2) == round(370 * math.log(2), 2)
    True
    """
    return t1_ms * (math.log(2) - math.log1p(math.exp(-tr_ms / t1_ms)))


def spoiled_gradient_echo(density: Values, t1_ms: Values, tr_ms: float, flip_degrees: Values) -> Array:
    """Return ρ sin α (1 − E1) / (1 − E1 cos α) with E1 = e^(−TR/T1), at TE = 0."""
    flip = np.deg2rad(flip_degrees)
    recovery = np.exp(-tr_ms / t1_ms)
    return np.asarray(density * np.sin(flip) * (1 - recovery) / (1 - recovery * np.cos(flip)))


def fat_phasor(te_ms: float, field_strength_tesla: float) -> complex:
    """Return the six-peak fat signal relative to its value at TE = 0, water on resonance: |phasor| ≤ 1."""
    shift_hz = np.array(FAT_SHIFT_PPM) * GYROMAGNETIC_MHZ_PER_TESLA * field_strength_tesla
    share = np.array(FAT_AMPLITUDE) / sum(FAT_AMPLITUDE)
    return complex((share * np.exp(2j * np.pi * shift_hz * te_ms * 1e-3)).sum())


def add_complex_noise(signal: ComplexArray, sigma: float, rng: np.random.Generator) -> ComplexArray:
    """Return the signal with Gaussian noise of standard deviation ``sigma`` in each channel.

    The magnitude of the result is Rician, and in air Rayleigh with mean σ √(π/2).
    """
    noise = rng.standard_normal(signal.shape) + 1j * rng.standard_normal(signal.shape)
    return np.asarray(signal + sigma * noise)
