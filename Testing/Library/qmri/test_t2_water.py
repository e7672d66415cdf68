"""Tests of water T2: on extended-phase-graph trains of the digital limb, and on a real train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_image, read_volumes
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.phantom.fields import FieldParameters, make_fields
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.tissues import FAT_T1_MS, FAT_T2_MS, MUSCLE_T1_MS, MUSCLE_T2_MS
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.extended_phase_graph import EchoTrain, echo_amplitudes
from MuscleMyopathyLib.qmri.slice_profile import PulseShape, slice_profile
from MuscleMyopathyLib.qmri.t2_mono_exponential import MonoExponentialParameters, mono_exponential_t2
from MuscleMyopathyLib.qmri.t2_water import WaterT2Parameters, fat_t2_ms, water_t2
from Testing.Library.qmri.conftest import in_blank_air, magnitude, series_of

TIMES = tuple(10.0 * n for n in range(1, 11))
SNR = 50.0
array = sitk.GetArrayFromImage


def train_of(fat_percent: np.ndarray, t2_ms: np.ndarray, b1: np.ndarray, *, seed: int = 0) -> Echoes:
    """Return the magnitude echoes of water and fat with B1; `SNR` is that of healthy muscle's first echo."""
    train = EchoTrain(len(TIMES), 10.0)
    share = np.nan_to_num(fat_percent)[..., None] / 100
    water = echo_amplitudes(train, t2_ms, MUSCLE_T1_MS, b1)
    fat = echo_amplitudes(train, FAT_T2_MS, FAT_T1_MS, b1)
    signal = (1 - share) * water + share * fat
    signal[np.isnan(fat_percent)] = 0
    level = float(echo_amplitudes(train, MUSCLE_T2_MS, MUSCLE_T1_MS, 1.0)[0])
    noisy = magnitude(1000 * signal, 1000 * level / SNR, np.random.default_rng(seed))
    return Echoes.of_series(series_of(list(np.moveaxis(noisy, -1, 0)), TIMES))


def exact(signal: np.ndarray) -> Echoes:
    """Return echoes (slice, row, column, echo) without noise, in blanked air."""
    return Echoes.of_series(series_of([in_blank_air(1000 * echo) for echo in np.moveaxis(signal, -1, 0)], TIMES))


def patch(fat_percent: float, t2_ms: float) -> Echoes:
    """Return the noisy echoes of a patch of one tissue in air."""
    inside = in_blank_air(np.ones((1, 40, 40), dtype=bool))
    percent = np.where(inside, fat_percent, np.nan)
    return train_of(percent, np.full(inside.shape, t2_ms), np.full(inside.shape, 0.9))


@pytest.fixture(scope="module")
def limb() -> Limb:
    protocol = Protocol(150, 90, (2.5, 2.5), thickness_mm=6, spacing_mm=30, slices=3)
    return make_limb(LimbParameters(pattern=Pattern.LGMDR2, severity=1.0, protocol=protocol))


@pytest.fixture(scope="module")
def limb_fits(limb: Limb) -> dict[str, np.ndarray]:
    """Return fat fraction, water T2 and mono-exponential T2 in the limb's muscles, with uneven B1."""
    percent = array(limb.fat_fraction_percent).astype(float)
    muscle = limb.muscles.array > 0
    b1 = make_fields(FieldParameters(), limb.proton_density, 1).b1
    t2 = np.where(muscle, MUSCLE_T2_MS, np.clip(np.nan_to_num(array(limb.t2_water_ms), nan=40.0), 20, 100))
    echoes = train_of(percent, t2, b1)
    inside = muscle & (percent < 60)
    return {
        "fat": percent[inside],
        "water": array(water_t2(echoes).t2_ms)[inside],
        "mono": array(mono_exponential_t2(echoes).t2_ms)[inside],
    }


