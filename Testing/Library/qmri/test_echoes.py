"""Tests of the checks on echo trains."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.t2_mono_exponential import mono_exponential_t2
from Testing.Library.qmri.conftest import image_of, in_blank_air, series_of

ONES = np.ones((2, 8, 8))


def test_one_echo_is_refused() -> None:
    with pytest.raises(InputError, match="holds one echo"):
        Echoes.of_series(series_of([ONES], [10.0]))


def test_missing_echo_times_are_asked_for_and_not_guessed() -> None:
    with pytest.raises(InputError, match=r"not guessed.*Give the 3 echo times"):
        Echoes.of_series(series_of([ONES] * 3))


def test_echo_times_of_another_number_are_refused() -> None:
    with pytest.raises(InputError, match="3 echoes, but 2 echo times"):
        Echoes.of_series(series_of([ONES] * 3), (10.0, 20.0))


@pytest.mark.parametrize("times", [(10.0, 10.0, 30.0), (0.0, 10.0, 20.0), (30.0, 20.0, 10.0)])
def test_echo_times_that_do_not_rise_from_above_zero_are_refused(times: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="must be above 0 ms and rise"):
        Echoes.of_series(series_of([ONES] * 3, times))


def test_echoes_of_different_grids_are_refused() -> None:
    series = series_of([ONES, np.ones((2, 8, 9))], (10.0, 20.0))
    with pytest.raises(GeometryError, match="first echo and the echo 2 do not share one grid"):
        Echoes.of_series(series)


@pytest.mark.parametrize("times", [(10.0, 20.0, 40.0), (15.0, 25.0, 35.0)])
def test_the_spacing_of_an_uneven_train_is_refused_with_its_times(times: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match=f"these are at {times[0]:g}, {times[1]:g}"):
        Echoes.of_series(series_of([ONES] * 3, times)).spacing_ms()


def test_leaving_out_all_but_one_echo_is_refused() -> None:
    echoes = Echoes.of_series(series_of([ONES] * 3, (10.0, 20.0, 30.0)))
    with pytest.raises(InputError, match="1 remain"):
        echoes.chosen(2, (3,))


def test_a_clipped_first_echo_is_named_and_its_voxels_are_masked() -> None:
    first = np.random.default_rng(1).uniform(500, 900, (2, 20, 20))
    first[0, :6, :6] = 4095
    echoes = Echoes.of_series(series_of([first, first / 2, first / 4], (10.0, 20.0, 30.0)))
    clipped, problem = echoes.saturated()
    assert clipped.sum() == 36
    assert problem.startswith("Saturated: echo 1 (36 voxels at 4095)")


def test_an_empty_first_echo_is_refused() -> None:
    echoes = Echoes.of_series(series_of([0 * ONES, ONES], (10.0, 20.0)))
    with pytest.raises(InputError, match="first echo is empty"):
        mono_exponential_t2(echoes)


def test_a_cancelled_fit_stops() -> None:
    first = in_blank_air(np.random.default_rng(1).uniform(90, 110, (8, 64, 64)))
    echoes = Echoes.of_series(series_of([first, first / 2, first / 4], (10.0, 20.0, 30.0)))

    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        mono_exponential_t2(echoes, progress=cancel)


def test_a_map_is_nan_outside_its_voxels_and_keeps_the_grid() -> None:
    echoes = Echoes.of_series(series_of([ONES, ONES], (10.0, 20.0)))
    image = echoes.image_of(np.array([3]), np.array([7.0]))
    assert image.GetSpacing() == image_of(ONES).GetSpacing()
    assert image.GetPixel(3, 0, 0) == 7.0
    assert np.isnan(image.GetPixel(4, 0, 0))
