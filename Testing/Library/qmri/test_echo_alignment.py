"""Tests of the alignment of echoes of separate scans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.qmri.dixon import separate_water_and_fat
from MuscleMyopathyLib.qmri.echo_alignment import aligned_echoes
from MuscleMyopathyLib.qmri.phase import ComplexEchoes, complex_echoes
from Testing.Library.qmri.gradient_echoes import (
    acquired,
    array,
    echoes_of,
    fatty_limb,
    image_like,
    signals_of,
)

TIMES_MS = (1.15, 2.3, 3.45)


@pytest.fixture(scope="module")
def limb() -> ComplexEchoes:
    magnitude, phase = acquired(fatty_limb(), TIMES_MS)
    return complex_echoes(magnitude.echoes, phase.echoes, TIMES_MS)


def moved(echoes: ComplexEchoes, millimetres: tuple[float, float]) -> ComplexEchoes:
    """Return the echoes with the second one moved along columns and rows."""
    signals = signals_of(echoes)
    shift = sitk.TranslationTransform(3, (*millimetres, 0.0))
    parts = [
        array(sitk.Resample(image_like(part, echoes.like), shift, sitk.sitkBSpline))
        for part in (signals[1].real, signals[1].imag)
    ]
    signals[1] = parts[0] + 1j * parts[1]
    return echoes_of(signals, echoes.times_ms, echoes.like)


def test_a_limb_that_moved_gives_the_fat_fraction_of_one_that_did_not(limb: ComplexEchoes) -> None:
    magnitude, _ = acquired(fatty_limb(), TIMES_MS)
    shifted = moved(limb, (4.0, -3.0))
    still, uncorrected, corrected = (
        array(separate_water_and_fat(echoes, magnitude.acquisition).fat_fraction_percent)
        for echoes in (limb, shifted, aligned_echoes(shifted)[0])
    )
    assert np.nanmean(np.abs(uncorrected - still)) > 4.0
    assert np.nanmean(np.abs(corrected - still)) < 1.5


def test_the_displacement_of_each_echo_is_stated(limb: ComplexEchoes) -> None:
    _, text = aligned_echoes(moved(limb, (4.0, -3.0)))
    second, third = (float(text.split(f"echo {number} by ")[1].split()[0]) for number in (2, 3))
    assert second == pytest.approx(5.0, abs=0.2)
    assert third < 0.2


def test_an_echo_of_nothing_cannot_be_aligned(limb: ComplexEchoes) -> None:
    empty = sitk.Image(limb.like.GetSize(), sitk.sitkFloat32)
    empty.CopyInformation(limb.like)
    broken = replace(limb, magnitudes=(limb.magnitudes[0], empty, limb.magnitudes[2]))
    with pytest.raises(GeometryError, match="Echo 2 could not be aligned"):
        aligned_echoes(broken)
