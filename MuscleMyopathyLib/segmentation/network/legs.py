"""The legs that a network is to segment: region recognised, left and right told by place and by muscles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import OTHER_SIDE, Region, Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.crossing import (
    EXCHANGED,
    HOW_TO_STATE_THE_SIDE,
    UnknownSideError,
    slices_in_words,
)
from MuscleMyopathyLib.segmentation.network.engine import Engine
from MuscleMyopathyLib.segmentation.network.laterality import (
    CLEAR,
    SLIGHT,
    SideEvidence,
    crossed_up_to,
    side_evidence,
)
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView, limb_views
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from MuscleMyopathyLib.segmentation.network.recognition import agreed_region, recognise
from MuscleMyopathyLib.segmentation.network.sequences import VotingImages
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, SideDivision, divide

Labels = npt.NDArray[np.uint8]

SAMPLE = 6
"""Cross-sections from which region and sides are recognised."""


@dataclass(frozen=True)
class Legs:
    """What is to be segmented.

    Attributes:
        region: As asked for, or as recognised.
        division: Which leg is where, as told by place, and by muscles where they know better.
        doubts: What is doubtful about region and sides, in words.
    """

    region: Region
    division: SideDivision
    doubts: tuple[str, ...]

    @property
    def side_map(self) -> Labels:
        """Which leg is where (slice, row, column), without the pelvis."""
        return below_pelvis(self.division)


def below_pelvis(division: SideDivision) -> Labels:
    """Return a map of the legs without the slices of the pelvis."""
    return np.where(division.pelvis[:, None, None], 0, division.side_map).astype(np.uint8)


def find_legs(voting: VotingImages, engine: Engine, asked: Region | None, parameters: MuscleParameters) -> Legs:
    """Find the legs, recognise the region, and tell left from right.

    Args:
        voting: Images and the outline of the legs.
        engine: See `Engine`.
        asked: Thigh or calf; None lets the network recognise it.
        parameters: ``only_side`` and ``sides_by`` count here.

    Raises:
        InputError: There is no limb of the region, or place and muscles disagree on left and right.
        UnknownSideError: Neither tells left from right.
    """
    assumed = asked or Region.THIGH
    division, told = _by_place(voting, assumed, parameters)
    evidence = _asked(engine, voting, division, SAMPLE)
    region, doubt = agreed_region(recognise(evidence.better_votes, engine.classes), asked)
    if region is not assumed and told:
        division, told = _by_place(voting, region, parameters)
        evidence = _asked(engine, voting, division, SAMPLE)
    legs = Legs(region, division, (doubt,) if doubt else ())
    one_leg = np.unique(division.side_map[division.side_map > 0]).size == 1
    if one_leg:
        return _one_leg(legs, evidence, parameters, told)
    return _two_legs(legs, evidence, engine, voting, parameters)


def _by_place(voting: VotingImages, region: Region, parameters: MuscleParameters) -> tuple[SideDivision, bool]:
    """Return the legs as their place tells them apart, and whether it told; else a single leg is called right."""
    try:
        return divide(voting.limbs, region, parameters.only_side), True
    except UnknownSideError as error:
        if not error.single_leg:
            raise
        return divide(voting.limbs, region, Side.RIGHT), False


def _asked(engine: Engine, voting: VotingImages, division: SideDivision, count: int | None) -> SideEvidence:
    """Return the network's word on some cross-sections spread over the legs, or on all."""
    side_map = below_pelvis(division)
    views: list[LimbView] = limb_views(side_map, SIDE_NUMBER, voting.limbs.axes.spacing_mm, engine.view)
    if not views:
        raise InputError("All slices show the pelvis or nothing; there is no thigh or calf to segment.")
    if count is not None:
        views = [views[index] for index in np.unique(np.linspace(0, len(views) - 1, count).round().astype(int))]
    return side_evidence(engine, voting.values, side_map, views)


def _one_leg(legs: Legs, evidence: SideEvidence, parameters: MuscleParameters, told: bool) -> Legs:
    side = next(side for side, number in SIDE_NUMBER.items() if (legs.division.side_map == number).any())
    share = evidence.mirrored_share
    other = OTHER_SIDE[side]
    if not told:
        if 1 - CLEAR < share < CLEAR:
            raise UnknownSideError(
                "Only one leg is in the images, and neither its bones, its place nor its muscles tell whether it "
                f"is the left or the right one. State the side {HOW_TO_STATE_THE_SIDE}."
            )
        seen = other if share >= CLEAR else side
        remark = (
            f"Only one leg is in the images; taken for the {seen} one, because its muscles lie so. State the side "
            "if that is wrong."
        )
        division = replace(legs.division, remarks=[(seen, remark)])
        return replace(legs, division=exchanged(division) if seen is other else division)
    if share < CLEAR or parameters.sides_by == "place":
        return legs
    if parameters.only_side is not Side.BOTH:
        doubt = f"The leg was stated to be the {side} one, but its muscles lie as in a {other} leg. Is that right?"
        return replace(legs, doubts=(*legs.doubts, doubt))
    raise UnknownSideError(
        f"Only one leg is in the images; by bones or place it is the {side} one, but its muscles lie as in a "
        f"{other} leg. State the side {HOW_TO_STATE_THE_SIDE}."
    )


def _two_legs(
    legs: Legs, evidence: SideEvidence, engine: Engine, voting: VotingImages, parameters: MuscleParameters
) -> Legs:
    if parameters.sides_by == "place" or (evidence.mirrored_share <= SLIGHT and not evidence.distal_end_disagrees):
        return legs
    highest = crossed_up_to(_asked(engine, voting, legs.division, None))
    if highest is None:
        if evidence.mirrored_share <= CLEAR:
            return legs
        doubt = "The muscles of some slices lie as in legs of the other side: look at left and right."
        return replace(legs, doubts=(*legs.doubts, doubt))
    shown = np.flatnonzero(legs.side_map.any(axis=(1, 2)))
    beyond = shown[shown <= highest]
    if beyond.size == shown.size and parameters.sides_by != "muscles":
        raise InputError(
            "In every slice the muscles of each leg lie as in a leg of the other side. Either the legs are "
            "crossed in the whole field of view, or the image's header exchanges left and right or front and "
            "back, so left and right cannot be told. Check the image; the parameter sides_by (muscles or place) "
            "says which to follow."
        )
    text = (
        "the legs are crossed: their muscles lie as in legs of the other side. Left and right follow the muscles; "
        "look at it."
    )
    words = slices_in_words(tuple(map(int, beyond)), voting.limbs.axes.slice_number)
    return replace(
        legs,
        division=exchanged(legs.division, highest),
        doubts=(*legs.doubts, f"{words}: {text}"),
    )


def exchanged(division: SideDivision, highest: int | None = None) -> SideDivision:
    """Return a division with left and right exchanged up to a slice, or in all."""
    side_map = division.side_map.copy()
    part = slice(None) if highest is None else slice(0, highest + 1)
    side_map[part] = EXCHANGED[side_map[part]]
    return replace(division, side_map=side_map)
