"""Tests of the mono-exponential T2, on made decays, against scipy, and on real trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage
from scipy.optimize import curve_fit

from MuscleMyopathyLib.imaging.files import read_image, read_volumes
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.t2_mono_exponential import (
    MonoExponentialParameters,
    fit_mono_exponential,
    mono_exponential_t2,
)
from Testing.Library.qmri.conftest import in_blank_air, magnitude, series_of

TIMES = tuple(10.0 * n for n in range(1, 11))
array = sitk.GetArrayFromImage


@pytest.mark.parametrize("times", [TIMES, (8.0, 12.0, 30.0, 60.0, 75.0)])
def test_a_decay_without_noise_comes_back(times: tuple[float, ...]) -> None:
    t2 = np.linspace(15, 250, 400)
    signals = 900 * np.exp(-np.array(times)[:, None] / t2)
    fitted, s0, residual, _ = fit_mono_exponential(signals, times)
    np.testing.assert_allclose(fitted, t2, rtol=1e-6)
    np.testing.assert_allclose(s0, 900, rtol=1e-6)
    assert residual.max() < 1e-2


def test_plain_least_squares_equal_those_of_scipy() -> None:
    rng = np.random.default_rng(4)
    t2 = rng.uniform(25, 90, 60)
    signals = 1000 * np.exp(-np.array(TIMES)[:, None] / t2) + rng.normal(0, 15, (10, 60))
    ours = fit_mono_exponential(signals, TIMES)

    def decay(te: np.ndarray, s0: float, t2_ms: float) -> np.ndarray:
        return s0 * np.exp(-te / t2_ms)

    for index, train in enumerate(signals.T):
        (s0, t2_ms), covariance = curve_fit(decay, np.array(TIMES), train, p0=(train[0], 40.0))
        assert ours[0, index] == pytest.approx(t2_ms, rel=1e-3)
        assert ours[1, index] == pytest.approx(s0, rel=1e-3)
        assert ours[3, index] == pytest.approx(np.sqrt(covariance[1, 1]), rel=0.02)


def test_the_noise_floor_does_not_lengthen_t2() -> None:
    rng = np.random.default_rng(5)
    signal = np.repeat(1000 * np.exp(-np.array(TIMES)[:, None] / 25.0), 20000, axis=1)
    noisy = magnitude(signal, 60.0, rng)
    with_floor = np.nanmedian(fit_mono_exponential(noisy, TIMES, 60.0, 0.05)[0])
    without = np.nanmedian(fit_mono_exponential(noisy, TIMES, 0.0, 0.05)[0])
    assert with_floor == pytest.approx(25.0, abs=0.5)
    assert without > 27.0


def test_what_does_not_decay_has_no_t2_and_is_counted() -> None:
    steady = in_blank_air(np.random.default_rng(1).uniform(90, 110, (2, 16, 16)))
    echoes = [steady for _ in TIMES]
    result = mono_exponential_t2(Echoes.of_series(series_of(echoes, TIMES)))
    assert np.isnan(array(result.t2_ms)).all()
    assert result.problems[0].startswith("512 of 512 voxels with signal do not decay")


def test_the_first_echo_is_skipped_unless_asked_for() -> None:
    echoes = Echoes.of_series(
        series_of([in_blank_air(np.full((1, 4, 4), 1000 * np.exp(-te / 40))) for te in TIMES], TIMES)
    )
    assert mono_exponential_t2(echoes).echoes_used == tuple(range(2, 11))
    chosen = mono_exponential_t2(echoes, MonoExponentialParameters(first_echo=1, leave_out=(3,)))
    assert chosen.echoes_used == (1, 2, *range(4, 11))


@pytest.fixture(scope="module")
def calf(shared_data: Path) -> tuple[Echoes, np.ndarray, np.ndarray]:
    """Return the real train of 17 echoes, the scanner's T2 map, and where muscle is by that map."""
    folder = shared_data / "qmritools"
    images = read_volumes(folder / "calf_t2_echoes.nii.gz")
    series = Series("calf", images[0], Role.MULTI_ECHO_SE, "", images, tuple(7.6 * n for n in range(1, 18)))
    scanner = array(read_image(folder / "calf_t2_scanner_map.nii.gz"))
    muscle = ndimage.binary_erosion((scanner > 30) & (scanner < 60), np.ones((1, 3, 3)), iterations=2)
    return Echoes.of_series(series), scanner, muscle


def test_muscle_has_the_t2_of_a_log_linear_fit_within_one_millisecond(
    calf: tuple[Echoes, np.ndarray, np.ndarray],
) -> None:
    echoes, scanner, muscle = calf
    t2 = array(mono_exponential_t2(echoes).t2_ms)
    trains = np.stack([array(image) for image in echoes.images[1:]])[:, muscle]
    slope = np.polyfit(echoes.times_ms[1:], np.log(np.maximum(trains, 1e-3)), 1)[0]
    assert 45 <= np.median(-1 / slope) <= 46
    assert np.nanmedian(t2[muscle]) == pytest.approx(np.median(-1 / slope), abs=1.0)
    both = (t2 > 20) & (t2 < 200) & (scanner > 20) & (scanner < 200)
    assert both.sum() > 35000
    assert np.corrcoef(t2[both], scanner[both])[0, 1] >= 0.99


def test_two_echoes_give_their_closed_form_exactly(shared_data: Path) -> None:
    folder = shared_data / "swastling" / "calf_t2"
    images = tuple(read_image(folder / f"t2_te{te}ms_r.nii.gz") for te in (16, 56))
    echoes = Echoes.of_series(Series("calf", images[0], Role.MULTI_ECHO_SE, "", images, (16.0, 56.0)))
    expected = array(read_image(folder / "t2.nii.gz"))
    t2 = array(mono_exponential_t2(echoes, MonoExponentialParameters(noise_floor=False)).t2_ms)
    both = np.isfinite(t2) & (expected > 0) & (expected < 200)
    assert both.sum() > 200_000
    np.testing.assert_allclose(t2[both], expected[both], rtol=1e-6)
