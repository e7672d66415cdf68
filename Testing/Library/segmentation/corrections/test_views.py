"""Corrections as views of single limbs."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.corrections.views import corrected_views
from MuscleMyopathyLib.segmentation.network.classes import class_index
from Testing.Library.segmentation.network.geometric_engine import GeometricEngine
from Testing.Library.segmentation.synthetic_legs import make_legs


def symmetric_leg(*sides: Side) -> tuple[sitk.Image, Segmentation]:
    """Return a leg in the scanner's middle without a bone, and its lateral half as vastus of one or more sides."""
    rows, columns = np.mgrid[:100, :200] * 2.0
    distance = np.hypot(rows - 100.0, columns - 200.0)
    plane = np.where(distance <= 56, 400, np.where(distance <= 75, 60, 0)).astype(np.float32)
    image = sitk.GetImageFromArray(np.stack([plane] * 6))
    image.CopyInformation(make_legs().water)
    labels = np.zeros((6, 100, 200), np.uint8)
    for number, side in enumerate(sides, start=1):
        half = columns > 202 if side is Side.LEFT else columns < 198
        labels[:, half & (distance <= 50)] = number
    structures = {number: Structure("VL", side) for number, side in enumerate(sides, start=1)}
    return image, Segmentation.from_array(labels, structures, image)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_the_labels_drawn_on_a_single_leg_tell_its_side(side: Side) -> None:
    image, corrected = symmetric_leg(side)
    views = corrected_views({"water": image}, corrected, Region.THIGH, GeometricEngine())
    assert len(views.images) == 6
    drawn = views.targets[views.drawn]
    assert (drawn == class_index("VL")).all()
    # Lateral is at column 0 of a view whatever the side.
    assert np.nonzero(views.drawn)[2].max() < views.images.shape[2] / 2


def test_a_single_leg_with_labels_of_both_sides_stays_refused() -> None:
    image, corrected = symmetric_leg(Side.LEFT, Side.RIGHT)
    with pytest.raises(InputError, match="Only one leg is in the images"):
        corrected_views({"water": image}, corrected, Region.THIGH, GeometricEngine())
