"""Headers: what is an image, what is something else, what is damaged; and patients without names."""

from __future__ import annotations

import pytest
from pydicom import dcmread
from pydicom.uid import (
    BasicTextSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MediaStorageDirectoryStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.dicom_headers import NotAnImageError, looks_like_dicom, patient_key, read_headers
from Testing.Library.imaging.dicom_writer import (
    enhanced,
    header,
    plane,
    positions_along_normal,
    save,
    stored_voxels,
)


@pytest.mark.parametrize(
    ("kind", "modality", "reason"),
    [
        (BasicTextSRStorage, "SR", "no image (Basic Text SR Storage)"),
        (KeyObjectSelectionDocumentStorage, "KO", "no image (Key Object Selection Document Storage)"),
        (
            GrayscaleSoftcopyPresentationStateStorage,
            "PR",
            "no image (Grayscale Softcopy Presentation State Storage)",
        ),
        (SegmentationStorage, "SEG", "a DICOM segmentation, not an image"),
        (MediaStorageDirectoryStorage, "", "a DICOM directory; the files themselves are read"),
    ],
)
def test_objects_that_are_no_images_are_told_by_their_kind(tmp_path, kind, modality, reason):
    path = save(header(kind, Modality=modality), tmp_path / "object")
    with pytest.raises(NotAnImageError) as refusal:
        read_headers(path)
    assert str(refusal.value) == reason


def test_a_picture_without_a_place_in_the_patient_is_no_image_of_the_patient(tmp_path):
    picture = plane(stored_voxels(1)[0], (0, 0, 0), kind=SecondaryCaptureImageStorage)
    del picture.ImagePositionPatient
    with pytest.raises(NotAnImageError, match="without a place in the patient"):
        read_headers(save(picture, tmp_path / "picture.dcm"))


def test_a_colour_picture_is_no_image_of_the_patient(tmp_path):
    picture = plane(stored_voxels(1)[0], (0, 0, 0), SamplesPerPixel=3)
    with pytest.raises(NotAnImageError, match="a colour picture"):
        read_headers(save(picture, tmp_path / "colour.dcm"))


def test_frames_without_a_place_for_each_are_no_image_of_the_patient(tmp_path):
    cine = plane(stored_voxels(1)[0], (0, 0, 0), NumberOfFrames=1)
    cine.NumberOfFrames = 4
    with pytest.raises(NotAnImageError, match="several frames without a place for each"):
        read_headers(save(cine, tmp_path / "cine.dcm"))


def test_a_file_truncated_in_its_header_is_damaged(tmp_path):
    path = save(plane(stored_voxels(1)[0], (0, 0, 0)), tmp_path / "cut.dcm")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"cut\.dcm is truncated or damaged"):
        read_headers(path)


def test_a_file_truncated_between_matrix_and_voxels_is_damaged(tmp_path):
    path = save(plane(stored_voxels(1)[0], (0, 0, 0)), tmp_path / "cut.dcm")
    voxels = 2 * stored_voxels(1).size
    path.write_bytes(path.read_bytes()[: -voxels - 30])
    with pytest.raises(InputError, match="ends before its voxels"):
        read_headers(path)


def test_wherever_a_file_ends_it_is_never_taken_for_whole(tmp_path):
    whole = save(enhanced(stored_voxels(1), positions_along_normal(1)), tmp_path / "whole").read_bytes()
    cut = tmp_path / "cut"
    for length in range(132, len(whole), 5):
        cut.write_bytes(whole[:length])
        try:
            taken_for_whole = read_headers(cut).missing_bytes == 0
        except (InputError, NotAnImageError):
            taken_for_whole = False
        assert not taken_for_whole, f"the first {length} of {len(whole)} bytes"


def test_missing_voxel_bytes_are_counted_from_the_header_alone(tmp_path):
    path = save(enhanced(stored_voxels(3), positions_along_normal(3)), tmp_path / "whole.dcm")
    assert read_headers(path).missing_bytes == 0
    path.write_bytes(path.read_bytes()[:-40])
    assert read_headers(path).missing_bytes == 40


def test_a_file_without_the_preamble_is_still_recognised(tmp_path):
    path = save(plane(stored_voxels(1)[0], (1, 2, 3)), tmp_path / "bare")
    dataset = dcmread(path)
    del dataset.file_meta
    dataset.preamble = None
    dataset.save_as(path, implicit_vr=True, little_endian=True)
    assert looks_like_dicom(path)
    assert read_headers(path).planes[0].position == (1.0, 2.0, 3.0)


def test_a_text_file_does_not_look_like_dicom(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing to see " * 20)
    assert not looks_like_dicom(path)


def test_one_patient_has_one_key_and_two_patients_have_two():
    first = patient_key(header(PatientBirthDate="19700101"))
    assert first == patient_key(header(PatientBirthDate="19700101"))
    assert first != patient_key(header(PatientBirthDate="19700102"))
    assert first != patient_key(header(PatientID="P-018", PatientBirthDate="19700101"))


def test_the_key_of_a_patient_holds_neither_name_nor_identifier():
    key = patient_key(header(PatientID="4711", PatientName="Doe^Jane"))
    assert len(key) == 32
    assert "4711" not in key
    assert "doe" not in key


def test_a_file_without_any_identity_has_no_key():
    assert patient_key(header(PatientID="", PatientName="")) is None


def test_the_phase_image_of_a_vendor_that_hides_it_in_a_private_tag_is_told(tmp_path):
    dataset = plane(stored_voxels(1)[0], (0, 0, 0), Manufacturer="GE MEDICAL SYSTEMS")
    dataset.add_new((0x0043, 0x0010), "LO", "GEMS_PARM_01")
    dataset.add_new((0x0043, 0x102F), "SS", 1)
    assert read_headers(save(dataset, tmp_path / "phase.dcm")).planes[0].image_type[-1] == "PHASE"
