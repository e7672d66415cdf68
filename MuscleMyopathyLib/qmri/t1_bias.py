"""How far T1 makes a fat fraction differ from that of the protons, from TR and flip angle."""

from __future__ import annotations

from dataclasses import dataclass

from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.phantom.signals import spoiled_gradient_echo


@dataclass(frozen=True)
class _T1:
    tesla: float
    water_ms: float
    fat_ms: float


# Muscle and subcutaneous fat: Gold et al., AJR 2004;183:343.
_AT = (_T1(1.5, 1130.0, 288.0), _T1(3.0, 1420.0, 370.0))


def _t1(field_strength_tesla: float) -> _T1:
    return min(_AT, key=lambda known: abs(known.tesla - field_strength_tesla))


def apparent_fat_fraction_percent(
    true_percent: float,
    repetition_time_ms: float,
    flip_angle_degrees: float,
    field_strength_tesla: float = 3.0,
) -> float:
    """Return the fat fraction that a spoiled gradient echo shows of a true share of the protons.

    >>> round(apparent_fat_fraction_percent(50.0, repetition_time_ms=14.0, flip_angle_degrees=3.0), 1)
    52.4
    """
    t1, share = _t1(field_strength_tesla), true_percent / 100
    water = float(spoiled_gradient_echo(1 - share, t1.water_ms, repetition_time_ms, flip_angle_degrees))
    fat = float(spoiled_gradient_echo(share, t1.fat_ms, repetition_time_ms, flip_angle_degrees))
    return 100 * fat / (water + fat)


def t1_bias_note(acquisition: Acquisition) -> str:
    """Return in words what TR and flip angle make of a fat fraction, or that they are unknown.

    T1 is that of 1.5 or 3 T, whichever is nearer to the scanner's field; of 3 T where that is unknown.
    """
    tr, flip = acquisition.repetition_time_ms, acquisition.flip_angle_degrees
    if tr is None or flip is None:
        return "TR and flip angle are unknown, so the bias of the fat fraction by T1 cannot be told."
    t1 = _t1(acquisition.field_strength_tesla or 3.0)
    apparent = [apparent_fat_fraction_percent(true, tr, flip, t1.tesla) for true in (10.0, 50.0)]
    return (
        f"Bias by T1 at TR {tr:g} ms and {flip:g}°: true fat fractions of 10 and 50 % read as {apparent[0]:.1f} "
        f"and {apparent[1]:.1f} % (T1 of muscle {t1.water_ms:g} ms, of fat {t1.fat_ms:g} ms, {t1.tesla:g} T). "
        "Not corrected."
    )
