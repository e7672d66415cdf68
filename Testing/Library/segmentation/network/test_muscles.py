"""The muscles of both legs, whatever the images' orientation; what is refused, and what is doubted."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.segmentation.network.muscles import MuscleResult, segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from Testing.Library.segmentation.network.geometric_engine import GeometricEngine
from Testing.Library.segmentation.synthetic_legs import Legs, make_legs


def found(legs: Legs, engine: GeometricEngine | None = None, **options) -> MuscleResult:
    return segment_muscles(
        {"water": legs.water},
        region=options.pop("region", Region.THIGH),
        engine=engine or GeometricEngine(),
        **options,
    )


def physical_x(result: MuscleResult, structure: Structure) -> float:
    """Return the mean LPS x in mm of a structure; x grows to the patient's left."""
    image = result.muscles.image
    indices = np.argwhere(result.muscles.mask(structure))[:, ::-1]
    return float(
        np.mean([image.TransformIndexToPhysicalPoint([int(i) for i in index])[0] for index in indices[::50]])
    )


def assert_sides_are_right(result: MuscleResult) -> None:
    """Lateral is away from the other leg, left is at +x, in both legs."""
    x = {
        (code, side): physical_x(result, Structure(code, side))
        for code in ("VL", "GR")
        for side in (Side.LEFT, Side.RIGHT)
    }
    assert x["VL", Side.LEFT] > x["GR", Side.LEFT] > x["GR", Side.RIGHT] > x["VL", Side.RIGHT]


def test_left_and_right_are_labelled_each_with_its_lateral_muscle_outside():
    result = found(make_legs())
    assert_sides_are_right(result)
    assert result.region is Region.THIGH
    assert set(result.structures["side"]) == {"left", "right"}


ORIENTATIONS = ("LPS", "RAS", "RPI", "LAI", "LPI", "RAI", "PLS", "SLP", "ASR")


@pytest.fixture(scope="module")
def straight() -> np.ndarray:
    """Return the labels found in legs stored along the patient's axes."""
    return found(make_legs()).muscles.array


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(ORIENTATIONS))
def test_flips_half_turns_and_reversed_slices_do_not_exchange_the_sides(straight, orientation):
    legs = make_legs()
    turned = Legs(
        sitk.DICOMOrient(legs.water, orientation), sitk.DICOMOrient(legs.fat, orientation), legs.sides, legs.inside
    )
    result = found(turned)
    assert_sides_are_right(result)
    back = sitk.GetArrayFromImage(sitk.DICOMOrient(result.muscles.image, "LPS"))
    assert (back == straight).mean() > 0.999


@pytest.mark.parametrize("centres_mm", [(130.0, 270.0), (60.0, 300.0), (20.0, 230.0)])
def test_touching_and_cut_off_legs_keep_their_sides(centres_mm):
    assert_sides_are_right(found(make_legs(centres_mm=centres_mm)))


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_single_leg_is_labelled_on_the_side_that_was_stated(side):
    legs = make_legs(centres_mm=(200.0,))
    result = found(legs, parameters=MuscleParameters(only_side=side))
    assert {structure.side for structure in result.muscles.structures.values()} == {side}
    lateral, medial = (physical_x(result, Structure(code, side)) for code in ("VL", "GR"))
    assert (lateral > medial) == (side is Side.LEFT)


def test_no_label_lies_in_the_other_leg():
    legs = make_legs(centres_mm=(130.0, 270.0))
    array = found(legs).muscles.array
    right_labels = array > 100
    assert (right_labels & (legs.sides == 1)).sum() < 0.02 * right_labels.sum()
    assert ((array > 0) & ~right_labels & (legs.sides == 2)).sum() < 0.02 * (array > 0).sum()


def test_confidence_is_the_mean_probability_of_the_sequences_and_nothing_outside():
    result = found(make_legs(), GeometricEngine(sure=0.8))
    confidence = sitk.GetArrayFromImage(result.confidence)
    assert (confidence[result.muscles.array == 0] == 0).all()
    assert confidence.max() <= 0.8 + 0.2
    table = result.structures.set_index(["structure", "side"])
    mean = confidence[result.muscles.mask(Structure("VL", Side.LEFT))].mean()
    assert table.loc[("VL", "left"), "confidence"] == pytest.approx(mean, rel=1e-5)


