"""What is in a folder: every series, and every file that belongs to none with the reason."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.uid import BasicTextSRStorage

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.folder import find_series, load_series, scan_folder
from MuscleMyopathyLib.imaging.roles import Role, with_role
from MuscleMyopathyLib.progress import Cancelled
from Testing.Library.imaging.dicom_writer import header, save, stored_voxels, write_series


def volume(values=None):
    return sitk.GetImageFromArray(stored_voxels(3).astype(np.int16) if values is None else values)


def test_an_empty_folder_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"is empty\. Choose the folder that holds the images"):
        find_series(tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file or folder"):
        find_series(tmp_path / "absent")


def test_a_folder_without_images_is_refused_with_what_its_files_are(tmp_path):
    save(header(BasicTextSRStorage, Modality="SR"), tmp_path / "report.dcm")
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(InputError) as refusal:
        find_series(tmp_path)
    assert "not an image file (1 ×)" in str(refusal.value)
    assert "no image (Basic Text SR Storage) (1 ×)" in str(refusal.value)


def test_mixed_files_in_nested_folders_without_suffixes_are_sorted_out(tmp_path):
    for number, path in enumerate(write_series(tmp_path / "study" / "t1", stored_voxels(3))):
        path.rename(path.with_name(f"IM{number}"))
    write_series(
        tmp_path / "study" / "stir", stored_voxels(4), SeriesInstanceUID="1.2.5", SeriesDescription="t2_tirm_tra"
    )
    write_image(volume(), tmp_path / "Thigh_water.nii.gz")
    write_image(volume(), tmp_path / "fat.nrrd")
    save(header(BasicTextSRStorage, Modality="SR"), tmp_path / "study" / "report")
    (tmp_path / "readme.md").write_text("notes")
    (tmp_path / "nothing.bin").touch()
    (tmp_path / ".hidden").write_text("passed over")

    scan = scan_folder(tmp_path)

    assert {(found.name, found.role) for found in scan.series} == {
        ("t1_tse_tra", Role.T1W),
        ("t2_tirm_tra", Role.STIR),
        ("Thigh_water", Role.WATER),
        ("fat", Role.FAT),
    }
    assert {(file.path.name, file.reason) for file in scan.ignored} == {
        ("report", "no image (Basic Text SR Storage)"),
        ("readme.md", "not an image file"),
        ("nothing.bin", "an empty file"),
    }


def test_a_damaged_file_is_named_as_a_problem_of_the_series_beside_it(tmp_path):
    files = write_series(tmp_path, stored_voxels(5))
    files[-1].write_bytes(files[-1].read_bytes()[:300])
    scan = scan_folder(tmp_path)
    (description,) = scan.series
    assert description.size == (8, 6, 4)
    assert description.problems == (
        "Beside it lie files that cannot be read, and a slice may be missing: image-005.dcm.",
    )
    (ignored,) = scan.ignored
    assert ignored.damaged
    assert "image-005.dcm is truncated or damaged" in ignored.reason


def test_a_series_with_a_missing_slice_is_listed_with_the_obstacle_and_refused_on_loading(tmp_path):
    write_series(tmp_path, stored_voxels(6))[2].unlink()
    (description,) = find_series(tmp_path)
    assert description.size is None
    assert description.obstacle.startswith("A slice is missing between image-002.dcm and image-004.dcm")
    with pytest.raises(GeometryError, match="A slice is missing"):
        load_series(description)


def test_a_truncated_image_file_does_not_hide_the_others(tmp_path):
    write_image(volume(), tmp_path / "water.nii.gz")
    (tmp_path / "fat.nii.gz").write_bytes(b"\x1f\x8b broken")
    scan = scan_folder(tmp_path)
    assert [found.name for found in scan.series] == ["water"]
    assert [file.path.name for file in scan.ignored if file.damaged] == ["fat.nii.gz"]


def test_a_single_file_is_a_folder_of_one(tmp_path):
    write_image(volume(), tmp_path / "water.mha")
    write_image(volume(), tmp_path / "fat.mha")
    (description,) = find_series(tmp_path / "water.mha")
    assert description.role is Role.WATER


def test_series_of_one_name_get_numbers(tmp_path):
    for uid in ("1.2.1", "1.2.2"):
        write_series(tmp_path / uid, stored_voxels(3), SeriesInstanceUID=uid)
    assert [found.name for found in find_series(tmp_path)] == ["t1_tse_tra", "t1_tse_tra #2"]


def test_a_loaded_series_carries_what_the_header_tells(tmp_path):
    write_series(
        tmp_path,
        stored_voxels(3),
        RepetitionTime="600",
        EchoTime="12",
        FlipAngle="150",
        MagneticFieldStrength="3",
        Manufacturer="SIEMENS",
        BodyPartExamined="THIGH",
    )
    (description,) = find_series(tmp_path)
    series = load_series(description)
    assert description.region is Region.THIGH
    assert series.echo_times_ms == (12.0,)
    assert series.acquisition.repetition_time_ms == 600.0
    assert series.acquisition.flip_angle_degrees == 150.0
    assert series.acquisition.field_strength_tesla == 3.0
    assert series.acquisition.manufacturer == "SIEMENS"
    assert series.frame_of_reference_uid == "1.2.3.9"
    assert series.patient_key
    assert len(series.files) == 3


def test_no_name_of_the_patient_is_in_a_description(tmp_path):
    write_series(tmp_path, stored_voxels(3), PatientName="Unmistakable^Name", PatientID="ID-4711")
    text = repr(find_series(tmp_path)[0])
    assert "Unmistakable" not in text
    assert "ID-4711" not in text


def test_problems_of_the_voxels_are_found_on_loading(tmp_path):
    values = stored_voxels(3).astype(np.float32)
    values[0, 0, :2] = np.nan, -5.0
    write_image(volume(values), tmp_path / "water.nii.gz")
    write_image(volume(np.zeros_like(values)), tmp_path / "fat.nii.gz")
    fat, water = (load_series(found) for found in find_series(tmp_path))
    assert fat.problems == ("All voxels are zero.",)
    assert len(water.problems) == 2
    assert "not finite" in water.problems[0]
    assert "negative, down to -5" in water.problems[1]


def test_negative_voxels_are_no_problem_of_a_fat_fraction_map(tmp_path):
    write_image(volume(stored_voxels(3).astype(np.float32) - 5), tmp_path / "fatfraction.nii.gz")
    assert load_series(find_series(tmp_path)[0]).problems == ()


def test_the_role_of_a_description_can_be_overruled_before_loading(tmp_path):
    write_image(volume(), tmp_path / "scan7.nii.gz")
    (description,) = find_series(tmp_path)
    assert description.role is Role.UNKNOWN
    series = load_series(with_role(description, Role.T1W))
    assert (series.role, series.reason) == (Role.T1W, "Set by the user.")


def test_the_search_can_be_cancelled(tmp_path):
    write_series(tmp_path, stored_voxels(5))

    def cancel(fraction, text):
        if text == "Reading the header of image-003.dcm":
            raise Cancelled

    with pytest.raises(Cancelled):
        find_series(tmp_path, cancel)


def test_progress_of_the_search_never_runs_backwards(tmp_path):
    write_series(tmp_path, stored_voxels(5))
    write_image(volume(), tmp_path / "water.nii.gz")
    fractions = []
    find_series(tmp_path, lambda fraction, text: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] <= 1.0


def test_the_huashan_patients_are_recognised(shared_data):
    found = {description.name: description for description in find_series(shared_data / "huashan_thigh")}
    for patient in ("Thigh_001", "Thigh_002"):
        water, fat = (load_series(found[f"{patient}_{kind}"]) for kind in ("water", "fat"))
        assert (water.role, fat.role) == (Role.WATER, Role.FAT)
        assert water.image.GetSize() == fat.image.GetSize() == (512, 512, 16)
        assert water.problems == fat.problems == ()
        assert found[f"{patient}_labels"].is_label_image
        assert found[f"{patient}_water"].region is Region.THIGH


def test_the_echoes_of_the_calf_are_one_series(shared_data):
    (description,) = find_series(shared_data / "qmritools" / "calf_t2_echoes.nii.gz")
    assert (description.role, description.volumes) == (Role.MULTI_ECHO_SE, 17)
    series = load_series(description)
    assert len(series.echoes) == 17
    whole = sitk.GetArrayFromImage(sitk.ReadImage(str(description.files[0])))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(series.echoes[16]), whole[16])
