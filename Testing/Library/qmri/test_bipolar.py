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
from MuscleMyopathyLib.qmri.dixon import DixonParameters, separate_water_and_fat
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


@pytest.mark.parametrize(
    ("times_ms", "error"),
    [
        (SIX_ECHOES_MS, ERROR),
        ((1.2, 2.4, 3.6, 4.8), BipolarError((0.5, -0.6, 0.0), (0.0, 0.04, 0.0))),
        # Beyond a quarter of a turn, half a period of the field could pass for it.
        (tuple(1.2 + 0.9 * n for n in range(8)), BipolarError((1.2, 0.8, 0.0))),
    ],
)
def test_the_error_of_bipolar_readouts_leaves_no_trace_in_the_fat_fraction(
    limb: Limb, times_ms: tuple[float, ...], error: BipolarError
) -> None:
    echoes, acquisition = of_limb(limb, times_ms)
    clean = separate_water_and_fat(echoes, acquisition)
    found = separate_water_and_fat(with_error(echoes, error), acquisition, BIPOLAR)
    difference = np.abs(array(found.fat_fraction_percent) - array(clean.fat_fraction_percent))
    assert np.nanpercentile(difference, 95) < 0.5
    assert np.nanmax(np.abs(array(found.field_hz) - array(clean.field_hz))[difference < 5]) < 100
    assert any(text.startswith("Bipolar readouts: odd and even echoes differ by") for text in found.problems)


def test_phase_and_gain_are_found(limb: Limb) -> None:
    echoes, _ = of_limb(limb, SIX_ECHOES_MS)
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


def test_a_phase_counted_backwards_changes_nothing(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    bipolar = with_error(echoes, ERROR)
    backwards = complex_echoes(bipolar.magnitudes, [-phase for phase in bipolar.phases], SIX_ECHOES_MS)
    forwards = separate_water_and_fat(bipolar, acquisition, BIPOLAR)
    found = separate_water_and_fat(backwards, acquisition, BIPOLAR)
    difference = np.abs(array(found.fat_fraction_percent) - array(forwards.fat_fraction_percent))
    assert np.nanpercentile(difference, 99) < 0.5


def test_readouts_of_one_polarity_are_left_as_they_are(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    plain, found = (separate_water_and_fat(echoes, acquisition, each) for each in (DixonParameters(), BIPOLAR))
    difference = np.abs(array(found.fat_fraction_percent) - array(plain.fat_fraction_percent))
    assert np.nanpercentile(difference, 95) < 0.3


def test_bipolar_readouts_that_nobody_stated_are_noticed(limb: Limb) -> None:
    echoes, acquisition = of_limb(limb, SIX_ECHOES_MS)
    noticed = [
        any(
            "readouts alternate their polarity" in text
            for text in separate_water_and_fat(each, acquisition).problems
        )
        for each in (echoes, with_error(echoes, ERROR))
    ]
    assert noticed == [False, True]


@pytest.mark.parametrize("times_ms", [(1.15, 2.3, 3.45), (1.2, 2.0, 3.3, 4.1)])
def test_echoes_that_cannot_tell_the_error_are_refused_with_the_way_out(
    limb: Limb, times_ms: tuple[float, ...]
) -> None:
    echoes, acquisition = of_limb(limb, times_ms)
    with pytest.raises(InputError, match=r"cannot be told from fat.*odd or the even echoes alone"):
        separate_water_and_fat(echoes, acquisition, BIPOLAR)
