"""The whole-muscle region: eroded from the fascia inwards by millimetres, in the plane of the slices."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle

LEAN, IMAT, BONE = (Structure(code, Side.LEFT) for code in ("LEAN", "IMAT", "BONE"))


def square(spacing: tuple[float, float, float] = (1.0, 2.0, 20.0)) -> Segmentation:
    """Return 24 mm × 24 mm inside the fascia in two of four slices, with fat and a bone in it."""
    labels = np.zeros((4, 20, 40), dtype=np.uint8)
    labels[1:3, 4:16, 8:32] = LEAN.label
    labels[1:3, 4:6, 8:32] = IMAT.label
    labels[1:3, 9:11, 18:22] = BONE.label
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing(spacing)
    return Segmentation(image, {structure.label: structure for structure in (LEAN, IMAT, BONE)})


def region(compartments: Segmentation, erosion_mm: float) -> np.ndarray:
    return whole_muscle(compartments, erosion_mm).mask(Structure("MUSCLE", Side.LEFT))


def test_without_erosion_it_is_lean_and_fat_inside_the_fascia():
    compartments = square()
    np.testing.assert_array_equal(region(compartments, 0.0), compartments.mask([LEAN, IMAT]))


def test_erosion_is_in_millimetres_in_both_directions():
    found = region(square(), 4.0)[1]
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    assert (rows[0], rows[-1]) == (6, 13)
    assert (columns[0], columns[-1]) == (12, 27)


def test_thick_slices_at_the_end_of_the_stack_are_not_eroded_away():
    found = region(square(), 4.0)
    np.testing.assert_array_equal(found[1], found[2])


def test_bone_is_left_out_but_erodes_nothing_around_it():
    compartments = square()
    found = region(compartments, 4.0)
    assert not (found & compartments.mask(BONE)).any()
    assert found[1, 8, 18]
    assert found[1, 9, 17]


def test_a_negative_erosion_is_refused():
    with pytest.raises(ParameterError, match="negative"):
        whole_muscle(square(), -1.0)


def test_compartments_without_anything_inside_the_fascia_are_refused():
    image = sitk.Image([4, 4, 4], sitk.sitkUInt8)
    with pytest.raises(InputError, match="neither LEAN nor IMAT"):
        whole_muscle(Segmentation(image, {45: BONE}), 2.0)
