"""A structure copied to the other leg, on the digital limb."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Protocol
from MuscleMyopathyLib.phantom.sequences import SpinEcho
from MuscleMyopathyLib.segmentation.mirroring import copy_to_other_side

FEW = Protocol(columns=160, rows=112, pixel_mm=(2.375, 2.036), thickness_mm=6, spacing_mm=24, slices=3)
LEFT, RIGHT, RF = Structure("VL", Side.LEFT), Structure("VL", Side.RIGHT), Structure("RF", Side.RIGHT)


@pytest.fixture(scope="module")
def thighs() -> tuple[Segmentation, sitk.Image]:
    """Return the true muscles of two thighs, and their T1w image."""
    (t1w,), limb = phantom_series(LimbParameters(protocol=FEW), (SpinEcho(),))
    return limb.muscles, t1w.image


def only(segmentation: Segmentation, *structures: Structure) -> Segmentation:
    """Return a segmentation with these structures alone."""
    kept = {label: one for label, one in segmentation.structures.items() if one in structures}
    array = np.where(np.isin(segmentation.array, list(kept)), segmentation.array, 0)
    return Segmentation.from_array(array, kept, segmentation.image)


def test_a_copied_muscle_lies_where_the_other_legs_muscle_truly_is(
    thighs: tuple[Segmentation, sitk.Image],
) -> None:
    truth, image = thighs
    for source, target in ((LEFT, RIGHT), (RIGHT, LEFT)):
        made = copy_to_other_side(only(truth, source), source, image, Region.THIGH)
        copied, wanted = made.mask(target), truth.mask(target)
        assert 2 * (copied & wanted).sum() / (copied.sum() + wanted.sum()) > 0.7
        np.testing.assert_array_equal(made.mask(source), truth.mask(source))


def test_other_structures_of_the_other_leg_keep_their_voxels(thighs: tuple[Segmentation, sitk.Image]) -> None:
    truth, image = thighs
    made = copy_to_other_side(only(truth, LEFT, RF), LEFT, image, Region.THIGH)
    np.testing.assert_array_equal(made.mask(RF), truth.mask(RF))


def test_the_copy_is_the_same_whatever_way_the_image_is_stored(thighs: tuple[Segmentation, sitk.Image]) -> None:
    truth, image = thighs
    drawn = only(truth, LEFT)
    expected = copy_to_other_side(drawn, LEFT, image, Region.THIGH)
    turned = Segmentation(sitk.DICOMOrient(drawn.image, "RPI"), drawn.structures)
    made = copy_to_other_side(turned, LEFT, sitk.DICOMOrient(image, "RPI"), Region.THIGH)
    back = Segmentation(sitk.DICOMOrient(made.image, "LPS"), made.structures)
    np.testing.assert_array_equal(back.mask(RIGHT), expected.mask(RIGHT))


def test_what_has_no_side_or_no_voxel_or_another_grid_is_refused(thighs: tuple[Segmentation, sitk.Image]) -> None:
    truth, image = thighs
    undivided = Segmentation(truth.image, {1: Structure("VL")})
    with pytest.raises(InputError, match="no side"):
        copy_to_other_side(undivided, Structure("VL"), image, Region.THIGH)
    empty = Segmentation(truth.image * 0, truth.structures)
    with pytest.raises(InputError, match="Draw it first"):
        copy_to_other_side(empty, LEFT, image, Region.THIGH)
    with pytest.raises(GeometryError):
        copy_to_other_side(truth, LEFT, image[:, :, 1:], Region.THIGH)
