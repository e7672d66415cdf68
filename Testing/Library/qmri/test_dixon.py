"""Tests of the separation of water and fat, on the digital limb and on a real hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.imaging.series import Acquisition, Series
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.fields import FieldParameters, make_fields
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain
from MuscleMyopathyLib.phantom.signals import fat_phasor
from MuscleMyopathyLib.qmri.dixon import Dixon, separate_water_and_fat
from MuscleMyopathyLib.qmri.phase import complex_echoes
from MuscleMyopathyLib.qmri.t1_bias import apparent_fat_fraction_percent

array = sitk.GetArrayFromImage
# Over the limbs the field of this seed then goes beyond 150 Hz.
FIELDS = FieldParameters(b0_hz=75.0)
SEED = 3


@pytest.fixture(scope="module")
def limb() -> Limb:
    protocol = Protocol(150, 90, (2.5, 2.5), thickness_mm=6, spacing_mm=20, slices=3)
    return make_limb(LimbParameters(pattern=Pattern.LGMDR2, severity=1.0, protocol=protocol))


def acquired(limb: Limb, times_ms: tuple[float, ...]) -> tuple[Series, Series]:
    sequence = GradientEchoTrain(echo_times_ms=times_ms)
    magnitude, phase = acquire(limb, sequence, snr=50, fields=FIELDS, seed=SEED)
    return magnitude, phase


def separated(limb: Limb, times_ms: tuple[float, ...]) -> Dixon:
    magnitude, phase = acquired(limb, times_ms)
    return separate_water_and_fat(complex_echoes(magnitude.echoes, phase.echoes, times_ms), magnitude.acquisition)


def apparent(percent: np.ndarray) -> np.ndarray:
    """Return what T1 makes of true fat fractions in the train's TR and flip angle."""
    train = GradientEchoTrain()
    x = np.linspace(0, 100, 101)
    seen = [apparent_fat_fraction_percent(v, train.repetition_time_ms, train.flip_angle_degrees) for v in x]
    return np.interp(percent, x, seen)


@pytest.fixture(scope="module")
def six_echoes(limb: Limb) -> Dixon:
    return separated(limb, (1.2, 2.2, 3.2, 4.2, 5.2, 6.2))


def image_like(values: np.ndarray, like: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(like)
    return image


def field_hz(limb: Limb) -> np.ndarray:
    return make_fields(FIELDS, limb.proton_density, SEED).b0_hz


def test_the_fat_fraction_is_within_one_point_from_0_to_100_percent(limb: Limb, six_echoes: Dixon) -> None:
    truth, measured = array(limb.fat_fraction_percent), array(six_echoes.fat_fraction_percent)
    inside = np.isfinite(measured) & np.isfinite(truth)
    for start in range(0, 100, 10):
        own = inside & (truth >= start) & (truth < start + 10)
        assert own.sum() > 50
        assert np.median(measured[own] - apparent(truth[own])) == pytest.approx(0, abs=1.0)


@pytest.mark.parametrize("times_ms", [(1.2, 2.2, 3.2, 4.2, 5.2, 6.2), (1.15, 2.3, 3.45), (1.15, 2.3)])
def test_water_and_fat_are_exchanged_in_fewer_than_one_voxel_of_a_thousand(
    limb: Limb, times_ms: tuple[float, ...]
) -> None:
    found = separated(limb, times_ms)
    measured = array(found.field_hz)
    inside = np.isfinite(measured) & np.isfinite(array(limb.fat_fraction_percent))
    off = (measured - field_hz(limb))[inside]
    assert field_hz(limb)[inside].min() < -150
    assert (np.abs(off) > 150).mean() < 1e-3


def test_the_field_map_and_r2star_are_those_of_the_limb(limb: Limb, six_echoes: Dixon) -> None:
    muscle = limb.muscles.array > 0
    assert np.median(np.abs(array(six_echoes.field_hz) - field_hz(limb))[muscle]) < 2.0
    assert six_echoes.r2star_per_s is not None
    assert np.median(array(six_echoes.r2star_per_s)[muscle]) == pytest.approx(40.0, abs=3.0)


def test_a_scanner_that_counts_phase_backwards_is_recognised(limb: Limb, six_echoes: Dixon) -> None:
    times = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)
    magnitude, phase = acquired(limb, times)
    turned = complex_echoes(magnitude.echoes, [-image for image in phase.echoes], times)
    found = separate_water_and_fat(turned, magnitude.acquisition)
    assert any("the other way round" in problem for problem in found.problems)
    np.testing.assert_allclose(array(found.field_hz), array(six_echoes.field_hz), atol=0.1)


