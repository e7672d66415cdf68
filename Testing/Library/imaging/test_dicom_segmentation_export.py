"""DICOM Segmentations written here come back, and refer to the series that was segmented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.dicom_segmentation import read_dicom_segmentation
from MuscleMyopathyLib.imaging.dicom_segmentation_export import write_dicom_segmentation
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from Testing.Library.imaging.dicom_writer import (
    orthonormal,
    positions_along_normal,
    stored_voxels,
    write_series,
)

RF_LEFT, VL_RIGHT, LEAN = Structure("RF", Side.LEFT), Structure("VL", Side.RIGHT), Structure("LEAN", Side.LEFT)
OBLIQUE = orthonormal((0.96, 0.28, 0.0, -0.2, 0.9, 0.3))
SLICES = 5


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Segmentation, list[Path]]:
    """Return a segmentation of three structures on an oblique series, and the files of the series."""
    files = write_series(
        tmp_path / "series",
        stored_voxels(SLICES),
        positions_along_normal(SLICES, OBLIQUE),
        OBLIQUE,
        SliceThickness="5",
    )
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(file) for file in files])
    image = reader.Execute()
    labels = np.zeros(tuple(reversed(image.GetSize())), np.uint8)
    labels[1:3, 1:3, 2:5], labels[3, 3:, 5:], labels[1, 4:, :2] = 1, 2, 3
    return Segmentation.from_array(labels, {1: RF_LEFT, 2: VL_RIGHT, 3: LEAN}, image), files


def test_every_structure_comes_back_on_its_voxels(drawn: tuple[Segmentation, list[Path]], tmp_path: Path) -> None:
    segmentation, files = drawn
    path = write_dicom_segmentation(segmentation, files[::-1], tmp_path / "out" / "muscles.dcm")
    read = read_dicom_segmentation(path, segmentation.image)
    assert set(read.structures.values()) == {RF_LEFT, VL_RIGHT, LEAN}
    for structure in (RF_LEFT, VL_RIGHT, LEAN):
        np.testing.assert_array_equal(read.mask(structure), segmentation.mask(structure))


def test_the_file_refers_to_patient_and_series(drawn: tuple[Segmentation, list[Path]], tmp_path: Path) -> None:
    segmentation, files = drawn
    made = pydicom.dcmread(write_dicom_segmentation(segmentation, files, tmp_path / "muscles.dcm"))
    source = pydicom.dcmread(files[0])
    assert (made.PatientID, made.StudyInstanceUID) == (source.PatientID, source.StudyInstanceUID)
    assert made.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID
    assert made.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue == "22430"


def test_a_series_of_other_slices_and_an_empty_drawing_are_refused(
    drawn: tuple[Segmentation, list[Path]], tmp_path: Path
) -> None:
    segmentation, files = drawn
    shifted = sitk.Image(segmentation.image)
    shifted.SetOrigin([value + 2.0 for value in shifted.GetOrigin()])
    with pytest.raises(GeometryError, match="no slice of this"):
        write_dicom_segmentation(Segmentation(shifted, segmentation.structures), files, tmp_path / "a.dcm")
    with pytest.raises(InputError, match="Nothing is drawn"):
        write_dicom_segmentation(
            Segmentation(segmentation.image * 0, segmentation.structures), files, tmp_path / "b.dcm"
        )
    assert not (tmp_path / "a.dcm").exists()
