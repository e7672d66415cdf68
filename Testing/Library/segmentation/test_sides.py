"""Left and right of legs that are apart, touch, are cut off, lie anywhere, in images stored in any order."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.sides import divide_sides, split_by_side
from Testing.Library.segmentation.synthetic_legs import make_legs


def sides_of(legs, **options) -> np.ndarray:
    side_map = divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH, **options)
    return sitk.GetArrayFromImage(side_map)


def agreement(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of the legs' voxels that got the right side."""
    return float((found == truth)[truth > 0].mean())


def test_legs_apart_are_told_apart():
    legs = make_legs()
    assert agreement(sides_of(legs), legs.sides) > 0.98


def test_legs_that_touch_are_divided_where_they_touch():
    legs = make_legs(centres_mm=(130.0, 270.0))
    found = sides_of(legs)
    assert agreement(found, legs.sides) > 0.97
    assert (found[legs.sides == 2] == 1).mean() < 0.03
    assert (found[legs.sides == 1] == 2).mean() < 0.03


def test_a_leg_cut_off_by_the_field_of_view_keeps_its_side():
    legs = make_legs(centres_mm=(20.0, 250.0))
    assert agreement(sides_of(legs), legs.sides) > 0.97


@pytest.mark.parametrize("x", [-900.0, 500.0])
def test_the_scanner_s_centre_need_not_lie_between_the_legs(x):
    legs = make_legs(origin=(x, -100.0, 0.0))
    assert agreement(sides_of(legs), legs.sides) > 0.98


@settings(max_examples=8, deadline=None)
@given(flips=st.tuples(st.booleans(), st.booleans(), st.booleans()), order=st.permutations([0, 1, 2]))
def test_the_order_in_which_an_image_is_stored_changes_nothing(flips, order):
    legs = make_legs()
    expected = divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH)

    def stored(image: sitk.Image) -> sitk.Image:
        return sitk.PermuteAxes(sitk.Flip(image, flips), order)

    found = divide_sides(water=stored(legs.water), fat=stored(legs.fat), region=Region.THIGH)
    assert found.GetSize() == stored(legs.water).GetSize()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(stored(expected)))


def test_one_leg_takes_the_side_that_the_user_states():
    legs = make_legs(centres_mm=(200.0,))
    assert set(np.unique(sides_of(legs, only_side=Side.RIGHT))) == {0, 2}


def test_one_leg_in_the_middle_with_a_central_femur_needs_the_user_s_word():
    legs = make_legs(centres_mm=(200.0,))
    with pytest.raises(InputError, match="only_side"):
        sides_of(legs)


def test_one_leg_far_to_the_left_with_a_central_femur_is_the_left_one():
    legs = make_legs(centres_mm=(200.0,), origin=(-80.0, -100.0, 0.0))
    assert set(np.unique(sides_of(legs))) == {0, 1}


def undivided(legs) -> Segmentation:
    labels = np.zeros(legs.sides.shape, dtype=np.uint8)
    labels[:, 20:80, :] = 3
    labels[:, 40:60, 30:170] = 7
    return Segmentation.from_array(labels, {3: Structure("RF"), 7: Structure("VL")}, legs.water)


def test_a_divided_segmentation_has_lost_no_voxel():
    legs = make_legs()
    segmentation = undivided(legs)
    side_map = divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH)
    divided = split_by_side(segmentation, side_map)
    for code in ("RF", "VL"):
        both = divided.mask([Structure(code, Side.LEFT), Structure(code, Side.RIGHT)])
        np.testing.assert_array_equal(both, segmentation.mask(Structure(code)))


def test_voxels_outside_the_legs_go_to_the_nearer_leg():
    legs = make_legs()
    side_map = divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH)
    divided = split_by_side(undivided(legs), side_map)
    assert divided.mask(Structure("RF", Side.RIGHT))[0, 20, 0]
    assert divided.mask(Structure("RF", Side.LEFT))[0, 20, -1]


def test_a_slice_without_legs_takes_the_sides_of_the_next_one():
    legs = make_legs()
    side_map = sitk.GetArrayFromImage(divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH))
    side_map[-1] = 0
    image = sitk.GetImageFromArray(side_map)
    image.CopyInformation(legs.water)
    divided = split_by_side(undivided(legs), image)
    np.testing.assert_array_equal(divided.array[-1], divided.array[-2])


def test_a_structure_that_has_a_side_already_keeps_it():
    legs = make_legs()
    labels = np.full(legs.sides.shape, 5, dtype=np.uint8)
    segmentation = Segmentation.from_array(labels, {5: Structure("RF", Side.RIGHT)}, legs.water)
    side_map = divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH)
    assert split_by_side(segmentation, side_map).mask(Structure("RF", Side.RIGHT)).all()


def test_a_side_map_on_another_grid_is_refused():
    legs = make_legs()
    side_map = divide_sides(water=legs.water, fat=legs.fat, region=Region.THIGH)
    with pytest.raises(GeometryError, match="map of left and right"):
        split_by_side(undivided(legs), side_map[:-1, :, :])


def test_a_side_map_without_legs_is_refused():
    legs = make_legs()
    empty = sitk.Image(legs.water.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(legs.water)
    with pytest.raises(InputError, match="shows no leg"):
        split_by_side(undivided(legs), empty)
