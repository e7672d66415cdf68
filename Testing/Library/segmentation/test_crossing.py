"""Legs that cross in the field of view keep their sides; where they cannot be told, it is said and not guessed."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.compartments import segment_compartments
from MuscleMyopathyLib.segmentation.engines.dividing import segment_with
from MuscleMyopathyLib.segmentation.engines.engine import EngineResult
from MuscleMyopathyLib.segmentation.inputs import read_images
from MuscleMyopathyLib.segmentation.sides import SideDivision, divide
from Testing.Library.segmentation.synthetic_legs import Legs, crossing_legs

SLICES = 8
ORIENTATIONS = ("LPS", "RAS", "RPI", "LAI", "LPI", "RAI", "PLS", "ASR")


def crossed(gap_mm: float, until: float = -1.0, slices: int = SLICES, front: int = 1, near: float = 1.0) -> Legs:
    """Return legs side by side at the top which have crossed at the bottom, one passing in front of the other.

    Args:
        gap_mm: Distance of their middles, front to back, where they pass.
        until: How far the lowest slice is: -1 legs changed places, 0 one in front of the other.
        slices: Number of slices.
        front: 1 where the left leg passes in front, -1 where the right one does.
        near: How far apart the highest slice is, 1 is side by side.
    """
    share = np.linspace(until, near, slices)
    x = 60.0 * share
    y = front * gap_mm / 2 * np.sqrt(np.maximum(0.0, 1 - share**2))
    return crossing_legs(
        [(a, -b) for a, b in zip(x, y, strict=True)], [(-a, b) for a, b in zip(x, y, strict=True)]
    )


def division_of(legs: Legs, orientation: str = "LPS") -> SideDivision:
    images = [sitk.DICOMOrient(image, orientation) for image in (legs.water, legs.fat)]
    return divide(read_images(images[0], images[1], None), Region.CALF)


def agreement(found: np.ndarray, legs: Legs) -> float:
    told = (found > 0) & (legs.sides > 0)
    return float((found == legs.sides)[told].mean())


@settings(max_examples=8, deadline=None)
@given(
    gap_mm=st.floats(84, 112),
    until=st.floats(-1.0, 0.0),
    front=st.sampled_from([1, -1]),
    orientation=st.sampled_from(ORIENTATIONS),
)
def test_legs_that_cross_keep_their_sides_in_every_stored_order(gap_mm, until, front, orientation):
    legs = crossed(gap_mm, until, front=front)
    division = division_of(legs, orientation)
    assert agreement(division.side_map, legs) > 0.97
    assert (division.side_map > 0).sum() > 0.85 * (legs.sides > 0).sum()


def test_a_crossing_is_said_with_its_slices():
    ((side, text),) = division_of(crossed(100)).remarks
    assert side is Side.BOTH
    assert text.startswith("Slices 1 to 4: the legs are crossed.")
    assert division_of(crossing_legs([(60, 0)] * 4, [(-60, 0)] * 4)).remarks == []


def test_legs_that_touch_while_they_cross_are_divided_where_they_touch():
    legs = crossed(74)
    division = division_of(legs)
    assert agreement(division.side_map, legs) > 0.95


def test_legs_one_in_front_of_the_other_in_every_slice_are_not_guessed():
    legs = crossing_legs([(5, -45)] * 4, [(-5, 45)] * 4)
    with pytest.raises(InputError, match=r"one in front of the other in every slice.*only_side"):
        division_of(legs)


def test_a_jump_that_could_be_either_leg_leaves_the_slices_beyond_it_untold():
    """From side by side to one straight in front of the other: both legs are equally near to both places."""
    legs = crossing_legs([(0, -45), (0, -45), (60, 0), (60, 0)], [(0, 45), (0, 45), (-60, 0), (-60, 0)])
    division = division_of(legs)
    assert [bool(part.any()) for part in division.side_map] == [False, False, True, True]
    assert "Slices 1 to 2" in division.remarks[0][1]
    assert "cannot be told; not segmented" in division.remarks[0][1]
    assert agreement(division.side_map, legs) > 0.97


def test_compartments_of_crossed_legs_lie_in_their_own_leg_and_the_crossing_is_a_problem():
    legs = crossed(100, slices=5)
    result = segment_compartments(water=legs.water, fat=legs.fat, region=Region.CALF)
    for side, number in ((Side.LEFT, 1), (Side.RIGHT, 2)):
        fat = result.compartments.mask(Structure("SAT", side))
        assert (legs.sides[fat] == number).mean() > 0.97
    assert result.problems["problem"].str.contains("the legs are crossed").any()


class Undivided:
    """Weights of others that call all bright tissue one muscle and do not tell left from right."""

    name = "undivided"

    def segment(self, images, progress=None) -> EngineResult:
        bright = sitk.GetArrayFromImage(images[0]) > 200
        muscle = Segmentation.from_array(bright.astype(np.uint8), {1: Structure("SOL")}, images[0])
        return EngineResult(muscle, sitk.Cast(muscle.image, sitk.sitkFloat32), self.name, ())


def test_muscles_by_weights_of_others_follow_the_crossed_legs_and_untold_slices_stay_empty():
    legs = crossed(100)
    result = segment_with(Undivided(), [legs.water], Region.CALF)
    left = result.segmentation.mask(Structure("SOL", Side.LEFT))
    assert (legs.sides[left] == 1).mean() > 0.97
    assert any("the legs are crossed" in remark for remark in result.remarks)
    jump = crossing_legs([(0, -45), (60, 0), (60, 0)], [(0, 45), (-60, 0), (-60, 0)])
    result = segment_with(Undivided(), [jump.water], Region.CALF)
    assert [bool(part.any()) for part in result.segmentation.array] == [False, True, True]
