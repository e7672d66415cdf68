"""Words for figures of agreement: bands of the intraclass correlation and kappa, traffic lights for Dice.

>>> agreement_band(0.87), dice_band(0.87)
('almost perfect', 'green')
"""

from __future__ import annotations

import math

LANDIS_KOCH = (
    (0.80, "almost perfect"),
    (0.60, "substantial"),
    (0.40, "moderate"),
    (0.20, "fair"),
    (0.00, "slight"),
)
"""Landis & Koch, Biometrics 1977;33:159: a value above the bound, or at 0. Wei et al. (Front Neurol 2023) use the
same bounds for the ICC; Wang et al. (Eur Radiol Exp 2023) call the upper two "perfect" and "good"."""

DICE_GREEN, DICE_AMBER = 0.85, 0.70
"""Thigh muscles drawn twice by hand (Acta Myol 2021, 10.36185/2532-1900-052): Dice 0.82–0.89 for one reader,
0.70–0.81 for two. Green is as good as one reader with himself, amber as two readers, red is worse than either."""


def agreement_band(value: float) -> str:
    """Return Landis & Koch's word for an intraclass correlation or kappa; "poor" below 0, "" without a value."""
    if math.isnan(value):
        return ""
    if value == 0:
        return "slight"
    return next((word for bound, word in LANDIS_KOCH if value > bound), "poor")


def dice_band(dice: float) -> str:
    """Return ``green`` from 0.85 on, ``amber`` from 0.70 on, ``red`` below; "" without a value."""
    if math.isnan(dice):
        return ""
    if dice >= DICE_GREEN:
        return "green"
    return "amber" if dice >= DICE_AMBER else "red"
