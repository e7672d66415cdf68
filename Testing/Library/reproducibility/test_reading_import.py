"""Tests of importing contours that other programs drew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.label_schemes import write_itksnap_labels
from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file

RF, VL = Structure("RF", Side.LEFT), Structure("VL", Side.RIGHT)


def label_image(*, offset: int = 0) -> sitk.Image:
    labels = np.zeros((3, 6 - offset, 8), dtype=np.uint8)
    labels[:, 2 - offset : 5 - offset, 2:4] = 1
    labels[1, 3 - offset : 5 - offset, 5:7] = 2
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((0.5, 0.5, 5.0))
    image.SetOrigin((10.0, -20.0 + 0.5 * offset, 30.0))
    return image


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_an_itk_snap_label_file_of_the_same_name_says_what_the_labels_mean(tmp_path: Path, suffix: str) -> None:
    sitk.WriteImage(label_image(), str(tmp_path / f"reading{suffix}"))
    write_itksnap_labels({1: RF, 2: VL}, tmp_path / "reading.txt")
    found = read_segmentation_file(tmp_path / f"reading{suffix}", image=label_image())
    assert found.structures == {1: RF, 2: VL}
    assert found.mask(VL).sum() == 4


def test_labels_without_a_meaning_are_refused(tmp_path: Path) -> None:
    sitk.WriteImage(label_image(), str(tmp_path / "reading.nii.gz"))
    write_itksnap_labels({1: RF}, tmp_path / "labels.txt")
    with pytest.raises(InputError, match="labels without a meaning: 2"):
        read_segmentation_file(tmp_path / "reading.nii.gz", tmp_path / "labels.txt")


def test_another_images_grid_is_refused_with_both_shown(tmp_path: Path) -> None:
    sitk.WriteImage(label_image(), str(tmp_path / "reading.nii.gz"))
    other = sitk.Image(8, 6, 4, sitk.sitkInt16)
    with pytest.raises(GeometryError, match=r"8 × 6 × 4(.|\n)*8 × 6 × 3"):
        read_segmentation_file(tmp_path / "reading.nii.gz", image=other)


def slicer_segmentation(folder: Path, image: sitk.Image, second_name: str = "Right vastus lateralis") -> Path:
    """Write a file with the header fields of 3D Slicer's segmentation storage."""
    image.SetMetaData("Segment0_Name", "something else")
    image.SetMetaData("Segment0_LabelValue", "1")
    image.SetMetaData(
        "Segment0_Tags",
        "Segmentation.Status:inprogress|TerminologyEntry:Segmentation category and type - Muscle Myopathy~"
        "SCT^85756007^Tissue~FMA^22430^Rectus femoris~SCT^7771000^Left~~^^~^^|",
    )
    image.SetMetaData("Segment1_Name", second_name)
    image.SetMetaData("Segment1_LabelValue", "2")
    image.SetMetaData(
        "Segment1_Tags",
        "TerminologyEntry:Segmentation category and type - 3D Slicer General Anatomy list"
        "~SCT^85756007^Tissue~SCT^85756007^Tissue~^^~Anatomic codes - DICOM master list~^^~^^|",
    )
    path = folder / "reading.seg.nrrd"
    sitk.WriteImage(image, str(path))
    return path


def test_slicers_segments_are_known_by_terminology_else_by_name(tmp_path: Path) -> None:
    found = read_segmentation_file(slicer_segmentation(tmp_path, label_image()))
    assert found.structures == {1: RF, 2: VL}


def test_slicers_segments_cropped_to_what_was_drawn_come_onto_the_images_grid(tmp_path: Path) -> None:
    whole, cropped = label_image(), label_image(offset=2)
    found = read_segmentation_file(slicer_segmentation(tmp_path, cropped), image=whole)
    np.testing.assert_array_equal(found.array, sitk.GetArrayFromImage(whole))


def test_a_slicer_segment_that_names_no_structure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the segment 'Segment_2' names no structure"):
        read_segmentation_file(slicer_segmentation(tmp_path, label_image(), "Segment_2"))
