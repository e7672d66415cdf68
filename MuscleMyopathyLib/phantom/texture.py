"""How fat and oedema lie in a muscle: streaks along its bundles within larger areas, patches of oedema.

The share of fat is Φ(√(1 + r² + f²) Φ⁻¹(p) + r R + f F) of full replacement, with p the muscle's involvement, R
noise of the size of regions and F of the size of bundles, both standard normal, and r and f their strengths. Its
mean over the muscle is p: little involvement gives thin bright streaks, much of it leaves thin dark strands.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from MuscleMyopathyLib.phantom.disease import Involvement
from MuscleMyopathyLib.phantom.noise import Lattice
from MuscleMyopathyLib.phantom.tissues import MUSCLE_T2_MS

Array = npt.NDArray[np.floating]

OEDEMA_T2_MS = 24.0
"""Growth of the water's T2 at the strongest oedema."""
REPLACED_SHARE = 0.93
"""Share of fat in fully replaced muscle."""
REGIONS, BUNDLES = 0.7, 0.85
"""How strongly the share of fat varies between regions of a muscle, and between its bundles."""


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
        swirl = self._noise(across / 12, along / 12 + np.float32(self._place), z / 90)
        across = across + np.float32(4.5) * swirl

        def noise(width_mm: float, stretch: float, start: float, upward: float = 8.0) -> Array:
            return self._noise(
                across / np.float32(width_mm) + np.float32(self._place),
                along / np.float32(width_mm * stretch) + np.float32(start),
                z / (width_mm * upward),
            )

        cell = disease.texture_mm / 2
        involved = disease.fat * (1 + 0.7 * disease.gradient * (2 * level - 1)) * (1 + 0.08 * self._variation)
        replaced: Array | float = 0.0
        if involved > 0:
            # Weights of unit length keep the sum standard normal.
            bundles = 0.70 * noise(0.55 * cell, 2.0, 3.1) + 0.71 * noise(0.3 * cell, 2.6, 11.7, upward=20.0)
            regions = noise(3.5 * cell, 1.3, 23.9, upward=2.5)
            threshold = np.sqrt(1 + REGIONS**2 + BUNDLES**2) * ndtri(min(involved, 0.97))
            replaced = ndtr(threshold + REGIONS * regions + BUNDLES * bundles)
        streaks = 0.20 * np.exp(-((noise(1.1, 4.0, 31.3) / 0.14) ** 2))
        base = 0.018 + 0.005 * np.clip(self._variation, -1, 2) + streaks
        share = base + (REPLACED_SHARE - base) * replaced
        oedema = np.clip(disease.oedema * (1 + 0.4 * noise(3 * cell, 1.3, 41.9, upward=3.0)), 0, 1.2)
        return share.astype(np.float32), (MUSCLE_T2_MS + OEDEMA_T2_MS * oedema).astype(np.float32)