def test_all_sequences_vote():
    engine = GeometricEngine()
    water = make_legs().water
    segment_muscles({"T1w": water, "STIR": water}, region=Region.THIGH, engine=engine)
    legs, slices, sequences, turns = 2, 6, 2, 3
    recognition, timing = 2 * 6 * sequences, 2 * sequences * turns
    assert len(engine.images) == legs * slices * sequences * turns + recognition + timing


def test_every_wei_muscle_has_a_row_and_what_was_not_found_says_so():
    result = found(make_legs())
    table = result.structures.set_index(["structure", "side"])
    assert len(table) == 22
    assert table.loc[("RF", "left"), "problem"] == "not found"
    assert table.loc[("VL", "left"), "problem"] == ""
    assert np.isnan(table.loc[("RF", "left"), "volume_cm3"])
    array, spacing = result.muscles.array, result.muscles.image.GetSpacing()
    volume = (array == Structure("VL", Side.RIGHT).label).sum() * np.prod(spacing) / 1000
    assert table.loc[("VL", "right"), "volume_cm3"] == pytest.approx(volume)


def test_the_heads_of_biceps_are_one_muscle_unless_asked_for():
    engine = GeometricEngine("BFL", "BFS")
    one = found(make_legs(), engine)
    two = found(make_legs(), engine, parameters=MuscleParameters(detailed_muscles=True))
    heads = [Structure(code, Side.LEFT) for code in ("BFL", "BFS")]
    assert (one.muscles.mask(Structure("BF", Side.LEFT)) == two.muscles.mask(heads)).mean() > 0.999
    assert Structure("AB", Side.LEFT) in two.muscles.structures.values()
    assert Structure("AB", Side.LEFT) not in one.muscles.structures.values()


def test_muscles_of_the_other_region_are_refused_with_the_region_that_it_looks_like():
    with pytest.raises(InputError, match=r"given as thigh.*looks like that of the calf"):
        found(make_legs(), GeometricEngine("TA", "GM"))


def test_the_region_is_recognised_where_it_is_not_given():
    assert found(make_legs(), GeometricEngine("TA", "GM"), region=None).region is Region.CALF
    assert found(make_legs(), region=None).region is Region.THIGH


def test_what_is_no_limb_is_refused():
    with pytest.raises(InputError, match="neither a thigh nor a calf"):
        found(make_legs(), GeometricEngine(sure=0.3))


def test_a_muscle_in_the_wrong_place_is_a_problem():
    result = found(make_legs(), GeometricEngine("GR", "VL"))
    table = result.structures.set_index(["structure", "side"])
    assert "not where it is expected" in table.loc[("VL", "left"), "problem"]
    assert ((result.problems["structure"] == "VL") & (result.problems["side"] == "left")).any()


def test_no_image_and_a_map_alone_and_an_empty_image_are_refused():
    legs = make_legs()
    with pytest.raises(InputError, match="none was given"):
        segment_muscles({}, engine=GeometricEngine())
    with pytest.raises(InputError, match="map alone"):
        segment_muscles({"FF map": legs.water}, engine=GeometricEngine())
    empty = sitk.Image(legs.water) * 0
    with pytest.raises(InputError, match="no signal"):
        segment_muscles({"T1w": empty}, engine=GeometricEngine())


def test_images_of_different_places_are_refused():
    legs = make_legs()
    elsewhere = sitk.Image(legs.fat)
    elsewhere.SetOrigin((500.0, 0.0, 0.0))
    with pytest.raises(InputError, match="different places"):
        segment_muscles({"water": legs.water, "fat": elsewhere}, engine=GeometricEngine())


def test_a_sequence_on_another_grid_votes_on_the_first_ones_grid():
    water = make_legs().water
    coarse = sitk.Resample(
        water, [100, 50, 6], sitk.Transform(), sitk.sitkLinear, water.GetOrigin(), [4.0, 4.0, 10.0]
    )
    result = segment_muscles({"T1w": water, "STIR": coarse}, region=Region.THIGH, engine=GeometricEngine())
    assert result.muscles.image.GetSize() == water.GetSize()
    assert_sides_are_right(result)


def test_the_work_can_be_cancelled_and_tells_its_time_first():
    told: list[str] = []

    def cancel(fraction: float, text: str) -> None:
        told.append(text)
        if "slice" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        found(make_legs(), progress=cancel)
    assert any("cross-sections: about" in text for text in told)
