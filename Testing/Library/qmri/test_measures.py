"""Tests of the measures per structure, side and slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
from MuscleMyopathyLib.qmri.measures import MeasureParameters, Quantity, measure_map, measure_structures

RF_LEFT, RF_RIGHT, VL_LEFT = Structure("RF", Side.LEFT), Structure("RF", Side.RIGHT), Structure("VL", Side.LEFT)
SPACING = (0.5, 2.0, 10.0)


def image_of(array: npt.NDArray[np.generic]) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING)
    return image


@pytest.fixture
def example() -> tuple[Segmentation, sitk.Image]:
    """Two drawn structures and one without a voxel, on a map of random fat fractions."""
    labels = np.zeros((4, 20, 40), dtype=np.uint8)
    labels[1:3, 4:10, 5:25] = 1
    labels[2, 12:18, 5:15] = 2
    segmentation = Segmentation(image_of(labels), {1: RF_LEFT, 2: VL_LEFT, 3: RF_RIGHT})
    return segmentation, image_of(np.random.default_rng(5).uniform(0, 100, labels.shape))


def row(table: pd.DataFrame, structure: Structure) -> pd.Series:
    (match,) = table[(table["structure"] == structure.code) & (table["side"] == structure.side)].itertuples()
    return table.loc[match.Index]


def test_sizes_count_voxels_in_the_images_own_spacing(example: tuple[Segmentation, sitk.Image]) -> None:
    rf = row(measure_structures(*example).volume, RF_LEFT)
    # 2 slices × 6 rows × 20 columns of 0.5 × 2 × 10 mm.
    assert rf["voxel_count"] == 240
    assert rf["volume_cm3"] == pytest.approx(2.4)
    assert rf["area_max_cm2"] == pytest.approx(1.2)


def test_values_are_those_of_the_structures_own_voxels(example: tuple[Segmentation, sitk.Image]) -> None:
    segmentation, percent = example
    own = sitk.GetArrayFromImage(percent)[segmentation.mask(RF_LEFT)]
    rf = row(measure_structures(segmentation, percent).volume, RF_LEFT)
    assert rf["ff_mean_percent"] == pytest.approx(own.mean())
    assert rf["ff_sd_percent"] == pytest.approx(own.std(ddof=1))
    assert rf["ff_median_percent"] == pytest.approx(np.median(own))
    assert rf["ff_p95_percent"] == pytest.approx(np.percentile(own, 95))
    assert rf["ff_share_above_percent"] == pytest.approx(100 * (own > 50).mean())
    assert rf["lean_volume_cm3"] == pytest.approx((1 - own / 100).sum() * 0.01)


def test_the_two_definitions_of_a_structures_fat_fraction_differ_and_are_both_there(
    example: tuple[Segmentation, sitk.Image],
) -> None:
    segmentation, _ = example
    w = np.ones((4, 20, 40))
    f = np.ones((4, 20, 40))
    w[1, 4:10, 5:25] = 3
    f[1, 4:10, 5:25] = 9
    water, fat = image_of(w), image_of(f)
    percent = image_of(100 * f / (f + w))
    rf = row(measure_structures(segmentation, percent, water=water, fat=fat).volume, RF_LEFT)
    assert rf["ff_mean_percent"] == pytest.approx((75 + 50) / 2)
    assert rf["ff_ratio_of_sums_percent"] == pytest.approx(100 * (9 + 1) / (12 + 2))


def test_t2_is_measured_by_the_same_rules_in_its_own_columns(example: tuple[Segmentation, sitk.Image]) -> None:
    segmentation, image = example
    own = sitk.GetArrayFromImage(image)[segmentation.mask(RF_LEFT)]
    measured = measure_map(segmentation, image, Quantity.T2, MeasureParameters(t2_cut_off_ms=36.4))
    rf = row(measured.volume, RF_LEFT)
    assert rf["t2_mean_ms"] == pytest.approx(own.mean())
    assert rf["t2_p25_ms"] == pytest.approx(np.percentile(own, 25))
    assert rf["t2_share_above_percent"] == pytest.approx(100 * (own > 36.4).mean())
    assert not [name for name in measured.by_slice.columns if name.startswith(("ff_", "lean"))]
    assert row(measured.volume, RF_RIGHT)["problem"] == "no voxel of this structure in the segmentation"


def test_r2star_has_no_cut_off(example: tuple[Segmentation, sitk.Image]) -> None:
    rf = row(measure_map(*example, Quantity.R2STAR).volume, RF_LEFT)
    assert np.isfinite(rf["r2star_mean_per_s"])
    assert np.isnan(rf["r2star_share_above_percent"])


def test_slices_add_up_to_the_volume(example: tuple[Segmentation, sitk.Image]) -> None:
    measures = measure_structures(*example)
    for structure in (RF_LEFT, VL_LEFT):
        slices = measures.by_slice[measures.by_slice["structure"] == structure.code]
        assert slices["voxel_count"].sum() == row(measures.volume, structure)["voxel_count"]
    assert measures.by_slice[measures.by_slice["structure"] == "VL"]["slice"].tolist() == [2]
    assert measures.by_slice["area_cm2"].tolist() == pytest.approx([1.2, 1.2, 0.6])


def test_slice_positions_lie_along_the_normal() -> None:
    labels = np.ones((3, 4, 4), dtype=np.uint8)
    image = image_of(labels)
    image.SetOrigin((5.0, -7.0, 100.0))
    image.SetDirection((1, 0, 0, 0, 1, 0, 0, 0, -1))
    measures = measure_structures(Segmentation(image, {1: RF_LEFT}))
    assert measures.by_slice["position_mm"].tolist() == pytest.approx([-100.0, -90.0, -80.0])


def test_a_structure_without_a_voxel_keeps_its_row_with_the_reason(
    example: tuple[Segmentation, sitk.Image],
) -> None:
    rf = row(measure_structures(*example).volume, RF_RIGHT)
    assert rf["voxel_count"] == 0
    assert np.isnan(rf["ff_mean_percent"])
    assert np.isnan(rf["volume_cm3"])
    assert rf["problem"] == "no voxel of this structure in the segmentation"


def test_a_structure_eroded_away_keeps_its_row_with_the_reason(
    example: tuple[Segmentation, sitk.Image],
) -> None:
    volume = measure_structures(*example, parameters=MeasureParameters(erosion_mm=8)).volume
    assert row(volume, VL_LEFT)["problem"] == "nothing is left of this structure after an erosion of 8 mm"


def test_a_structure_without_signal_keeps_its_row_with_the_reason(
    example: tuple[Segmentation, sitk.Image],
) -> None:
    segmentation, percent = example
    array = sitk.GetArrayFromImage(percent)
    array[segmentation.mask(VL_LEFT)] = np.nan
    vl = row(measure_structures(segmentation, image_of(array)).volume, VL_LEFT)
    assert vl["problem"] == "no voxel of this structure has signal above the noise"
    assert vl["volume_cm3"] > 0


def test_without_a_map_sizes_are_measured_and_nothing_is_a_problem(
    example: tuple[Segmentation, sitk.Image],
) -> None:
    rf = row(measure_structures(example[0]).volume, RF_LEFT)
    assert rf["volume_cm3"] == pytest.approx(2.4)
    assert np.isnan(rf["ff_mean_percent"])
    assert rf["problem"] == ""


def test_erosion_works_in_millimetres_within_the_slices(example: tuple[Segmentation, sitk.Image]) -> None:
    volume = measure_structures(*example, parameters=MeasureParameters(erosion_mm=2)).volume
    # 6 rows of 2 mm lose one at each side, 20 columns of 0.5 mm lose four; no slice is lost.
    assert row(volume, RF_LEFT)["voxel_count"] == 2 * (6 - 2) * (20 - 2 * 4)
    assert (volume["erosion_mm"] == 2).all()


def test_touching_structures_are_eroded_from_each_other() -> None:
    labels = np.zeros((1, 9, 20), dtype=np.uint8)
    labels[0, :, :10], labels[0, :, 10:] = 1, 2
    segmentation = Segmentation(image_of(labels), {1: RF_LEFT, 2: VL_LEFT})
    volume = measure_structures(segmentation, parameters=MeasureParameters(erosion_mm=1)).volume
    assert row(volume, RF_LEFT)["voxel_count"] == 9 * 8


def test_a_segmentation_of_another_grid_is_refused(example: tuple[Segmentation, sitk.Image]) -> None:
    with pytest.raises(GeometryError, match="do not share one grid"):
        measure_structures(example[0], image_of(np.ones((4, 20, 41))))


def test_water_without_fat_is_refused(example: tuple[Segmentation, sitk.Image]) -> None:
    with pytest.raises(InputError, match="only one was given"):
        measure_structures(*example, water=example[1])


@pytest.mark.parametrize("patient", ["Thigh_001", "Thigh_002"])
def test_every_published_fat_fraction_is_reproduced(shared_data: Path, patient: str) -> None:
    folder = shared_data / "huashan_thigh"
    water, fat = (sitk.ReadImage(str(folder / f"{patient}_{name}.nii.gz")) for name in ("water", "fat"))
    scheme = read_label_scheme("huashan")
    segmentation = Segmentation(sitk.ReadImage(str(folder / f"{patient}_labels.nii.gz")), scheme)
    published = pd.read_csv(folder / "published_fat_fraction.csv", index_col="patient").loc[patient]
    measured = measure_structures(segmentation, fat_fraction(water, fat).percent).volume["ff_mean_percent"]
    np.testing.assert_allclose(measured / 100, published.to_numpy(dtype=float), atol=1e-9)
