"""How far T1 makes a fat fraction differ from that of the protons, from TR and flip angle."""

from __future__ import annotations

from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.phantom.signals import spoiled_gradient_echo

WATER_T1_MS = 1420.0
FAT_T1_MS = 370.0
"""Muscle and subcutaneous fat at 3 T: Gold et al., AJR 2004;183:343."""


def apparent_fat_fraction_percent(
    true_percent: float, repetition_time_ms: float, flip_angle_degrees: float
) -> float:
    """Return the fat fraction that a spoiled gradient echo shows of a true share of the protons.

    >>> round(apparent_fat_fraction_percent(50.0, repetition_time_ms=14.0, flip_angle_degrees=3.0), 1)
    52.4
    """
    share = true_percent / 100
    water = float(spoiled_gradient_echo(1 - share, WATER_T1_MS, repetition_time_ms, flip_angle_degrees))
    fat = float(spoiled_gradient_echo(share, FAT_T1_MS, repetition_time_ms, flip_angle_degrees))
    return 100 * fat / (water + fat)


def t1_bias_note(acquisition: Acquisition) -> str:
    """Return in words what TR and flip angle make of a fat fraction, or that they are unknown."""
    tr, flip = acquisition.repetition_time_ms, acquisition.flip_angle_degrees
    if tr is None or flip is None:
        return "TR and flip angle are unknown, so the bias of the fat fraction by T1 cannot be told."
    apparent = apparent_fat_fraction_percent(10.0, tr, flip), apparent_fat_fraction_percent(50.0, tr, flip)
    return (
        f"Bias by T1 at TR {tr:g} ms and {flip:g}°: true fat fractions of 10 and 50 % read as {apparent[0]:.1f} "
        f"and {apparent[1]:.1f} % (T1 of muscle {WATER_T1_MS:g} ms, of fat {FAT_T1_MS:g} ms, 3 T). Not corrected."
    )
