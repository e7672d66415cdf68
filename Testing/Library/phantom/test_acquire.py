"""Series of the digital limb against its truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.phantom.acquire import MUSCLE_INTENSITY, acquire
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.fields import PERFECT_FIELDS
from MuscleMyopathyLib.phantom.limb import Limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import SMALL
from MuscleMyopathyLib.phantom.sequences import (
    T2W,
    GradientEchoTrain,
    InOpposedPhase,
    InversionRecovery,
    SpinEcho,
    SpinEchoTrain,
    WaterFat,
)
from MuscleMyopathyLib.phantom.tissues import MUSCLE_T2_MS

MakeLimb = Callable[..., Limb]


def array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def perfect(limb: Limb, sequence: object) -> tuple[Series, ...]:
    return acquire(limb, sequence, snr=None, fields=PERFECT_FIELDS)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def diseased(a_limb: MakeLimb) -> Limb:
    return a_limb(pattern=Pattern.LGMDR2)


@pytest.fixture(scope="module")
def healthy(a_limb: MakeLimb) -> Limb:
    return a_limb()


def test_density_weighted_water_and_fat_give_back_the_true_fat_fraction(diseased: Limb) -> None:
    # At a flip angle of 0.2° no T1 weighting is left.
    water, fat = (array(series.image) for series in perfect(diseased, WaterFat(flip_angle_degrees=0.2)))
    truth = array(diseased.fat_fraction_percent)
    body = array(diseased.proton_density) > 0
    np.testing.assert_allclose(100 * fat[body] / (water + fat)[body], truth[body], atol=0.5)


def test_t1_bias_of_the_default_water_and_fat_stays_below_three_points_in_muscle(diseased: Limb) -> None:
    water, fat = (array(series.image) for series in perfect(diseased, WaterFat()))
    truth = array(diseased.fat_fraction_percent)
    muscle = diseased.muscles.array > 0
    bias = 100 * fat[muscle] / (water + fat)[muscle] - truth[muscle]
    assert bias.min() > -0.1
    assert bias.max() < 3
    half = np.abs(truth[muscle] - 50) < 1
    # By hand: 0.8785 (T1 1,420 ms) and 0.9660 (370 ms) of the density, 0.966 / (0.966 + 0.8785) = 52.4 %. Oedema
    # lengthens T1 here, hence the width.
    assert bias[half].mean() == pytest.approx(2.4, abs=0.5)


def test_fat_left_in_the_water_image_is_missing_in_the_fat_image(healthy: Limb) -> None:
    water, fat = (array(series.image) for series in perfect(healthy, WaterFat()))
    grey, rest = (array(series.image) for series in perfect(healthy, WaterFat(fat_in_water=0.2)))
    np.testing.assert_allclose(grey, water + 0.2 * fat, atol=0.01)
    np.testing.assert_allclose(rest, 0.8 * fat, atol=0.01)


def test_stir_nulls_subcutaneous_fat_and_shows_muscle(healthy: Limb) -> None:
    (stir,) = perfect(healthy, InversionRecovery())
    fat = array(healthy.fat_fraction_percent) > 92
    muscle = healthy.muscles.mask(Structure("VL", Side.LEFT))
    assert np.median(array(stir.image)[fat]) < 0.1 * np.median(array(stir.image)[muscle])


def test_stir_is_brighter_in_oedema(a_limb: MakeLimb, healthy: Limb) -> None:
    muscle = Structure("VL", Side.LEFT)
    oedema = a_limb(pattern=Pattern.IMNM)
    ill, well = (
        array(perfect(limb, InversionRecovery())[0].image)[limb.muscles.mask(muscle)] for limb in (oedema, healthy)
    )
    assert np.median(ill) > 1.15 * np.median(well)


def test_fat_is_brighter_than_muscle_in_t1w_and_t2w(healthy: Limb) -> None:
    fat = array(healthy.fat_fraction_percent) > 92
    muscle = healthy.muscles.mask(Structure("VL", Side.LEFT))
    for sequence in (SpinEcho(), T2W):
        image = array(perfect(healthy, sequence)[0].image)
        assert np.median(image[fat]) > 2 * np.median(image[muscle])


def test_monoexponential_fit_of_the_spin_echo_train_gives_t2_of_muscle(healthy: Limb) -> None:
    (train,) = perfect(healthy, SpinEchoTrain())
    assert train.echo_times_ms == tuple(range(10, 101, 10))
    # Voxels of muscle that hold almost no fat.
    pure = (array(healthy.fat_fraction_percent) < 2.2) & (healthy.muscles.array > 0)
    assert pure.sum() > 100
    first, last = array(train.echoes[0])[pure], array(train.echoes[3])[pure]
    t2_ms = 30 / np.log(first / last)
    assert np.median(t2_ms) == pytest.approx(MUSCLE_T2_MS, abs=1.5)


def test_monoexponential_t2_grows_with_fat(diseased: Limb) -> None:
    (train,) = perfect(diseased, SpinEchoTrain())
    muscle = diseased.muscles.array > 0
    t2_ms = 90 / np.log(array(train.echoes[0])[muscle] / array(train.echoes[-1])[muscle])
    fat = array(diseased.fat_fraction_percent)[muscle]
    assert np.median(t2_ms[fat > 50]) > np.median(t2_ms[fat < 10]) + 15


def test_opposed_phase_loses_signal_where_water_and_fat_share_a_voxel(diseased: Limb) -> None:
    opposed, in_phase = perfect(diseased, InOpposedPhase())
    assert (opposed.role, in_phase.role) == (Role.OPPOSED_PHASE, Role.IN_PHASE)
    fat = array(diseased.fat_fraction_percent)
    mixed = (diseased.muscles.array > 0) & (np.abs(fat - 50) < 5)
    pure = (diseased.muscles.array > 0) & (fat < 4)
    ratio = array(opposed.image) / np.maximum(array(in_phase.image), 1e-6)
    assert np.median(ratio[mixed]) < 0.35
    assert np.median(ratio[pure]) > 0.85


def test_phase_of_the_gradient_echoes_turns_with_b0(healthy: Limb) -> None:
    # The field is smooth and some tens of Hz: over 1 ms water turns by a few hundredths of a turn.
    magnitude, phase = acquire(healthy, GradientEchoTrain(), snr=None, seed=3)
    assert magnitude.role is Role.MULTI_ECHO_GRE
    pure = (healthy.muscles.array > 0) & (array(healthy.fat_fraction_percent) < 3)
    first, second = (array(phase.echoes[n])[pure] for n in (0, 2))
    turn_hz = np.angle(np.exp(1j * (second - first))) / (2 * np.pi * 2e-3)
    assert 5 < turn_hz.std() < 120
    (still, _) = (array(perfect(healthy, GradientEchoTrain())[1].echoes[n])[pure] for n in (0, 2))
    assert np.abs(still).max() < 0.2


def test_noise_is_what_the_signal_to_noise_ratio_says(healthy: Limb) -> None:
    noisy = array(acquire(healthy, SpinEcho(), snr=25, fields=PERFECT_FIELDS)[0].image)
    clean = array(perfect(healthy, SpinEcho())[0].image)
    sigma = MUSCLE_INTENSITY / 25
    air = array(healthy.proton_density) == 0
    assert noisy[air].mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.02)
    bright = clean > 2 * MUSCLE_INTENSITY
    assert (noisy - clean)[bright].std() == pytest.approx(sigma, rel=0.05)


def test_healthy_muscle_has_the_stated_intensity(healthy: Limb) -> None:
    pure = (array(healthy.fat_fraction_percent) < 2.2) & (healthy.muscles.array > 0)
    for sequence in (SpinEcho(), InversionRecovery(), WaterFat(), SpinEchoTrain()):
        image = array(perfect(healthy, sequence)[0].image)
        assert np.median(image[pure]) == pytest.approx(MUSCLE_INTENSITY, rel=0.06)


def test_the_same_seed_gives_the_same_noise_and_another_another(healthy: Limb) -> None:
    first, again, other = (array(acquire(healthy, SpinEcho(), seed=seed)[0].image) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.corrcoef(first[0, :20].ravel(), other[0, :20].ravel())[0, 1] < 0.1


def test_series_lie_on_the_limbs_grid_and_say_that_they_are_simulated(healthy: Limb) -> None:
    for sequence in (SpinEcho(), WaterFat(), SpinEchoTrain(echo_times_ms=(10.0, 20.0))):
        for series in acquire(healthy, sequence):
            assert same_geometry(series.image, healthy.muscles.image)
            assert "simulated by the digital limb" in series.reason
            assert all(same_geometry(echo, series.image) for echo in series.echoes)


def test_an_impossible_signal_to_noise_ratio_is_refused(healthy: Limb) -> None:
    with pytest.raises(ParameterError, match="signal-to-noise"):
        acquire(healthy, SpinEcho(), snr=0)


def test_an_examination_holds_t1w_stir_water_and_fat_with_progress_to_the_end() -> None:
    seen: list[float] = []
    series, limb = phantom_series(
        LimbParameters(protocol=dataclasses.replace(SMALL, slices=2)),
        progress=lambda fraction, text: seen.append(fraction),
    )
    assert [one.role for one in series] == [Role.T1W, Role.STIR, Role.WATER, Role.FAT]
    assert len({one.name for one in series}) == 4
    assert limb.muscles.array.shape == (2, 96, 160)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)
