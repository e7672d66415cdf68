"""Compartments, left and right on real examinations of dystrophy, of a sarcoma and of a healthy calf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.segmentation.compartments import CompartmentResult, segment_compartments
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.sides import divide_sides

SIDES = (Side.LEFT, Side.RIGHT)


def compartment(result: CompartmentResult, *codes: str, sides: tuple[Side, ...] = SIDES) -> npt.NDArray[np.bool_]:
    """Return where any of the compartments is."""
    return result.compartments.mask([Structure(code, side) for code in codes for side in sides])


@pytest.fixture(scope="module", params=["Thigh_001", "Thigh_002"])
def dystrophy(
    request: pytest.FixtureRequest, shared_data: Path
) -> tuple[CompartmentResult, npt.NDArray[np.bool_], sitk.Image]:
    """Return the compartments of a patient, where the published muscles are, and the water image."""
    folder = shared_data / "huashan_thigh"
    water, fat, labels = (
        sitk.ReadImage(str(folder / f"{request.param}_{kind}.nii.gz")) for kind in ("water", "fat", "labels")
    )
    muscles = np.isin(sitk.GetArrayFromImage(labels), list(read_label_scheme("huashan")))
    return segment_compartments(water=water, fat=fat, region=Region.THIGH), muscles, water


def test_99_percent_of_the_published_muscles_lie_inside_the_fascia(dystrophy):
    result, muscles, _ = dystrophy
    inside = compartment(result, "LEAN", "IMAT")
    assert (muscles & inside).sum() >= 0.99 * muscles.sum()


def test_less_than_half_a_percent_of_the_published_muscles_lies_in_bone(dystrophy):
    result, muscles, _ = dystrophy
    assert (muscles & compartment(result, "BONE")).sum() <= 0.005 * muscles.sum()


def test_97_percent_of_the_published_muscles_lie_inside_the_fascia_in_every_slice(dystrophy):
    result, muscles, _ = dystrophy
    labelled = muscles.sum(axis=(1, 2))
    inside = (muscles & compartment(result, "LEAN", "IMAT")).sum(axis=(1, 2))
    assert (inside[labelled > 0] >= 0.97 * labelled[labelled > 0]).all()


def test_the_compartment_does_not_take_the_subcutaneous_fat_along(dystrophy):
    """The contours judged right by eye hold 1.30 to 1.36 times the area of the eleven published muscles here."""
    result, muscles, _ = dystrophy
    middle = slice(4, 8)
    ratio = compartment(result, "LEAN", "IMAT")[middle].sum(axis=(1, 2)) / muscles[middle].sum(axis=(1, 2))
    assert ratio.min() >= 1.2
    assert ratio.max() <= 1.45


def test_the_femur_is_one_piece_within_the_fascia_in_every_slice_of_the_shaft(dystrophy):
    result, _, _ = dystrophy
    for side in SIDES:
        bone = compartment(result, "BONE", sides=(side,))
        inside = compartment(result, "LEAN", "IMAT", "BONE", sides=(side,))
        for index in range(4, 12):
            parts, count = ndimage.label(bone[index])
            assert count == 1
            assert (ndimage.binary_dilation(parts > 0) & ~inside[index]).sum() == 0


def test_left_is_left_in_every_slice(dystrophy):
    """Every voxel of the left leg lies further along +x than any voxel of the right one on the same row."""
    result, _, water = dystrophy
    side_map = sitk.GetArrayFromImage(result.side_map)
    assert water.GetDirection()[0] > 0.99
    columns = np.arange(side_map.shape[2])
    for slice_map in side_map:
        assert {1, 2} <= set(np.unique(slice_map))
        first_left = np.where(slice_map == 1, columns, side_map.shape[2]).min(axis=1)
        last_right = np.where(slice_map == 2, columns, -1).max(axis=1)
        assert (first_left > last_right).all()


def test_the_pelvis_is_not_segmented_and_said_so(dystrophy):
    result, _, _ = dystrophy
    assert not compartment(result, "LEAN", "IMAT", "BONE")[-1].any()
    assert result.problems["problem"].str.contains("Slice 16: pelvis").any()


def test_a_sarcoma_patient_s_t1w_thigh_is_the_left_one_and_holds_femur_and_tumour(shared_data):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(shared_data / "sts001_dicom" / "T1")))
    image = reader.Execute()[::2, ::2, ::4]
    result = segment_compartments(t1w=image, region=Region.THIGH)
    only = result.problems["problem"].str.contains("Only one leg .* taken for the left one", regex=True)
    assert only.sum() == 1
    inside = compartment(result, "LEAN", "IMAT", "BONE", sides=(Side.LEFT,))
    subcutaneous = compartment(result, "SAT", sides=(Side.LEFT,))
    voxels = sitk.GetArrayFromImage(image)
    assert np.median(voxels[subcutaneous]) > 1.8 * np.median(voxels[inside])
    assert compartment(result, "BONE", sides=(Side.LEFT,))[4].any()
    assert 0.6 < inside[4].sum() / (inside[4].sum() + subcutaneous[4].sum()) < 0.95


def test_the_published_calf_muscles_lie_inside_the_fascia_though_fat_is_dark(shared_data):
    image = sitk.ReadImage(str(shared_data / "qmritools" / "calf_labels_image.nii.gz"))
    muscles = sitk.GetArrayFromImage(sitk.ReadImage(str(shared_data / "qmritools" / "calf_labels.nii.gz"))) > 0
    result = segment_compartments(t1w=image, region=Region.CALF)
    assert (muscles & compartment(result, "LEAN", "IMAT")).sum() >= 0.97 * muscles.sum()
    assert result.problems["problem"].str.contains("darker than the muscles").any()


def test_the_published_labels_of_each_calf_lie_on_one_side(shared_data):
    """One leg's muscles have odd numbers, the other's even ones; which is left the labels do not tell."""
    image = sitk.ReadImage(str(shared_data / "qmritools" / "calf_labels_image.nii.gz"))
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(shared_data / "qmritools" / "calf_labels.nii.gz")))
    side_map = sitk.GetArrayFromImage(divide_sides(t1w=image, region=Region.CALF))
    legs = (labels > 0) & (side_map > 0)
    assert legs.sum() > 0.999 * (labels > 0).sum()
    odd, even = (set(side_map[legs & (labels % 2 == remainder)]) for remainder in (1, 0))
    assert (odd, even) in (({1}, {2}), ({2}, {1}))


def test_a_masked_single_slice_of_a_replaced_thigh_is_segmented_and_the_empty_slices_named(shared_data):
    folder = shared_data / "swastling" / "ge_thigh_masked"
    water, fat = (sitk.ReadImage(str(folder / f"{kind}.nii.gz")) for kind in ("water", "fat"))
    parameters = CompartmentParameters(only_side=Side.LEFT)
    result = segment_compartments(water=water, fat=fat, region=Region.THIGH, parameters=parameters)
    inside = compartment(result, "LEAN", "IMAT", "BONE", sides=(Side.LEFT,))
    leg = inside | compartment(result, "SAT", "SKIN", sides=(Side.LEFT,))
    # The contour judged right by eye encloses 45 % of this thick leg.
    assert 0.4 < inside.sum() / leg.sum() < 0.5
    assert result.problems["problem"].str.contains("no limb").sum() == 9
