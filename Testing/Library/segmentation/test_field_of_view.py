"""Images that show the legs too coarsely, in a wrong size, or not whole are refused or doubted."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.compartments import segment_compartments
from MuscleMyopathyLib.segmentation.methods import by_compartments
from MuscleMyopathyLib.segmentation.network.muscles import MuscleResult, segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from MuscleMyopathyLib.segmentation.outline import body_outline
from Testing.Library.segmentation.network.geometric_engine import GeometricEngine
from Testing.Library.segmentation.synthetic_legs import Legs, make_legs


def with_voxels(image: sitk.Image, spacing_mm: tuple[float, float, float]) -> sitk.Image:
    changed = sitk.Image(image)
    changed.SetSpacing(spacing_mm)
    return changed


def muscles(image: sitk.Image, only_side: Side = Side.BOTH) -> MuscleResult:
    parameters = MuscleParameters(only_side=only_side, sides_by="place")
    return segment_muscles({"water": image}, region=Region.THIGH, engine=GeometricEngine(), parameters=parameters)


def problems(result: MuscleResult) -> list[tuple[str, str]]:
    general = result.problems[result.problems["structure"] == ""]
    return list(zip(general["side"], general["problem"], strict=True))


@pytest.mark.parametrize("spacing_mm", [(2.0, 10.0, 2.0), (10.0, 2.0, 2.0)], ids=["coronal", "sagittal"])
def test_thick_slices_along_the_limb_are_refused_by_muscles_and_compartments(spacing_mm):
    legs = make_legs()
    water, fat = (with_voxels(image, spacing_mm) for image in (legs.water, legs.fat))
    with pytest.raises(InputError, match="coronal or sagittal"):
        muscles(water)
    with pytest.raises(InputError, match="coronal or sagittal"):
        segment_compartments(water=water, fat=fat, region=Region.THIGH)


@pytest.mark.parametrize("factor", [0.1, 10.0], ids=["centimetres", "a tenth of a millimetre"])
def test_legs_of_a_size_that_no_leg_has_are_refused_with_the_size_of_the_voxels(factor):
    spacing_mm = (0.2, 0.2, 1.0) if factor < 1 else (6.0, 6.0, 10.0)
    with pytest.raises(InputError, match=r"no leg is: the size of the voxels"):
        muscles(with_voxels(make_legs(radius_mm=75.0).water, spacing_mm))


def test_legs_of_an_unusual_size_are_doubted_and_those_of_a_usual_one_are_not():
    small = make_legs(centres_mm=(150.0, 250.0), radius_mm=22.0)
    # The outline of the water image takes in a pixel of 2 mm on either side.
    doubt = "The legs are {} mm thick from front to back: is the size of the voxels right?"
    assert ("both", doubt.format(48)) in problems(muscles(small.water))
    made = by_compartments({"water": small.water, "fat": small.fat}, Region.THIGH)
    assert doubt.format(44) in made.problems
    assert not problems(muscles(make_legs().water))


def test_a_leg_cut_off_by_the_edge_of_the_image_is_named_with_its_side_and_slices():
    cut = make_legs(centres_mm=(60.0, 300.0))
    expected = (
        "Slices 1 to 6: the leg is cut off by the edge of the image; volumes are those of the part that is seen."
    )
    assert problems(muscles(cut.water)) == [("right", expected)]
    made = by_compartments({"water": cut.water, "fat": cut.fat}, Region.THIGH)
    assert f"right: {expected}" in made.problems
    assert not any("left" in text and "cut off" in text for text in made.problems)


def test_a_leg_larger_than_the_view_of_the_network_is_named():
    legs: Legs = make_legs(centres_mm=(200.0,), radius_mm=108.0)
    said = [text for _side, text in problems(muscles(legs.water, Side.LEFT))]
    assert any("larger than the 211 mm that the network sees" in text for text in said)
    assert any(text.startswith("Slices 1 to 6: the leg is cut off") for text in said)


def test_a_thin_leg_in_a_wide_field_of_view_is_found_in_every_slice():
    # A leg of 20 cm² in a field of 60 cm is 0.5 % of the slice: less than the hundredth that tells its brightness.
    rows, columns = np.mgrid[:300, :300] * 2.0 - 300.0
    signal = np.abs(np.random.default_rng(4).normal(0, 2, (4, 300, 300))).astype(np.float32)
    for plane, radius_mm in zip(signal, (25.0, 25.0, 40.0, 60.0), strict=True):
        plane[np.hypot(rows, columns) <= radius_mm] += 300
    outline = body_outline(signal, (10.0, 2.0, 2.0))
    areas_mm2 = outline.sum(axis=(1, 2)) * 4
    np.testing.assert_allclose(areas_mm2, np.pi * np.array([25, 25, 40, 60]) ** 2, rtol=0.15)
