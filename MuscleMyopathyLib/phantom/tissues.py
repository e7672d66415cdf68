"""Tissues of the digital limb and their magnetic properties at 3 T.

Water in muscle: T1 1,420 ms (Gold et al., AJR 2004;183:343), T2 33.9 ms in healthy thighs (Wang et al., Eur
Radiol 2023;33:2350); subcutaneous fat and yellow marrow: T1 about 370 ms (Gold et al.), apparent T2 in an echo
train 130 ms. Blood: T1 1,650 ms; its signal in spin echoes is lost by flow (`flow_void`). Cortex, fascia and skin
have little signal: their densities and short T2 are chosen for their usual appearance, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

FAT_T1_MS = 370.0
FAT_T2_MS = 130.0
MUSCLE_T1_MS = 1420.0
MUSCLE_T2_MS = 33.9
MUSCLE_R2STAR_PER_S = 40.0

OEDEMA_T1_PER_T2 = 12.0
"""Growth of the T1 of muscle water in ms for each ms by which oedema lengthens its T2."""


class Tissue(IntEnum):
    """What a point of the limb is made of."""

    AIR = 0
    SKIN = 1
    SUBCUTANEOUS_FAT = 2
    FASCIA = 3
    MUSCLE = 4
    INTERMUSCULAR_FAT = 5
    CORTEX = 6
    MARROW = 7
    ARTERY = 8
    VEIN = 9
    NERVE = 10
    SUPERFICIAL_VEIN = 11


@dataclass(frozen=True)
class Properties:
    """Magnetic properties at 3 T.

    Attributes:
        density: Proton density, muscle = 1.
        fat_share: Fat's share of the protons, 0 to 1; of muscle it is set by the disease.
        t1_ms: T1 of its water.
        t2_ms: T2 of its water; of muscle it is set by the oedema.
        r2star_per_s: R2* in a gradient echo.
        flow_void: Share of the signal that flow takes from a spin echo, 0 to 1.
    """

    density: float
    fat_share: float
    t1_ms: float
    t2_ms: float
    r2star_per_s: float
    flow_void: float = 0.0


PROPERTIES: dict[Tissue, Properties] = {
    Tissue.AIR: Properties(0.0, 0.0, 1000, 30, 40),
    Tissue.SKIN: Properties(0.65, 0.15, 900, 22, 80),
    Tissue.SUBCUTANEOUS_FAT: Properties(1.0, 0.93, 1200, 40, 35),
    Tissue.FASCIA: Properties(0.45, 0.20, 900, 12, 150),
    Tissue.MUSCLE: Properties(1.0, 0.0, MUSCLE_T1_MS, MUSCLE_T2_MS, MUSCLE_R2STAR_PER_S),
    Tissue.INTERMUSCULAR_FAT: Properties(1.0, 0.90, 1300, 40, 40),
    Tissue.CORTEX: Properties(0.08, 0.10, 800, 4, 400),
    Tissue.MARROW: Properties(0.95, 0.92, 1200, 40, 80),
    Tissue.ARTERY: Properties(0.95, 0.0, 1650, 120, 30, flow_void=0.95),
    Tissue.VEIN: Properties(0.95, 0.0, 1650, 90, 35, flow_void=0.45),
    Tissue.SUPERFICIAL_VEIN: Properties(0.95, 0.0, 1650, 90, 35, flow_void=0.3),
    Tissue.NERVE: Properties(0.9, 0.25, 1300, 55, 40),
}
"""Properties of each tissue."""


def water_t1_ms(tissue: npt.NDArray[np.uint8], t2_ms: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the T1 of the water of each point; in muscle it grows with the T2 of oedema."""
    t1_ms = np.array([PROPERTIES[kind].t1_ms for kind in Tissue], np.float32)[tissue]
    return np.where(tissue == Tissue.MUSCLE, t1_ms + OEDEMA_T1_PER_T2 * (t2_ms - MUSCLE_T2_MS), t1_ms)
