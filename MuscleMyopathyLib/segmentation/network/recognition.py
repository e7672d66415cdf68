"""What the images show: thigh, calf, or nothing that the network knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.network.classes import OTHER
from MuscleMyopathyLib.segmentation.network.voting import region_shares

Floats = npt.NDArray[np.float32]

CLEARLY_OTHER = 0.8
"""Share of the muscle that must look like the other region's before a region that was asked for is refused."""
DOUBTFUL = 0.6
LEAST_MUSCLE = 0.08
"""A limb's muscles fill at least this share of what lies inside its skin and fat; a head's do not."""
LEAST_CONFIDENCE = 0.65
"""Mean probability of the muscle pixels below which nothing was recognised; in real limbs it is 0.75 and more."""


@dataclass(frozen=True)
class Recognition:
    """What the network makes of some views before any region is imposed.

    Attributes:
        thigh_share: Share of the muscle's probability that falls on thigh muscles, 0 to 1.
        muscle_share: Share of the limb that is muscle.
        confidence: Mean probability of the pixels called muscle.
    """

    thigh_share: float
    muscle_share: float
    confidence: float

    @property
    def region(self) -> Region:
        """The region that it looks like."""
        return Region.THIGH if self.thigh_share >= 0.5 else Region.CALF

    def share_of(self, region: Region) -> float:
        """Return the share of the muscle that looks like a region's."""
        return self.thigh_share if region is Region.THIGH else 1 - self.thigh_share


def recognise(views: Sequence[Floats], classes: Sequence[str]) -> Recognition:
    """Return what the views show, from their probabilities (class, size, size)."""
    thigh = calf = muscle = limb = sure = 0.0
    for probabilities in views:
        best = probabilities.argmax(axis=0)
        called = best > OTHER
        shares = region_shares(probabilities * called, classes)
        thigh, calf = thigh + shares[Region.THIGH], calf + shares[Region.CALF]
        muscle += float(called.sum())
        limb += float((best > 0).sum())
        sure += float(probabilities.max(axis=0)[called].sum(dtype=np.float64))
    return Recognition(thigh / max(thigh + calf, 1e-9), muscle / max(limb, 1.0), sure / max(muscle, 1.0))


def agreed_region(recognition: Recognition, asked: Region | None) -> tuple[Region, str]:
    """Return the region to segment, and a doubt in words, empty if there is none.

    Raises:
        InputError: Nothing like a limb was recognised, or clearly the other region.
    """
    if recognition.muscle_share < LEAST_MUSCLE or recognition.confidence < LEAST_CONFIDENCE:
        raise InputError(
            "The network recognises neither a thigh nor a calf in these images: it takes "
            f"{100 * recognition.muscle_share:.0f} % of the body for muscle, with a mean probability of "
            f"{recognition.confidence:.2f}. Check that they are axial images of thighs or calves."
        )
    if asked is None:
        return recognition.region, ""
    other = 1 - recognition.share_of(asked)
    seen = Region.CALF if asked is Region.THIGH else Region.THIGH
    if other > CLEARLY_OTHER:
        raise InputError(
            f"The images were given as {asked}, but {100 * other:.0f} % of the muscle looks like that of the "
            f"{seen}. Choose the region {seen}, or other images."
        )
    if other > DOUBTFUL:
        return asked, f"{100 * other:.0f} % of the muscle looks like that of the {seen}; is the region right?"
    return asked, ""