def medians(fits: dict[str, np.ndarray], kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the middles of fat-fraction bins of 10 points and the median T2 in each."""
    bins = (fits["fat"] // 10).astype(int)
    middles = np.array([np.nanmean(fits["fat"][bins == number]) for number in range(6)])
    return middles, np.array([np.nanmedian(fits[kind][bins == number]) for number in range(6)])


def test_water_t2_is_within_one_millisecond_of_the_truth_at_every_fat_fraction(
    limb_fits: dict[str, np.ndarray],
) -> None:
    assert min(np.bincount((limb_fits["fat"] // 10).astype(int))) > 100
    np.testing.assert_allclose(medians(limb_fits, "water")[1], MUSCLE_T2_MS, atol=1.0)


def test_water_t2_does_not_grow_with_fat_and_the_mono_exponential_does(limb_fits: dict[str, np.ndarray]) -> None:
    assert abs(np.polyfit(*medians(limb_fits, "water"), 1)[0]) < 0.02
    assert np.polyfit(*medians(limb_fits, "mono"), 1)[0] > 0.3


def test_without_noise_water_t2_fat_and_b1_come_back() -> None:
    t2, percent, b1 = np.meshgrid([25.0, 34.0, 60.0], [0.0, 20.0, 60.0], [0.7, 0.85, 0.97])
    train = EchoTrain(10, 10.0)
    share = percent[..., None] / 100
    signal = (1 - share) * echo_amplitudes(train, t2, 1420.0, b1) + share * echo_amplitudes(
        train, 130.0, 370.0, b1
    )
    fitted = water_t2(exact(signal), WaterT2Parameters(b1_smoothing_mm=0.0))
    inside = in_blank_air(np.ones(t2.shape, dtype=bool))
    np.testing.assert_allclose(array(fitted.t2_ms)[inside], t2.ravel(), rtol=0.01)
    np.testing.assert_allclose(array(fitted.fat_share_percent)[inside], percent.ravel(), atol=0.5)
    np.testing.assert_allclose(array(fitted.b1)[inside], b1.ravel(), atol=0.005)


def test_oedema_is_told_from_fat() -> None:
    assert np.nanmedian(array(water_t2(patch(30.0, 55.0)).t2_ms)) == pytest.approx(55.0, abs=1.5)


def test_nearly_pure_fat_has_no_water_t2_and_is_counted() -> None:
    fitted = water_t2(patch(100.0, 34.0))
    assert np.isnan(array(fitted.t2_ms)[in_blank_air(np.ones((1, 40, 40), dtype=bool))]).mean() > 0.95
    assert any("more than 85 % fat" in problem for problem in fitted.problems)


def test_the_t2_of_fat_is_measured_in_fat() -> None:
    fat = in_blank_air(np.ones((1, 40, 40), dtype=bool))
    assert fat_t2_ms(patch(100.0, 34.0), fat) == pytest.approx(FAT_T2_MS, abs=4.0)


def test_a_known_slice_profile_is_part_of_the_model() -> None:
    profile = slice_profile(PulseShape.GAUSSIAN)
    assert profile[0] == 1.0
    assert profile[4] == pytest.approx(0.5)
    signal = echo_amplitudes(EchoTrain(10, 10.0, profile=profile), np.full((1, 4, 4), 40.0), 1420.0, 1.0)
    known = water_t2(exact(signal), WaterT2Parameters(pulse_shape=PulseShape.GAUSSIAN, b1_smoothing_mm=0.0))
    assert np.nanmedian(array(known.t2_ms)) == pytest.approx(40.0, abs=0.3)
    unknown = water_t2(exact(signal), WaterT2Parameters(b1_smoothing_mm=0.0))
    assert abs(np.nanmedian(array(unknown.t2_ms)) - 40.0) > 1.0


def test_four_echoes_are_too_few() -> None:
    echoes = Echoes.of_series(series_of([np.ones((1, 4, 4))] * 4, TIMES[:4]))
    with pytest.raises(InputError, match="5 or more echoes"):
        water_t2(echoes)


def test_the_residual_of_a_real_train_is_less_than_half_the_mono_exponentials(shared_data: Path) -> None:
    folder = shared_data / "qmritools"
    images = tuple(image[:, :, 5:8] for image in read_volumes(folder / "calf_t2_echoes.nii.gz"))
    times = tuple(7.6 * n for n in range(1, 18))
    echoes = Echoes.of_series(Series("calf", images[0], Role.MULTI_ECHO_SE, "", images, times))
    scanner = array(read_image(folder / "calf_t2_scanner_map.nii.gz"))[5:8]
    muscle = ndimage.binary_erosion((scanner > 30) & (scanner < 60), np.ones((1, 3, 3)), iterations=2)
    first, second = (array(image)[muscle].mean() for image in images[:2])
    assert first < second
    water = water_t2(echoes)
    every_echo = MonoExponentialParameters(first_echo=1, model_error=0.0)
    mono = mono_exponential_t2(echoes, every_echo)
    ratio = np.nanmedian(array(mono.residual)[muscle]) / np.nanmedian(array(water.residual)[muscle])
    assert ratio > 2.0
    assert 28 < np.nanmedian(array(water.t2_ms)[muscle]) < 36
