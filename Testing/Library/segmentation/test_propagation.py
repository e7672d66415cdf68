"""Propagation between drawn slices: geometry that is known exactly, the digital limb, and real muscles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.segmentation.propagation import (
    Origin,
    PropagationMethod,
    PropagationParameters,
    propagate,
)

RF, SAR = Structure("RF", Side.LEFT), Structure("SAR", Side.LEFT)
SHAPE = PropagationParameters(PropagationMethod.SHAPE)
MOTION = PropagationParameters(PropagationMethod.MOTION)
PIXEL_MM = 2.0
ROWS, COLUMNS = np.mgrid[:48, :80]


def disc(row: float, column: float, radius: float) -> npt.NDArray[np.bool_]:
    return np.asarray((ROWS - row) ** 2 + (COLUMNS - column) ** 2 <= radius**2)


def on_grid(array: npt.NDArray[np.generic]) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((PIXEL_MM, PIXEL_MM, 10.0))
    image.SetOrigin((5.0, -7.0, 11.0))
    return image


def slanting(slices: int = 9) -> npt.NDArray[np.uint8]:
    """RF stays, SAR (radius 4) travels 36 columns: in the last slice it is far from where it was in the first."""
    labels = np.zeros((slices, *ROWS.shape), np.uint8)
    for index, plane in enumerate(labels):
        plane[disc(16, 40, 8)] = 1
        plane[disc(36, 20 + 36 * index / (slices - 1), 4)] = 2
    return labels


def drawn_in(labels: npt.NDArray[np.uint8], *slices: int) -> Segmentation:
    only = np.zeros_like(labels)
    only[list(slices)] = labels[list(slices)]
    return Segmentation(on_grid(only), {1: RF, 2: SAR})


def dice(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    """Return an image in which both muscles are darker than the fat around, with noise."""
    noise = np.random.default_rng(1).normal(0, 4, (9, *ROWS.shape))
    return on_grid(np.where(slanting() > 0, 60, 200).astype(np.float32) + noise)


def test_between_two_equal_slices_every_slice_is_the_same() -> None:
    labels = np.repeat(slanting()[:1], 5, axis=0)
    made = propagate(drawn_in(labels, 0, 4), parameters=SHAPE)
    np.testing.assert_array_equal(made.segmentation.array, labels)
    assert (made.slices["confidence"] == 1.0).all()


def test_a_cone_between_two_discs_has_the_radius_between_theirs() -> None:
    labels = np.zeros((5, *ROWS.shape), np.uint8)
    labels[0][disc(24, 40, 6)], labels[4][disc(24, 40, 18)] = 1, 1
    middle = propagate(drawn_in(labels, 0, 4), parameters=SHAPE).segmentation.array[2] == 1
    assert dice(middle, disc(24, 40, 12)) > 0.97


@pytest.mark.parametrize("method", PropagationMethod)
def test_drawn_slices_stay_as_they_are_voxel_for_voxel(method: PropagationMethod, image: sitk.Image) -> None:
    labels = slanting()
    made = propagate(drawn_in(labels, 1, 4, 7), image, PropagationParameters(method))
    np.testing.assert_array_equal(made.segmentation.array[[1, 4, 7]], labels[[1, 4, 7]])
    assert not made.segmentation.array[[0, 8]].any()
    origins = made.slices.groupby("slice")["origin"].unique()
    assert {index: set(origin) for index, origin in origins.items()} == {
        index: {Origin.DRAWN if index in (1, 4, 7) else Origin.PROPAGATED} for index in range(1, 8)
    }
    assert made.segmentation.image.GetOrigin() == image.GetOrigin()


def test_a_muscle_that_slants_past_itself_is_lost_by_shape_alone_and_that_is_said() -> None:
    rows = propagate(drawn_in(slanting(), 0, 8), parameters=SHAPE).slices
    middle = rows[(rows["structure"] == "SAR") & (rows["slice"] == 4)].iloc[0]
    assert middle["area_cm2"] == 0
    assert middle["problem"] == "lost between slices 1 and 9: draw it in one more"


def test_along_its_motion_a_slanting_muscle_is_found_where_it_is() -> None:
    labels = slanting()
    found = propagate(drawn_in(labels, 0, 3, 6, 8), parameters=MOTION).segmentation.array
    assert min(dice(found[index] == 2, labels[index] == 2) for index in (1, 2, 4, 5, 7)) > 0.75


def test_the_image_finds_what_the_two_drawn_slices_cannot_tell() -> None:
    """The muscle goes aside and comes back between two slices in which it lies in the same place."""
    labels = np.zeros((5, *ROWS.shape), np.uint8)
    for plane, aside in zip(labels, (0, 5, 8, 5, 0), strict=True):
        plane[disc(24 + aside, 40, 8)] = 1
    image = on_grid(np.where(labels > 0, 60, 200).astype(np.float32))
    guided = propagate(drawn_in(labels, 0, 4), image).segmentation.array
    blind = propagate(drawn_in(labels, 0, 4), parameters=MOTION).segmentation.array
    assert dice(blind[2] == 1, labels[2] == 1) < 0.5
    assert dice(guided[2] == 1, labels[2] == 1) > 0.85


def test_one_structure_alone_leaves_the_others_their_voxels_in_every_slice() -> None:
    labels = slanting()
    array = labels.copy()
    array[1:8][array[1:8] == 2] = 0
    # Something of another structure lies in the way.
    array[4][disc(36, 38, 3)] = 1
    made = propagate(
        Segmentation(on_grid(array), {1: RF, 2: SAR}), parameters=MOTION, structures=[SAR], drawn_slices=[0, 8]
    )
    found = made.segmentation.array
    np.testing.assert_array_equal(found == 1, array == 1)
    assert set(made.slices["structure"]) == {"SAR"}


def test_named_slices_replace_what_stands_in_the_others() -> None:
    labels = np.repeat(slanting()[:1], 5, axis=0)
    wrong = labels.copy()
    wrong[2] = np.roll(wrong[2], 10, axis=1)
    made = propagate(Segmentation(on_grid(wrong), {1: RF, 2: SAR}), parameters=SHAPE, drawn_slices=[0, 1, 3, 4])
    np.testing.assert_array_equal(made.segmentation.array, labels)


def test_a_structure_that_one_of_the_slices_lacks_ends_half_way_and_says_so() -> None:
    labels = slanting()
    labels[8][labels[8] == 2] = 0
    labels[:8][labels[:8] == 2] = 0
    labels[0][disc(36, 20, 6)] = 2
    made = propagate(drawn_in(labels, 0, 8), parameters=MOTION)
    assert [bool((plane == 2).any()) for plane in made.segmentation.array[1:8]] == [True] * 3 + [False] * 4
    rows = made.slices[(made.slices["structure"] == "SAR") & (made.slices["origin"] == "propagated")]
    assert (rows["problem"] == "ends somewhere between slices 1 and 9, taken to be half way").all()


def test_beyond_the_last_drawn_slice_nothing_is_filled_unless_asked_and_then_within_the_limit(
    image: sitk.Image,
) -> None:
    labels = slanting()
    parameters = PropagationParameters(extrapolate_mm=25.0)
    made = propagate(drawn_in(labels, 3, 4), image, parameters)
    holding = [bool(plane.any()) for plane in made.segmentation.array]
    assert holding == [False, True, True, True, True, True, True, False, False]
    last = made.slices[made.slices["slice"] == 6]
    assert set(last["problem"]) == {"extrapolated 20 mm beyond the last drawn slice"}
    assert last["confidence"].isna().all()
    # Without the image SAR would stay where it is in slice 4, of which nothing overlaps slice 6.
    assert dice(made.segmentation.array[6] == 2, labels[6] == 2) > 0.7


@pytest.mark.parametrize(
    ("slices", "asked_for", "message"),
    [
        ((), None, "Nothing is drawn"),
        ((3,), None, "Only slice 4"),
        ((0, 8), [0, 5], r"Slice 6 \(counted from 1\) holds none"),
    ],
)
def test_too_little_drawn_is_refused(slices: tuple[int, ...], asked_for: list[int] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        propagate(drawn_in(slanting(), *slices), parameters=SHAPE, drawn_slices=asked_for)


def test_a_method_that_needs_an_image_asks_for_it() -> None:
    with pytest.raises(ParameterError, match="needs the image"):
        propagate(drawn_in(slanting(), 0, 8))
    with pytest.raises(ParameterError, match="needs the image"):
        propagate(drawn_in(slanting(), 0, 8), parameters=PropagationParameters(PropagationMethod.SHAPE, 10.0))


def test_an_image_on_another_grid_is_refused(image: sitk.Image) -> None:
    with pytest.raises(GeometryError, match="do not share one grid"):
        propagate(drawn_in(slanting(), 0, 8), image[:, :, 1:])


def test_it_can_be_cancelled(image: sitk.Image) -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        propagate(drawn_in(slanting(), 0, 4, 8), image, progress=stop)


def test_a_map_with_holes_guides_as_well(image: sitk.Image) -> None:
    array = sitk.GetArrayFromImage(image)
    array[:, :5] = np.nan
    labels = slanting()
    found = propagate(drawn_in(labels, 0, 3, 6), on_grid(array)).segmentation.array
    assert dice(found[1] == 1, labels[1] == 1) > 0.9


@pytest.mark.parametrize(("step", "least", "gain"), [(2, 0.94, 0.005), (5, 0.92, 0.002)])
def test_left_out_slices_of_a_real_calf_are_found_better_than_by_the_nearest_slice(
    shared_data, step: int, least: float, gain: float
) -> None:
    folder = shared_data / "qmritools"
    image = sitk.ReadImage(str(folder / "calf_labels_image.nii.gz"))[:, :, :11]
    truth = Segmentation(
        sitk.ReadImage(str(folder / "calf_labels.nii.gz"))[:, :, :11], read_label_scheme("qmritools-calf")
    )
    kept = list(range(0, 11, step))
    labels = np.zeros_like(truth.array)
    labels[kept] = truth.array[kept]
    made = propagate(Segmentation.from_array(labels, truth.structures, truth.image), image)
    nearest = truth.array[[min(kept, key=lambda other: abs(other - index)) for index in range(11)]]
    left_out = [index for index in range(11) if index not in kept]

    def mean_dice(found: npt.NDArray[np.integer]) -> float:
        used = np.unique(truth.array[truth.array > 0])
        return float(np.mean([dice(found[left_out] == n, truth.array[left_out] == n) for n in used]))

    ours = mean_dice(made.segmentation.array)
    assert ours > least
    assert ours > mean_dice(nearest) + gain
