"""Tests of reading DICOM Segmentations that an independent program (highdicom) wrote."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import numpy.typing as npt
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.dicom_segmentation import is_dicom_segmentation, read_dicom_segmentation
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.terminology import SIDE_MODIFIERS, TISSUE
from Testing.Library.imaging.dicom_writer import (
    orthonormal,
    positions_along_normal,
    stored_voxels,
    write_series,
)

RF_LEFT, VL_RIGHT = Structure("RF", Side.LEFT), Structure("VL", Side.RIGHT)
OBLIQUE = orthonormal((0.96, 0.28, 0.0, -0.2, 0.9, 0.3))
SLICES = 6

Masks = npt.NDArray[np.bool_]


def two_boxes() -> Masks:
    """Return two segments (slice, row, column, segment), in slices 1 and 2, and in slice 4."""
    masks = np.zeros((SLICES, 6, 8, 2), dtype=bool)
    masks[1:3, 1:4, 2:5, 0] = True
    masks[4, 2:6, 5:8, 1] = True
    return masks


def described(number: int, structure: Structure, coded: bool) -> highdicom.seg.SegmentDescription:
    scheme, value = structure.type.coding if coded else ("99OTHER", "X")
    description = highdicom.seg.SegmentDescription(
        number,
        f"segment {number}" if coded else structure.name,
        Code(TISSUE.value, TISSUE.scheme, TISSUE.meaning),
        Code(value, scheme, structure.type.name),
        "MANUAL",
    )
    if coded:
        side = SIDE_MODIFIERS[structure.side]
        modifier = highdicom.sr.CodedConcept(side.value, side.scheme, side.meaning)
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
    return description


def write_segmentation(
    folder: Path, masks: Masks, kind: str = "BINARY", coded: bool = True, structures: tuple[Structure, ...] = ()
) -> tuple[Path, sitk.Image]:
    """Write an image series and its segmentation; return the segmentation's file and the image."""
    positions = positions_along_normal(SLICES, OBLIQUE)
    files = write_series(folder / "series", stored_voxels(SLICES), positions, OBLIQUE, SliceThickness="5")
    series = [pydicom.dcmread(file) for file in files]
    for dataset in series:
        for keyword in ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber", "StudyID"):
            setattr(dataset, keyword, "")
        dataset.ReferringPhysicianName = ""
    pixels = (masks * np.arange(1, masks.shape[-1] + 1)).max(axis=-1) if kind == "LABELMAP" else masks
    segmentation = highdicom.seg.Segmentation(
        source_images=series,
        pixel_array=pixels.astype(np.uint8),
        segmentation_type=kind,
        segment_descriptions=[
            described(number, structure, coded)
            for number, structure in enumerate(structures or (RF_LEFT, VL_RIGHT), start=1)
        ],
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="test",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
    )
    path = folder / "segmentation.dcm"
    segmentation.save_as(path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(file) for file in files])
    return path, reader.Execute()


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("coded", [True, False])
def test_segments_come_onto_the_images_voxels_with_their_structures(
    tmp_path: Path, kind: str, coded: bool
) -> None:
    masks = two_boxes()
    path, image = write_segmentation(tmp_path, masks, kind, coded)
    found = read_dicom_segmentation(path, image)
    assert same_geometry(found.image, image)
    np.testing.assert_array_equal(found.mask(RF_LEFT), masks[..., 0])
    np.testing.assert_array_equal(found.mask(VL_RIGHT), masks[..., 1])


def test_slices_left_out_for_being_empty_are_background(tmp_path: Path) -> None:
    path, _ = write_segmentation(tmp_path, two_boxes())
    assert pydicom.dcmread(path).NumberOfFrames == 3  # slices 1, 2 and 4
    found = read_dicom_segmentation(path)
    assert found.array.shape == (4, 6, 8)  # slices 1 to 4
    assert not found.array[2].any()
    np.testing.assert_array_equal(found.mask(RF_LEFT), two_boxes()[1:5, ..., 0])


def test_an_image_with_its_slices_in_the_other_order_is_no_obstacle(tmp_path: Path) -> None:
    path, image = write_segmentation(tmp_path, two_boxes())
    found = read_dicom_segmentation(path, image[:, :, ::-1])
    np.testing.assert_array_equal(found.mask(RF_LEFT), two_boxes()[::-1, ..., 0])


def test_another_image_is_refused_with_both_geometries(tmp_path: Path) -> None:
    path, image = write_segmentation(tmp_path, two_boxes())
    image.SetOrigin(tuple(place + 0.2 for place in image.GetOrigin()))
    with pytest.raises(GeometryError, match=r"segmentation: 8 × 6 × 4(.|\n)*image: 8 × 6 × 6"):
        read_dicom_segmentation(path, image)


def test_segments_that_overlap_are_refused_by_name(tmp_path: Path) -> None:
    masks = two_boxes()
    masks[1, 1, 2, 1] = True
    path, _ = write_segmentation(tmp_path, masks)
    with pytest.raises(InputError, match="vastus lateralis right overlaps rectus femoris left in 1 voxels"):
        read_dicom_segmentation(path)


def test_two_segments_of_one_structure_are_refused(tmp_path: Path) -> None:
    path, _ = write_segmentation(tmp_path, two_boxes(), structures=(RF_LEFT, RF_LEFT))
    with pytest.raises(InputError, match="two segments of rectus femoris left"):
        read_dicom_segmentation(path)


def test_a_segment_that_names_no_structure_is_refused(tmp_path: Path) -> None:
    path, _ = write_segmentation(tmp_path, two_boxes(), coded=False)
    dataset = pydicom.dcmread(path)
    dataset.SegmentSequence[1].SegmentLabel = "Lesion"
    dataset.save_as(path)
    with pytest.raises(InputError, match="segment 2: neither its codes nor its label 'Lesion'"):
        read_dicom_segmentation(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path, _ = write_segmentation(tmp_path, two_boxes())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="truncated"):
        read_dicom_segmentation(path)


def test_an_image_is_no_segmentation(tmp_path: Path) -> None:
    path, _ = write_segmentation(tmp_path, two_boxes())
    image = next((tmp_path / "series").iterdir())
    assert is_dicom_segmentation(path)
    assert not is_dicom_segmentation(image)
    with pytest.raises(InputError, match="no segmentation"):
        read_dicom_segmentation(image)
