"""Simulated readings of the modified Mercuri scale: the digital limb's patterns, readers who misjudge a little.

A case's share of fat voxels per muscle comes from the pattern of its disease
(``Resources/Phantom/patterns.json``); a reader sees that share shifted on the probit scale by a normally
distributed error and gives the level of what is seen. Simulated, never evidence about patients or readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from MuscleMyopathyLib.phantom.disease import involvement
from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.phantom.texture import BUNDLES, REGIONS
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.suggestion import SuggestionParameters, suggested_level

MUSCLE_VARIATION = 0.25
"""How much the muscles of one case and side deviate from the pattern, on the probit scale (standard deviation)."""

_BICEPS_FEMORIS = {"BFL": 2 / 3, "BFS": 1 / 3}
"""Shares of the two heads in the whole muscle's cross-section, by which the patterns' heads make one muscle."""


@dataclass(frozen=True)
class SimulatedReader:
    """How a simulated reader misjudges.

    Attributes:
        error: Standard deviation of the error on the probit scale; 0.1 is about 4 points at a share of 50 %.
        bias: Mean of that error; positive overestimates the fat.
    """

    error: float = 0.05
    bias: float = 0.0

    def __post_init__(self) -> None:
        if self.error < 0:
            raise ValueError(f"error must be 0 or more, not {self.error}.")


def simulated_shares(
    scale: Scale, pattern: Pattern, severity: float, rng: np.random.Generator
) -> dict[str, float]:
    """Return the true share of fat voxels (0 to 1) of every muscle of a simulated case.

    The patterns give the mean share of fat; the share of voxels that are mostly fat follows from how the digital
    limb distributes it (phantom/texture.py). Each muscle of each side then deviates by `MUSCLE_VARIATION`.

    Args:
        scale: A scale of muscles.
        pattern: Disease.
        severity: 0 to 1.
        rng: Draws the variation.
    """
    spread = np.hypot(REGIONS, BUNDLES)
    shares = {}
    for target in scale.targets:
        if target.structure is not None:
            probit = ndtri(np.clip(_fat(pattern, target.structure.code, severity), 1e-6, 0.97))
            deviation = MUSCLE_VARIATION * rng.standard_normal()
            shares[target.id] = float(ndtr(np.sqrt(1 + spread**2) / spread * probit + deviation))
    return shares


def simulated_form(
    scale: Scale,
    shares: Mapping[str, float],
    reader: SimulatedReader,
    rng: np.random.Generator,
    parameters: SuggestionParameters | None = None,
) -> Form:
    """Fill a form as a simulated reader would.

    Args:
        scale: The modified Mercuri scale.
        shares: True share of fat voxels by target, 0 to 1.
        reader: How this reader misjudges.
        rng: Draws the errors and the time spent.
        parameters: Cut-offs between the levels.
    """
    form = Form(scale)
    for target, share in shares.items():
        probit = ndtri(np.clip(share, 1e-6, 1 - 1e-6))
        seen = ndtr(probit + reader.bias + reader.error * rng.standard_normal())
        form = form.scored(target, suggested_level(100 * float(seen), parameters))
        form = form.spent(float(rng.gamma(4.0, 0.75)))
    return form


def _fat(pattern: Pattern, muscle: str, severity: float) -> float:
    parts = _BICEPS_FEMORIS if muscle == "BF" else {muscle: 1.0}
    return sum(share * involvement(pattern, part, severity).fat for part, share in parts.items())
