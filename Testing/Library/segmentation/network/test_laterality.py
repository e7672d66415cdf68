"""What the muscles say of left and right: legs that cross unseen, single legs, sides that were stated wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import RIGHT_LABEL_OFFSET, Region, Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, OTHER, class_index
from MuscleMyopathyLib.segmentation.network.muscles import MuscleResult, segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from Testing.Library.segmentation.network.geometric_engine import GeometricEngine
from Testing.Library.segmentation.synthetic_legs import Legs, crossing_legs

LEFT_OF_MIDDLE, RIGHT_OF_MIDDLE = (60.0, 0.0), (-60.0, 0.0)


class OneSidedEngine(GeometricEngine):
    """Finds its muscles only where the bone lies lateral of the muscles' middle, as it does in `crossing_legs`."""

    name = "one-sided"
    expected_places: Mapping[str, object] = {}
    classes: Sequence[str] = CLASSES

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        result = super().probabilities(images)
        for image, probabilities in zip(images, result, strict=True):
            muscle = image > 0.5
            inside = np.argwhere(muscle)
            if not inside.size:
                continue
            rows, columns = inside.mean(axis=0)
            place = np.indices(image.shape)
            hole = (image < 0.2) & (np.hypot(place[0] - rows, place[1] - columns) < 9)
            if hole.any() and np.nonzero(hole)[1].mean() > columns:
                probabilities[:] = 0.1 / (len(CLASSES) - 1)
                probabilities[OTHER] = 0.9
                few = np.argwhere(muscle)[: max(1, len(inside) // 4)]
                probabilities[:, few[:, 0], few[:, 1]] = 0.3 / (len(CLASSES) - 1)
                probabilities[class_index("VL"), few[:, 0], few[:, 1]] = 0.7
        return result


def found(legs: Legs, engine: GeometricEngine | None = None, **options) -> MuscleResult:
    return segment_muscles(
        {"water": legs.water},
        region=Region.THIGH,
        parameters=MuscleParameters(turns_degrees=(0.0,), **options),
        engine=engine or OneSidedEngine(),
    )


def sides(result: MuscleResult) -> np.ndarray:
    array = result.muscles.array
    return np.where(array > RIGHT_LABEL_OFFSET, 2, np.where(array > 0, 1, 0))


def agreement(result: MuscleResult, legs: Legs) -> float:
    made = sides(result)
    return float((made == legs.sides)[made > 0].mean())


def texts(result: MuscleResult) -> str:
    return " | ".join(result.problems["problem"])


def test_legs_that_crossed_between_two_slices_follow_their_muscles_and_it_is_said():
    ways = [RIGHT_OF_MIDDLE] * 3 + [LEFT_OF_MIDDLE] * 3
    legs = crossing_legs(ways, [(-x, y) for x, y in ways])
    result = found(legs)
    assert agreement(result, legs) == 1.0
    assert "Slices 1 to 3: the legs are crossed: their muscles lie as in legs of the other side." in texts(result)


def test_uncrossed_legs_are_left_alone_without_a_word():
    legs = crossing_legs([LEFT_OF_MIDDLE] * 4, [RIGHT_OF_MIDDLE] * 4)
    result = found(legs)
    assert agreement(result, legs) == 1.0
    assert "crossed" not in texts(result)


def test_legs_crossed_in_the_whole_stack_are_refused_until_the_user_says_what_to_follow():
    legs = crossing_legs([RIGHT_OF_MIDDLE] * 4, [LEFT_OF_MIDDLE] * 4)
    with pytest.raises(InputError, match=r"cannot be told.*sides_by"):
        found(legs)
    assert agreement(found(legs, sides_by="muscles"), legs) == 1.0
    assert agreement(found(legs, sides_by="place"), legs) == 0.0


@pytest.mark.parametrize("number", [1, 2])
def test_a_single_leg_whose_place_tells_nothing_takes_the_side_of_its_muscles(number):
    legs = alone(number)
    result = found(legs)
    assert agreement(result, legs) == 1.0
    side = Side.LEFT if number == 1 else Side.RIGHT
    assert f"taken for the {side} one, because its muscles lie so" in texts(result)


def test_a_single_leg_that_neither_place_nor_muscles_tell_is_refused():
    with pytest.raises(InputError, match="nor its muscles tell"):
        found(alone(1), GeometricEngine())


def test_a_side_that_was_stated_wrongly_is_doubted():
    result = found(alone(1), only_side=Side.RIGHT)
    assert "stated to be the right one, but its muscles lie as in a left leg" in texts(result)
    assert "stated" not in texts(found(alone(1), only_side=Side.LEFT))


def alone(number: int) -> Legs:
    """Return one leg in the middle of the image, with its bone 9 mm towards its lateral side."""
    far = (10_000.0, 0.0)
    here = (0.0, 0.0)
    return crossing_legs([here if number == 1 else far] * 4, [here if number == 2 else far] * 4, radius_mm=60)


def moved(image: sitk.Image, ways: Sequence[tuple[int, int]], own: np.ndarray) -> np.ndarray:
    """Return an image with each slice of one leg moved by rows and columns, and nothing else in it."""
    array = np.where(own, sitk.GetArrayFromImage(image), 0)
    return np.stack([np.roll(part, way, axis=(0, 1)) for part, way in zip(array, ways, strict=True)])


def test_the_shipped_network_keeps_the_sides_of_digital_calves_that_cross():
    """Two digital calves (a phantom), cut apart and laid across each other slice by slice."""
    protocol = Protocol(240, 180, (1.6, 1.6), 6.0, 50.0, 5, 1, 1)
    limb = make_limb(LimbParameters(region=Region.CALF, seed=11, protocol=protocol))
    legs = {side: np.isin(limb.compartments.array, labels_of(limb, side)) for side in (Side.LEFT, Side.RIGHT)}
    columns = {side: round(float(np.nonzero(mask)[2].mean())) for side, mask in legs.items()}
    half = (columns[Side.LEFT] - columns[Side.RIGHT]) / 2
    # From the feet: changed places, one behind the other, and side by side.
    share = np.array([-1.0, -0.75, 0.0, 0.75, 1.0])
    depth = np.round(42 * np.sqrt(1 - share**2)).astype(int)
    ways = {
        side: [(sign * int(d), round(sign * half * float(s - 1))) for s, d in zip(share, depth, strict=True)]
        for side, sign in ((Side.LEFT, 1), (Side.RIGHT, -1))
    }
    images = {}
    for series in acquire(limb, WaterFat(), snr=60.0):
        parts = [moved(series.image, ways[side], mask) for side, mask in legs.items()]
        image = sitk.GetImageFromArray(np.maximum(*parts))
        image.CopyInformation(series.image)
        images[str(series.role)] = image
    truth = {side: moved(limb.muscles.image, ways[side], mask) > 0 for side, mask in legs.items()}
    result = segment_muscles(images, region=Region.CALF, parameters=MuscleParameters(turns_degrees=(0.0,)))
    made = sides(result)
    for side, number, other in ((Side.LEFT, 1, Side.RIGHT), (Side.RIGHT, 2, Side.LEFT)):
        mine, wrong = (made == number) & truth[side], (made == number) & truth[other]
        assert wrong.sum() < 0.01 * mine.sum()
        assert [bool(part.any()) for part in mine] == [True] * 5
    assert "the legs are crossed" in texts(result)


def labels_of(limb, side: Side) -> list[int]:
    return [label for label, one in limb.compartments.structures.items() if one.side is side]


def test_sides_are_decided_by_a_known_rule():
    with pytest.raises(ValueError, match="sides_by must be one of"):
        replace(MuscleParameters(), sides_by="guess")