def test_the_bias_by_t1_is_stated(six_echoes: Dixon) -> None:
    assert any("true fat fractions of 10 and 50 % read as 10.9 and 52.4 %" in text for text in six_echoes.problems)


def test_a_map_says_where_water_and_fat_may_be_exchanged(limb: Limb) -> None:
    times = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)
    magnitude, phase = acquired(limb, times)
    # A block whose field jumps by the fat shift: as a susceptibility artefact that no smooth field can follow.
    box = (slice(1, 2), slice(30, 34), slice(20, 24))
    phases = [array(image) for image in phase.echoes]
    for values, te_ms in zip(phases, times, strict=True):
        values[box] += 2 * np.pi * 434.0 * te_ms * 1e-3
    turned = [image_like(np.angle(np.exp(1j * values)), magnitude.image) for values in phases]
    echoes = complex_echoes(magnitude.echoes, turned, times)
    suspected = array(separate_water_and_fat(echoes, magnitude.acquisition).suspected_swap)
    assert suspected[box].mean() > 0.5
    assert suspected.sum() < 2.5 * suspected[box].size


def test_an_unknown_field_strength_is_asked_for(limb: Limb) -> None:
    magnitude, phase = acquired(limb, (1.15, 2.3))
    echoes = complex_echoes(magnitude.echoes, phase.echoes, (1.15, 2.3))
    with pytest.raises(InputError, match="field strength of the scanner is unknown"):
        separate_water_and_fat(echoes, Acquisition())


@pytest.fixture(scope="module")
def hand(shared_data: Path) -> tuple[Dixon, np.ndarray, np.ndarray]:
    """Return the separation of a real hand, and the water and fat of another program."""
    folder = shared_data / "swastling" / "hand_dixon3"
    numbers = ((6, 345), (8, 460), (10, 575))
    magnitudes = [read_image(folder / f"{n:04d}-Dixon_TE_{te}_hand.nii.gz") for n, te in numbers]
    phases = [read_image(folder / f"{n + 1:04d}-Dixon_TE_{te}_hand.nii.gz") for n, te in numbers]
    echoes = complex_echoes(magnitudes, phases, (3.45, 4.6, 5.75))
    others = (array(read_image(folder / f"expected_{name}.nii.gz")) for name in ("water", "fat"))
    return separate_water_and_fat(echoes, Acquisition(field_strength_tesla=3.0)), *others


def test_a_real_hand_agrees_with_another_program_within_three_points(
    hand: tuple[Dixon, np.ndarray, np.ndarray],
) -> None:
    """That program smooths, and its fat has one peak: it sees our fat as strong as its six peaks are in phase."""
    found, water, fat = hand
    signal = np.isfinite(array(found.water)) & (water + fat > 60)
    seen = abs(fat_phasor(4.6, 3.0))

    def in_blocks(values: np.ndarray) -> np.ndarray:
        return np.nan_to_num(values).reshape(9, 20, 8, 40, 8).mean(axis=(2, 4))

    whole = in_blocks(signal.astype(float)) == 1
    ours = in_blocks(array(found.fat)) * seen
    percent = 100 * ours[whole] / (ours + in_blocks(array(found.water)))[whole]
    theirs = 100 * in_blocks(fat)[whole] / in_blocks(water + fat)[whole]
    difference = np.abs(percent - theirs)
    assert whole.sum() > 300
    assert np.median(difference) <= 3.0
    # An exchanged region would differ by some 80 points.
    assert (difference > 60).mean() < 0.005
