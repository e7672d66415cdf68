"""Tests of the separation of water and fat on the digital limb."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.phantom.limb import Limb
from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain
from MuscleMyopathyLib.qmri.dixon import Dixon, DixonParameters, separate_water_and_fat
from MuscleMyopathyLib.qmri.fat_spectrum import FatSpectrum
from MuscleMyopathyLib.qmri.phase import ComplexEchoes, complex_echoes
from MuscleMyopathyLib.qmri.t1_bias import apparent_fat_fraction_percent
from Testing.Library.qmri.gradient_echoes import (
    SIX_ECHOES_MS,
    acquired,
    array,
    echoes_of,
    fatty_limb,
    field_hz,
    image_like,
    signals_of,
)

UNEQUAL_MS = (1.2, 2.0, 3.3, 4.1, 5.6, 6.2)


@pytest.fixture(scope="module")
def limb() -> Limb:
    return fatty_limb()


def of_limb(limb: Limb, times_ms: tuple[float, ...]) -> tuple[ComplexEchoes, Acquisition]:
    magnitude, phase = acquired(limb, times_ms)
    return complex_echoes(magnitude.echoes, phase.echoes, times_ms), magnitude.acquisition


@pytest.fixture(scope="module")
def six_echoes(limb: Limb) -> Dixon:
    return separate_water_and_fat(*of_limb(limb, SIX_ECHOES_MS))


def apparent(percent: np.ndarray) -> np.ndarray:
    """Return what T1 makes of true fat fractions in the train's TR and flip angle."""
    train = GradientEchoTrain()
    x = np.linspace(0, 100, 101)
    seen = [apparent_fat_fraction_percent(v, train.repetition_time_ms, train.flip_angle_degrees) for v in x]
    return np.interp(percent, x, seen)


def errors_by_tenth(limb: Limb, found: Dixon) -> list[float]:
    """Return the median error of the fat fraction in points, for true ones of 0–10 %, 10–20 % and so on."""
    truth, measured = array(limb.fat_fraction_percent), array(found.fat_fraction_percent)
    inside = np.isfinite(measured) & np.isfinite(truth)
    tenths = [inside & (truth >= start) & (truth < start + 10) for start in range(0, 100, 10)]
    assert min(own.sum() for own in tenths) > 50
    return [float(np.median(measured[own] - apparent(truth[own]))) for own in tenths]


def test_the_fat_fraction_is_within_one_point_from_0_to_100_percent(limb: Limb, six_echoes: Dixon) -> None:
    assert errors_by_tenth(limb, six_echoes) == pytest.approx([0] * 10, abs=1.0)


def test_unequal_spacing_of_the_echoes_does_not_matter(limb: Limb) -> None:
    found = separate_water_and_fat(*of_limb(limb, UNEQUAL_MS))
    assert errors_by_tenth(limb, found) == pytest.approx([0] * 10, abs=1.0)


@pytest.mark.parametrize("times_ms", [SIX_ECHOES_MS, UNEQUAL_MS, (1.15, 2.3, 3.45), (1.15, 2.3)])
def test_water_and_fat_are_exchanged_in_fewer_than_one_voxel_of_a_thousand(
    limb: Limb, times_ms: tuple[float, ...]
) -> None:
    measured = array(separate_water_and_fat(*of_limb(limb, times_ms)).field_hz)
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
    magnitude, phase = acquired(limb, SIX_ECHOES_MS)
    backwards = complex_echoes(magnitude.echoes, [-image for image in phase.echoes], SIX_ECHOES_MS)
    found = separate_water_and_fat(backwards, magnitude.acquisition)
    assert any("the other way round" in problem for problem in found.problems)
    np.testing.assert_allclose(array(found.field_hz), array(six_echoes.field_hz), atol=0.1)


def test_the_bias_by_t1_is_stated(six_echoes: Dixon) -> None:
    assert any("true fat fractions of 10 and 50 % read as 10.9 and 52.4 %" in text for text in six_echoes.problems)


def test_confidence_and_swap_map_are_summed_up(six_echoes: Dixon) -> None:
    confidence = array(six_echoes.confidence)
    swaps = np.count_nonzero(array(six_echoes.suspected_swap))
    assert f"Confidence: median {np.nanmedian(confidence):.2f}" in six_echoes.summary
    assert f"of {np.isfinite(confidence).sum()} voxels with signal" in six_echoes.summary
    assert f"Swap map: {swaps} voxels" in six_echoes.summary


def test_a_map_says_where_water_and_fat_may_be_exchanged(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    signals = signals_of(echoes)
    # A block whose field jumps by the fat shift: as a susceptibility artefact that no smooth field can follow.
    jump = np.exp(2j * np.pi * 434.0 * np.array(SIX_ECHOES_MS)[:, None, None, None] * 1e-3)
    box = (slice(1, 2), slice(30, 34), slice(20, 24))
    signals[(slice(None), *box)] *= jump
    found = separate_water_and_fat(echoes_of(signals, SIX_ECHOES_MS, echoes.like), acquisition)
    suspected = array(found.suspected_swap)
    assert suspected[box].mean() > 0.5
    assert suspected.sum() < 2.5 * suspected[box].size


def test_a_saturated_first_echo_is_left_out_and_said(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    first = array(echoes.magnitudes[0])
    clipped = first > np.percentile(first, 97)
    first[clipped] = first[clipped].min()
    saturated = replace(echoes, magnitudes=(image_like(first, echoes.like), *echoes.magnitudes[1:]))
    found = separate_water_and_fat(saturated, acquisition)
    assert any(text.startswith("Saturated: echo 1") for text in found.problems)
    assert np.isnan(array(found.fat_fraction_percent)[clipped]).all()
    assert errors_by_tenth(limb, found)[:8] == pytest.approx([0] * 8, abs=1.0)


def test_one_peak_of_fat_biases_the_fat_fraction_and_says_so(limb: Limb, six_echoes: Dixon) -> None:
    one_peak = DixonParameters(fat_spectrum=FatSpectrum.ONE_PEAK)
    found = separate_water_and_fat(*of_limb(limb, SIX_ECHOES_MS), one_peak)
    fatty = array(limb.fat_fraction_percent) > 90
    lower = np.nanmedian((array(six_echoes.fat_fraction_percent) - array(found.fat_fraction_percent))[fatty])
    assert 3 < lower < 25
    assert any("Fat was taken as one peak" in text for text in found.problems)


def test_echoes_of_noise_alone_are_refused(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, (1.15, 2.3))
    with pytest.raises(InputError, match="No voxel's mean signal exceeds"):
        separate_water_and_fat(echoes, acquisition, DixonParameters(signal_to_noise=1e6))


def test_one_echo_is_refused(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    alone = replace(
        echoes, magnitudes=echoes.magnitudes[:1], phases=echoes.phases[:1], times_ms=echoes.times_ms[:1]
    )
    with pytest.raises(InputError, match="One echo cannot tell water from fat"):
        separate_water_and_fat(alone, acquisition)


def test_an_unknown_field_strength_is_asked_for(limb: Limb) -> None:
    echoes, _ = of_limb(limb, (1.15, 2.3))
    with pytest.raises(InputError, match="field strength of the scanner is unknown"):
        separate_water_and_fat(echoes, Acquisition())
