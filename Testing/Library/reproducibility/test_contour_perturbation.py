"""Tests of the simulated second reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.reproducibility.contour_perturbation import PerturbationParameters, perturb_contours
from MuscleMyopathyLib.reproducibility.overlap import overlap

VL, VI = Structure("VL", Side.LEFT), Structure("VI", Side.LEFT)
SPACING = (0.5, 0.5, 10.0)


def drawn(labels: npt.NDArray[np.uint8]) -> Segmentation:
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing(SPACING)
    return Segmentation(image, {1: VL, 2: VI})


@pytest.fixture(scope="module")
def disc() -> Segmentation:
    """A disc of 60 mm across in eight thick slices, its right half another muscle than its left."""
    y, x = np.ogrid[-100:100, -100:100]
    inside = x**2 + y**2 < 60**2
    return drawn(np.repeat(np.where(inside, np.where(x < 0, 1, 2), 0)[None].astype(np.uint8), 8, axis=0))


def shift_of_upper_rim(first: Segmentation, second: Segmentation) -> npt.NDArray[np.float64]:
    """Return how far the disc's upper rim moved outwards in each slice and in columns near its middle, in mm."""
    columns = slice(80, 121)
    top = [np.argmax(one.array[:, :, columns] > 0, axis=1) for one in (first, second)]
    return (top[0] - top[1]) * SPACING[1]


@pytest.mark.parametrize("size_mm", [0.75, 2.5])
@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_contours_lie_apart_by_the_stated_size(disc: Segmentation, size_mm: float, shared: float) -> None:
    distances = [
        overlap(disc, perturb_contours(disc, PerturbationParameters(size_mm, 12.0, shared, seed)))
        for seed in range(2)
    ]
    mean = np.mean([table["mean_contour_distance_mm"].mean() for table in distances])
    # A normally distributed displacement of that RMS is 0.8 times as large in the mean; voxels are 0.5 mm.
    assert mean == pytest.approx(np.sqrt(2 / np.pi) * size_mm, rel=0.2)


def test_the_displacement_has_no_bias(disc: Segmentation) -> None:
    parameters = [PerturbationParameters(1.5, 10.0, seed=seed) for seed in range(6)]
    shifts = np.concatenate([shift_of_upper_rim(disc, perturb_contours(disc, one)) for one in parameters])
    # 48 slices move independently: the mean's standard error is 1.5 mm / √48.
    assert abs(shifts.mean()) < 3 * 1.5 / np.sqrt(48)
    assert shifts[:, 20].std() == pytest.approx(1.5, rel=0.3)


def test_near_places_move_alike_and_thick_slices_do_not(disc: Segmentation) -> None:
    parameters = [PerturbationParameters(2.0, 8.0, seed=seed) for seed in range(12)]
    shifts = np.concatenate([shift_of_upper_rim(disc, perturb_contours(disc, one)) for one in parameters])
    near = np.corrcoef(shifts[:, 16], shifts[:, 20])[0, 1]  # 2 mm apart
    far = np.corrcoef(shifts[:, 0], shifts[:, 40])[0, 1]  # 20 mm apart
    next_slice = np.corrcoef(shifts[:-1, 20], shifts[1:, 20])[0, 1]  # 10 mm apart, autocorrelation exp(-1.56)
    assert near > 0.75
    assert abs(far) < 0.35
    assert next_slice < 0.5


def test_muscles_that_touch_go_on_touching(disc: Segmentation) -> None:
    moved = perturb_contours(disc, PerturbationParameters(2.0, 12.0, seed=1))
    middle = moved.array[:, 60:140, 70:130]  # well inside the rim
    assert (middle > 0).all()
    assert not np.array_equal(middle, disc.array[:, 60:140, 70:130])


def test_moving_all_together_keeps_the_shape_of_thin_parts() -> None:
    labels = np.zeros((1, 160, 160), dtype=np.uint8)
    labels[0, 20:140, 78:82] = 1  # 2 mm thin
    together = perturb_contours(drawn(labels), PerturbationParameters(2.0, 40.0, shared=1.0, seed=3))
    assert together.array.sum() == pytest.approx(labels.sum(), rel=0.2)


def test_the_same_seed_gives_the_same_contours_and_another_one_others(disc: Segmentation) -> None:
    one, again, other = (perturb_contours(disc, PerturbationParameters(seed=seed)).array for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_no_displacement_changes_nothing_but_labels_without_meaning(disc: Segmentation) -> None:
    stray = disc.array.copy()
    stray[0, :5] = 9
    still = perturb_contours(
        Segmentation.from_array(stray, disc.structures, disc.image), PerturbationParameters(displacement_mm=0.0)
    )
    np.testing.assert_array_equal(still.array, disc.array)
    assert not (perturb_contours(Segmentation.from_array(stray, {1: VL}, disc.image)).array > 1).any()


def test_slices_without_a_structure_stay_without_it(disc: Segmentation) -> None:
    labels = disc.array.copy()
    labels[[0, 3]] = 0
    moved = perturb_contours(drawn(labels), PerturbationParameters(3.0))
    assert not moved.array[[0, 3]].any()
    assert moved.array[1].any()


def test_a_structure_cut_off_by_the_field_of_view_stays_inside_the_image() -> None:
    labels = np.ones((2, 40, 60), dtype=np.uint8)
    labels[:, :, 30:] = 2
    moved = perturb_contours(drawn(labels), PerturbationParameters(2.0))
    assert moved.array.shape == labels.shape
    assert (moved.array > 0).all()


def test_an_empty_segmentation_stays_empty() -> None:
    assert not perturb_contours(drawn(np.zeros((2, 10, 10), dtype=np.uint8))).array.any()


def test_a_real_thighs_muscles_keep_a_readers_dice(shared_data: Path) -> None:
    image = sitk.ReadImage(str(shared_data / "huashan_thigh" / "Thigh_002_labels.nii.gz"))
    muscles = Segmentation(image, read_label_scheme("huashan"))
    table = overlap(muscles, perturb_contours(muscles, PerturbationParameters(1.5)))
    # Readers repeating themselves reach 0.82–0.89 (Acta Myol 2021, 10.36185/2532-1900-052).
    assert 0.82 < table["dice"].mean() < 0.92
    assert table["mean_contour_distance_mm"].mean() == pytest.approx(1.2, abs=0.2)


@pytest.mark.parametrize(
    ("name", "value"), [("displacement_mm", -1.0), ("correlation_mm", 0.0), ("shared", 1.5), ("seed", -1)]
)
def test_impossible_parameters_are_refused(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=name):
        PerturbationParameters(**{name: value})  # type: ignore[arg-type]


def test_the_work_can_be_cancelled(disc: Segmentation) -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    cancelled: Callable[[float, str], None] = stop
    with pytest.raises(Cancelled):
        perturb_contours(disc, progress=cancelled)
