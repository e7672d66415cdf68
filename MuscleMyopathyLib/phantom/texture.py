"""How fat and oedema lie in a muscle: streaks along its bundles, islands that grow together, patches of oedema."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from MuscleMyopathyLib.phantom.disease import Involvement
from MuscleMyopathyLib.phantom.noise import Lattice
from MuscleMyopathyLib.phantom.strokes import ramp
from MuscleMyopathyLib.phantom.tissues import MUSCLE_T2_MS

Array = npt.NDArray[np.floating]

OEDEMA_T2_MS = 24.0
"""Growth of the water's T2 at the strongest oedema."""
REPLACED_SHARE = 0.93
"""Share of fat in fully replaced muscle."""


class MuscleTexture:
    """The content of one muscle at any point of it.

    Args:
        disease: The muscle's involvement.
        noise: The leg's noise.
        place: Number of the muscle, so that no two muscles share a pattern.
        variation: How this subject differs from the pattern, standard normal.
    """

    def __init__(self, disease: Involvement, noise: Lattice, place: int, variation: float) -> None:
        self._disease = disease
        self._noise = noise
        self._place = 7.3 * (place + 1)
        self._variation = variation

    def at(self, across: Array, along: Array, z: float, level: float) -> tuple[Array, Array]:
        """Return the share of fat and the T2 of the water in ms.

        Args:
            across: Positions in mm across the bundles.
            along: Positions in mm along them.
            z: Position in mm along the limb.
            level: Position along the segment, 0 (distal) to 1 (proximal).
        """
        disease = self._disease
        across = across + 3.5 * self._noise(across / 14, along / 14 + np.float32(self._place), z / 90)

        def noise(width_mm: float, stretch: float, start: float, upward: float = 8.0) -> Array:
            return self._noise(
                across / np.float32(width_mm) + np.float32(self._place),
                along / np.float32(width_mm * stretch) + np.float32(start),
                z / (width_mm * upward),
            )

        cell = disease.texture_mm / 2
        # Weights of unit length: the sum of the three is again standard normal, and its rank uniform.
        bundles = 0.77 * noise(cell, 1.7, 3.1) + 0.46 * noise(0.4 * cell, 2.2, 11.7)
        bundles = bundles + 0.44 * noise(3.5 * cell, 1.3, 23.9, upward=2.5)
        rank = ndtr(bundles)
        replaced = disease.fat * (1 + 0.7 * disease.gradient * (2 * level - 1)) * (1 + 0.08 * self._variation)
        replaced = float(np.clip(replaced, 0.0, 0.97))
        softness = np.float32(np.clip(2 * min(replaced, 1 - replaced), 0.01, 0.7))
        islands = ramp((rank - (1 - replaced)) / softness + np.float32(0.5)) if replaced > 0 else rank * 0
        streaks = 0.20 * np.exp(-((noise(0.45 * 2.5, 4.0, 31.3) / 0.14) ** 2))
        strands = 0.22 * np.exp(-((noise(0.5 * cell, 3.0, 53.7) / 0.25) ** 2))
        base = 0.018 + 0.005 * np.clip(self._variation, -1, 2) + 0.10 * replaced + streaks
        share = base + (REPLACED_SHARE - strands - base) * islands
        oedema = np.clip(disease.oedema * (1 + 0.4 * noise(3 * cell, 1.3, 41.9, upward=3.0)), 0, 1.2)
        return share.astype(np.float32), (MUSCLE_T2_MS + OEDEMA_T2_MS * oedema).astype(np.float32)
