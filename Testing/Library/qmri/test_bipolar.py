"""Tests of bipolar readouts on the digital limb."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.phantom.limb import Limb
from MuscleMyopathyLib.progress import silent
from MuscleMyopathyLib.qmri.bipolar import guessed_bipolar_error, refined_bipolar_error
from MuscleMyopathyLib.qmri.bipolar_error import BipolarError
from MuscleMyopathyLib.qmri.dixon import Dixon, DixonParameters, separate_water_and_fat
from MuscleMyopathyLib.qmri.dixon_cells import SignalVoxels, cell_fields
from MuscleMyopathyLib.qmri.dixon_model import WaterFatModel
from MuscleMyopathyLib.qmri.phase import ComplexEchoes, complex_echoes
from Testing.Library.qmri.gradient_echoes import (
    SIX_ECHOES_MS,
    acquired,
    array,
    echoes_of,
    fatty_limb,
    signals_of,
)

BIPOLAR = DixonParameters(bipolar_readouts=True)
ERROR = BipolarError((0.3, 0.8, -0.4), (0.03, 0.05, 0.0))


@pytest.fixture(scope="module")
def limb() -> Limb:
    return fatty_limb()


def of_limb(limb: Limb, times_ms: tuple[float, ...]) -> tuple[ComplexEchoes, Acquisition]:
    magnitude, phase = acquired(limb, times_ms)
    return complex_echoes(magnitude.echoes, phase.echoes, times_ms), magnitude.acquisition


def with_error(echoes: ComplexEchoes, error: BipolarError) -> ComplexEchoes:
    signals = signals_of(echoes)
    factors = error.factors(np.arange(signals[0].size), echoes.like.GetSize(), len(signals))
    return echoes_of(signals * factors.reshape(signals.shape), echoes.times_ms, echoes.like)


@pytest.fixture(scope="module")
def clean(limb: Limb) -> tuple[ComplexEchoes, Acquisition, Dixon]:
    """Return six echoes of readouts of one polarity, and their water and fat."""
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    return echoes, acquisition, separate_water_and_fat(echoes, acquisition)


def difference(first: Dixon, second: Dixon) -> np.ndarray:
    """Return by how many points two fat fractions differ."""
    return np.abs(array(first.fat_fraction_percent) - array(second.fat_fraction_percent))


def test_the_error_of_bipolar_readouts_leaves_no_trace_in_the_fat_fraction(
    clean: tuple[ComplexEchoes, Acquisition, Dixon],
) -> None:
    echoes, acquisition, expected = clean
    found = separate_water_and_fat(with_error(echoes, ERROR), acquisition, BIPOLAR)
    assert np.nanpercentile(difference(found, expected), 95) < 0.5
    assert any(text.startswith("Bipolar readouts: odd and even echoes differ by") for text in found.problems)


def test_four_echoes_and_more_than_a_quarter_of_a_turn_are_enough(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, (1.2, 2.4, 3.6, 4.8))
    expected = separate_water_and_fat(echoes, acquisition)
    # Beyond a quarter of a turn, half a period of the field could pass for the error.
    turned_far = with_error(echoes, BipolarError((1.2, -0.6, 0.0), (0.0, 0.04, 0.0)))
    found = separate_water_and_fat(turned_far, acquisition, BIPOLAR)
    assert np.nanpercentile(difference(found, expected), 95) < 0.5
    assert np.nanmedian(np.abs(array(found.field_hz) - array(expected.field_hz))) < 1.0


def test_phase_and_gain_are_found(clean: tuple[ComplexEchoes, Acquisition, Dixon]) -> None:
    echoes, _, _ = clean
    model = WaterFatModel.of(SIX_ECHOES_MS, 3.0)
    nothing = np.zeros(array(echoes.like).shape, dtype=bool)
    voxels = SignalVoxels.of(
        with_error(echoes, ERROR), nothing, signal_to_noise=5.0, cell_mm=4.0, model_error=0.03
    )
    guessed = guessed_bipolar_error(voxels, model)
    refined, _, _ = refined_bipolar_error(guessed, model, cell_fields(guessed, model, 5.0, silent))
    found = refined.echoes.bipolar_error
    assert found is not None
    assert found.phase == pytest.approx(ERROR.phase, abs=0.01)
    assert found.log_gain == pytest.approx(ERROR.log_gain, abs=0.005)


def test_a_phase_counted_backwards_changes_nothing(clean: tuple[ComplexEchoes, Acquisition, Dixon]) -> None:
    echoes, acquisition, expected = clean
    bipolar = with_error(echoes, ERROR)
    backwards = complex_echoes(bipolar.magnitudes, [-phase for phase in bipolar.phases], SIX_ECHOES_MS)
    found = separate_water_and_fat(backwards, acquisition, BIPOLAR)
    assert np.nanpercentile(difference(found, expected), 95) < 0.5


def test_readouts_of_one_polarity_are_left_as_they_are(clean: tuple[ComplexEchoes, Acquisition, Dixon]) -> None:
    echoes, acquisition, expected = clean
    found = separate_water_and_fat(echoes, acquisition, BIPOLAR)
    assert np.nanpercentile(difference(found, expected), 95) < 0.3


def test_bipolar_readouts_that_nobody_stated_are_noticed(clean: tuple[ComplexEchoes, Acquisition, Dixon]) -> None:
    echoes, acquisition, expected = clean
    unstated = separate_water_and_fat(with_error(echoes, ERROR), acquisition)
    assert not any("readouts alternate their polarity" in text for text in expected.problems)
    assert any("readouts alternate their polarity" in text for text in unstated.problems)


@pytest.mark.parametrize("times_ms", [(1.15, 2.3, 3.45), (1.2, 2.0, 3.3, 4.1)])
def test_echoes_that_cannot_tell_the_error_are_refused_with_the_way_out(
    limb: Limb, times_ms: tuple[float, ...]
) -> None:
    echoes, acquisition = of_limb(limb, times_ms)
    with pytest.raises(InputError, match=r"cannot be told from fat.*odd or the even echoes alone"):
        separate_water_and_fat(echoes, acquisition, BIPOLAR)
