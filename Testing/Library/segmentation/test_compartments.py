"""Compartments of simple legs and of the digital limb, whose truth is known; input that cannot be used."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.sequences import SpinEcho, WaterFat
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.segmentation.compartments import segment_compartments
from Testing.Library.segmentation.synthetic_legs import make_legs

SIDES = (Side.LEFT, Side.RIGHT)
INSIDE = ("LEAN", "IMAT", "BONE")


def dice(first: np.ndarray, second: np.ndarray) -> float:
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


@pytest.fixture(scope="module", params=[Pattern.HEALTHY, Pattern.LGMDR2])
def digital_thighs(request: pytest.FixtureRequest):
    parameters = LimbParameters(pattern=request.param, severity=0.9, legs_touch=True, shift_mm=(25.0, 0.0))
    series, limb = phantom_series(parameters, (SpinEcho(), WaterFat()))
    images = {one.role: one.image for one in series}
    return images, limb


@pytest.fixture(scope="module")
def compartments_of(digital_thighs):
    """Return a function that finds the compartments of the digital thighs in images of some roles, once each."""

    @cache
    def find(*roles: Role) -> Segmentation:
        images = {str(role).lower(): digital_thighs[0][role] for role in roles}
        return segment_compartments(**images, region=Region.THIGH).compartments

    return find


@pytest.mark.parametrize("roles", [(Role.WATER, Role.FAT), (Role.T1W,)])
def test_fascia_and_bone_of_the_digital_thigh_are_found_on_the_right_side(digital_thighs, compartments_of, roles):
    limb, found = digital_thighs[1], compartments_of(*roles)
    for side in SIDES:
        inside = found.mask([Structure(code, side) for code in INSIDE])
        assert dice(inside, limb.inside_fascia(side)) > 0.95
        bone = Structure("BONE", side)
        assert dice(found.mask(bone), limb.compartments.mask(bone)) > 0.9


def test_lean_and_fat_inside_the_fascia_are_told_apart(digital_thighs, compartments_of):
    limb, found = digital_thighs[1], compartments_of(Role.WATER, Role.FAT)
    for side in SIDES:
        lean = Structure("LEAN", side)
        assert dice(found.mask(lean), limb.compartments.mask(lean)) > 0.95


def test_fascia_and_bones_of_the_digital_calf_are_found():
    series, limb = phantom_series(LimbParameters(region=Region.CALF), (WaterFat(),))
    images = {one.role: one.image for one in series}
    result = segment_compartments(water=images[Role.WATER], fat=images[Role.FAT], region=Region.CALF)
    for side in SIDES:
        inside = result.compartments.mask([Structure(code, side) for code in INSIDE])
        assert dice(inside, limb.inside_fascia(side)) > 0.93
        bone = Structure("BONE", side)
        assert dice(result.compartments.mask(bone), limb.compartments.mask(bone)) > 0.85


def test_the_fascia_of_simple_legs_is_found_to_within_a_voxel():
    legs = make_legs()
    result = segment_compartments(water=legs.water, fat=legs.fat, region=Region.THIGH)
    inside = result.compartments.mask([Structure(code, side) for code in INSIDE for side in SIDES])
    assert dice(inside, legs.inside) > 0.96


def test_the_compartments_lie_on_the_grid_of_the_images_and_within_the_legs():
    legs = make_legs()
    result = segment_compartments(water=legs.water, fat=legs.fat, region=Region.THIGH)
    assert result.compartments.image.GetOrigin() == legs.water.GetOrigin()
    side_map = sitk.GetArrayFromImage(result.side_map)
    labels = result.compartments.array
    assert (side_map[(labels > 0) & (labels < 100)] == 1).all()
    assert (side_map[labels > 100] == 2).all()


def test_a_slice_without_signal_is_named_by_its_stored_number():
    legs = make_legs()
    images = []
    for image in (legs.water, legs.fat):
        array = sitk.GetArrayFromImage(image)
        array[1] = 0
        emptied = sitk.GetImageFromArray(array)
        emptied.CopyInformation(image)
        images.append(sitk.Flip(emptied, (False, False, True)))
    result = segment_compartments(water=images[0], fat=images[1], region=Region.THIGH)
    assert list(result.problems.columns) == ["stage", "structure", "side", "problem"]
    assert "Slice 5: no limb, hardly any signal." in set(result.problems["problem"])


def test_voxels_that_are_no_numbers_or_negative_count_as_no_signal():
    legs = make_legs()
    clean = segment_compartments(water=legs.water, fat=legs.fat, region=Region.THIGH)
    array = sitk.GetArrayFromImage(legs.water)
    array[:, 0, 0], array[:, 0, 1], array[:, 0, 2] = np.nan, np.inf, -500
    spoilt = sitk.GetImageFromArray(array)
    spoilt.CopyInformation(legs.water)
    result = segment_compartments(water=spoilt, fat=legs.fat, region=Region.THIGH)
    np.testing.assert_array_equal(result.compartments.array, clean.compartments.array)


@pytest.mark.parametrize("value", [0.0, np.nan, -3.0])
def test_an_image_without_signal_is_refused(value):
    legs = make_legs()
    empty = sitk.GetImageFromArray(np.full(legs.sides.shape, value, dtype=np.float32))
    empty.CopyInformation(legs.fat)
    with pytest.raises(InputError, match="fat image holds no signal"):
        segment_compartments(water=legs.water, fat=empty, region=Region.THIGH)


def test_water_and_fat_of_different_grids_are_refused():
    legs = make_legs()
    with pytest.raises(GeometryError, match="water image and the fat image"):
        segment_compartments(water=legs.water, fat=legs.fat[:, :, 1:], region=Region.THIGH)


@pytest.mark.parametrize("given", [{}, {"water"}, {"fat"}])
def test_too_few_images_are_refused(given):
    legs = make_legs()
    images = {name: getattr(legs, name) for name in given}
    with pytest.raises(InputError, match="T1w image"):
        segment_compartments(**images, region=Region.THIGH)


def test_the_work_stops_when_it_is_cancelled():
    legs = make_legs()

    def cancel(fraction: float, text: str) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        segment_compartments(water=legs.water, fat=legs.fat, region=Region.THIGH, progress=cancel)
