"""Noise that belongs to places in space."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.phantom.noise import Lattice, Waves


def test_waves_give_a_place_the_same_value_on_every_grid() -> None:
    waves = Waves(np.random.default_rng(1), 30, 100)
    x, y = np.meshgrid(np.arange(0, 50, 1.0), np.arange(0, 50, 1.0))
    fine, coarse = waves(x, y, 5.0), waves(x[::5, ::5], y[::5, ::5], 5.0)
    np.testing.assert_allclose(fine[::5, ::5], coarse, atol=1e-5)


def test_waves_have_their_amplitude() -> None:
    x, y = np.meshgrid(np.arange(0, 3000, 7.0), np.arange(0, 3000, 7.0))
    assert Waves(np.random.default_rng(2), 40, 100, amplitude=2.5)(x, y, 0.0).std() == pytest.approx(2.5, rel=0.1)


def test_lattice_is_nearly_standard_normal_between_its_nodes_too() -> None:
    values = Lattice(np.random.default_rng(3))(*np.random.default_rng(4).uniform(0, 48, (3, 100_000)))
    assert values.mean() == pytest.approx(0, abs=0.05)
    assert 0.8 < values.std() < 1.05


def test_lattice_repeats_without_a_seam() -> None:
    lattice = Lattice(np.random.default_rng(5))
    a = np.linspace(0, 3, 31)
    np.testing.assert_allclose(lattice(a, a, 0.5), lattice(a + 48, a - 48, 0.5), atol=1e-5)
