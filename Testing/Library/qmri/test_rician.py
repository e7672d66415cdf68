"""Tests of the noise of magnitude images."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import i0e, i1e

from MuscleMyopathyLib.qmri.rician import noise_sd_of_air, rician_mean


def test_the_mean_of_a_magnitude_is_that_of_the_rice_distribution() -> None:
    s = np.linspace(0, 12, 500)
    exact = np.sqrt(np.pi / 2) * ((1 + s**2 / 2) * i0e(s**2 / 4) + s**2 / 2 * i1e(s**2 / 4))
    np.testing.assert_allclose(rician_mean(7 * s, 7.0), 7 * exact, atol=0.01 * 7)


def test_without_noise_the_mean_is_the_signal() -> None:
    np.testing.assert_array_equal(rician_mean(np.array([0.0, 3.0]), 0.0), [0.0, 3.0])


def test_the_noise_is_found_in_the_air() -> None:
    rng = np.random.default_rng(2)
    rows, columns = np.mgrid[:160, :160]
    disc = np.where((rows - 80) ** 2 + (columns - 80) ** 2 < 30**2, 500.0, 0.0)
    image = np.abs(disc + 9 * (rng.standard_normal((2, 160, 160)) + 1j * rng.standard_normal((2, 160, 160))))
    assert noise_sd_of_air(image, (1.0, 1.0)) == pytest.approx(9.0, rel=0.05)
