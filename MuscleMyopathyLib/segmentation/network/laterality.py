"""Whether each leg's muscles lie as on the side that geometry gave it: the network's word on left and right.

A leg laid before the network as the other side's shows its muscles in mirrored order; the network then finds fewer
of them and is less sure. In real and digital limbs the muscle found is worth 1.5 to 3 times as much the right way
round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import OTHER_SIDE, Side
from MuscleMyopathyLib.segmentation.crossing import EXCHANGED
from MuscleMyopathyLib.segmentation.network.classes import OTHER
from MuscleMyopathyLib.segmentation.network.engine import Engine
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView
from MuscleMyopathyLib.segmentation.network.voting import view_probabilities

Floats = npt.NDArray[np.float32]

CLEAR = 0.56
"""Share of the muscle found from which on one way round is clearly the better: in real limbs it is 0.6 to 0.8."""
SLIGHT = 0.52
"""Share from which on there is a reason to look at every slice, and which each leg must show beyond a crossing."""


@dataclass(frozen=True)
class SideEvidence:
    """How much muscle a network finds in views of legs, as they are and as the other side's.

    Attributes:
        views: The views as they are.
        votes: Their probabilities.
        mirrored_votes: The probabilities of the same legs laid as the other side's.
        as_is, mirrored: Summed probability of what is called muscle, per view.
    """

    views: tuple[LimbView, ...]
    votes: tuple[Floats, ...]
    mirrored_votes: tuple[Floats, ...]
    as_is: npt.NDArray[np.float64]
    mirrored: npt.NDArray[np.float64]

    @property
    def mirrored_share(self) -> float:
        """Share of all that was found that is found the other way round, 0 to 1; 0.5 tells nothing."""
        return _share(self.mirrored, self.as_is)

    @property
    def better_votes(self) -> tuple[Floats, ...]:
        """Of each view the probabilities the way round in which clearly more muscle is found."""
        ways = zip(self.votes, self.mirrored_votes, self.as_is, self.mirrored, strict=True)
        return tuple(other if _share(b, a) > CLEAR else own for own, other, a, b in ways)

    @property
    def distal_end_disagrees(self) -> bool:
        """Whether the two views nearest the feet are clearly better the other way round, as beyond a crossing."""
        lowest = np.argsort([view.index for view in self.views], kind="stable")[:2]
        return all(_share(self.mirrored[n], self.as_is[n]) > CLEAR for n in lowest)


def side_evidence(
    engine: Engine, values: Mapping[str, Floats], side_map: npt.NDArray[np.uint8], views: Sequence[LimbView]
) -> SideEvidence:
    """Return what a network finds in views of legs, as they are and as the other side's.

    Args:
        engine: See `Engine`.
        values: Magnitudes by sequence (slice, row, column).
        side_map: Which leg is where.
        views: Of `limb_views`.
    """
    others = [replace(view, side=OTHER_SIDE[view.side]) for view in views]
    votes = [found for _, found in view_probabilities(engine, values, side_map, views)]
    mirrored = [found for _, found in view_probabilities(engine, values, EXCHANGED[side_map], others)]
    return SideEvidence(
        tuple(views),
        tuple(votes),
        tuple(mirrored),
        np.array([_muscle(found) for found in votes]),
        np.array([_muscle(found) for found in mirrored]),
    )


def crossed_up_to(evidence: SideEvidence) -> int | None:
    """Return the highest slice up to which the legs are clearly the other way round; None if they are nowhere.

    Legs cross once: from the feet up to some slice they are exchanged, from there on they are not. The boundary is
    where this explains most; the part below must be clear by itself, over more than one slice and in each leg, and
    the part above must not be.

    Args:
        evidence: Of all slices, both legs.
    """
    indices = np.array([view.index for view in evidence.views])
    slices = np.unique(indices)
    gains = np.array(
        [float((evidence.mirrored - evidence.as_is)[indices == index].sum()) for index in slices]
    ).cumsum()
    best = int(gains.argmax())
    below = indices <= slices[best]
    if gains[best] <= 0 or best == 0 or _share(evidence.mirrored[below], evidence.as_is[below]) <= CLEAR:
        return None
    left = np.array([view.side is Side.LEFT for view in evidence.views])
    for leg in (left & below, ~left & below):
        if leg.any() and _share(evidence.mirrored[leg], evidence.as_is[leg]) <= SLIGHT:
            return None
    above = ~below
    if above.any() and _share(evidence.mirrored[above], evidence.as_is[above]) >= 0.5:
        return None
    return int(slices[best])


def _muscle(votes: Floats) -> float:
    called = votes.argmax(axis=0) > OTHER
    return float(votes.max(axis=0)[called].sum(dtype=np.float64))


def _share(mirrored: npt.NDArray[np.float64], as_is: npt.NDArray[np.float64]) -> float:
    total = float(np.sum(mirrored) + np.sum(as_is))
    return float(np.sum(mirrored)) / total if total > 0 else 0.5
