"""Tests of the bias of a fat fraction by T1."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.qmri.t1_bias import apparent_fat_fraction_percent, t1_bias_note


def test_a_long_repetition_time_leaves_no_bias() -> None:
    assert apparent_fat_fraction_percent(30.0, 20000.0, 10.0) == pytest.approx(30.0, abs=0.01)


def test_a_large_flip_angle_makes_fat_seem_more() -> None:
    small, large = (apparent_fat_fraction_percent(30.0, 14.0, flip) for flip in (3.0, 20.0))
    assert 30 < small < 33
    assert large > 45


def test_the_note_takes_t1_of_the_scanner_s_field() -> None:
    low = t1_bias_note(Acquisition(14.0, 10.0, 1.494))
    high = t1_bias_note(Acquisition(14.0, 10.0, 2.89))
    assert "T1 of muscle 1130 ms, of fat 288 ms, 1.5 T" in low
    assert "T1 of muscle 1420 ms, of fat 370 ms, 3 T" in high


def test_an_unknown_flip_angle_is_said() -> None:
    assert "cannot be told" in t1_bias_note(Acquisition(14.0, None, 3.0))
