"""Tests of the spectrum of fat."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.qmri.fat_spectrum import FatSpectrum, main_shift_hz


def test_one_peak_keeps_its_signal_and_turns_once_in_its_period() -> None:
    period_ms = 1000 / abs(main_shift_hz(3.0))
    assert FatSpectrum.ONE_PEAK.phasor(period_ms, 3.0) == pytest.approx(1.0)
    assert FatSpectrum.ONE_PEAK.phasor(period_ms / 2, 3.0) == pytest.approx(-1.0)


def test_six_peaks_lose_signal_among_themselves() -> None:
    period_ms = 1000 / abs(main_shift_hz(3.0))
    assert 0.8 < abs(FatSpectrum.SIX_PEAKS.phasor(period_ms, 3.0)) < 0.95
    assert abs(FatSpectrum.SIX_PEAKS.phasor(4.6, 3.0)) == pytest.approx(0.56, abs=0.01)


def test_fat_lies_below_water() -> None:
    assert main_shift_hz(1.5) == pytest.approx(-217, abs=1)
