"""Tests of the scales of phase images."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.qmri.phase import ComplexEchoes, complex_echoes
from MuscleMyopathyLib.qmri.phase_scale import PhaseScale, recognise_phase_scale

RADIANS = np.random.default_rng(0).uniform(-np.pi, np.pi, (3, 2, 40, 40))
SCALES = {
    PhaseScale.RADIANS: (RADIANS, 0),
    PhaseScale.DEGREES: (np.rad2deg(RADIANS), 0),
    PhaseScale.STEPS_4096: (RADIANS * 2048 / np.pi + 2048, np.pi),
    PhaseScale.SIGNED_4096: (RADIANS * 2048 / np.pi, 0),
    PhaseScale.SIGNED_8192: (RADIANS * 4096 / np.pi, 0),
    PhaseScale.MILLIRADIANS: (RADIANS * 1000, 0),
}
ONES = [sitk.GetImageFromArray(np.ones((2, 40, 40))) for _ in range(3)]
TIMES = (1.2, 2.2, 3.2)


def signals(echoes: ComplexEchoes) -> np.ndarray:
    """Return all complex numbers, shape (echo, slice, row, column)."""
    columns, rows, slices = echoes.like.GetSize()
    every = np.arange(slices * rows * columns)
    return echoes.at(every).reshape(len(echoes.times_ms), slices, rows, columns)


def images(values: np.ndarray) -> list[sitk.Image]:
    return [sitk.GetImageFromArray(value) for value in values]


@pytest.mark.parametrize("scale", list(SCALES))
def test_every_scale_is_recognised_and_becomes_the_same_phase(scale: PhaseScale) -> None:
    values, offset = SCALES[scale]
    echoes = complex_echoes(ONES, images(values), TIMES)
    assert str(scale) in echoes.note
    np.testing.assert_allclose(signals(echoes), np.exp(1j * (RADIANS + offset)), atol=1e-3)


def test_a_magnitude_image_taken_for_a_phase_is_refused() -> None:
    with pytest.raises(InputError, match="none of the known scales"):
        recognise_phase_scale(images(np.random.default_rng(0).uniform(0, 900, (3, 2, 9, 9))))


def test_a_stated_scale_is_believed() -> None:
    echoes = complex_echoes(ONES, images(np.full((3, 2, 40, 40), 90.0)), TIMES, PhaseScale.DEGREES)
    np.testing.assert_allclose(signals(echoes), 1j, atol=1e-6)
    assert "stated" in echoes.note


def test_magnitude_alone_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match="needs the phase"):
        complex_echoes(ONES, [], TIMES)


def test_echoes_are_put_in_the_order_of_their_times() -> None:
    echoes = complex_echoes(ONES, images(RADIANS), (3.2, 1.2, 2.2))
    assert echoes.times_ms == TIMES
    np.testing.assert_allclose(signals(echoes)[0], np.exp(1j * RADIANS[1]), atol=1e-6)


def test_each_echo_needs_one_magnitude_phase_and_time() -> None:
    with pytest.raises(InputError, match="3 magnitude images, 2 phase images and 3 echo times"):
        complex_echoes(ONES, images(RADIANS[:2]), TIMES)


def test_equal_echo_times_are_refused() -> None:
    with pytest.raises(InputError, match="all different"):
        complex_echoes(ONES, images(RADIANS), (1.2, 1.2, 2.2))


def test_phase_of_another_grid_is_refused() -> None:
    with pytest.raises(GeometryError, match="do not share one grid"):
        complex_echoes(ONES, images(RADIANS[:, :, :20]), TIMES)


def test_missing_echo_times_are_asked_for() -> None:
    with pytest.raises(InputError, match="Give the 3 echo times in milliseconds"):
        complex_echoes(ONES, images(RADIANS), ())


def test_a_voxel_without_a_number_has_no_signal() -> None:
    broken = np.ones((2, 40, 40))
    broken[0, 0, 0] = np.nan
    echoes = complex_echoes(images(np.stack([broken] * 3)), images(RADIANS), TIMES)
    assert not echoes.at(np.array([0])).any()
    assert echoes.at(np.array([1])).all()
