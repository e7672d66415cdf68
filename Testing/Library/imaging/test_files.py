"""Image files are read whole and exactly, or refused with the reason; written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.imaging.files import (
    READABLE_SUFFIXES,
    WRITABLE_SUFFIXES,
    read_image,
    read_label_image,
    read_volumes,
    write_image,
)
from MuscleMyopathyLib.imaging.geometry import index_to_lps
from Testing.Library.imaging.dicom_writer import (
    enhanced,
    orthonormal,
    plane,
    positions_along_normal,
    save,
    stored_voxels,
)


@pytest.fixture
def oblique_image():
    image = sitk.GetImageFromArray(stored_voxels(5).astype(np.int16))
    axes = np.reshape(orthonormal((0.9, 0.3, -0.32, -0.25, 0.95, 0.1)), (2, 3))
    direction = np.stack((*axes, np.cross(*axes)), axis=1)
    image.SetDirection(direction.ravel().tolist())
    image.SetSpacing((0.5, 0.7, 24.0))
    image.SetOrigin((-20.0, 12.5, 300.0))
    return image


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_an_oblique_image_survives_writing_and_reading(tmp_path, oblique_image, suffix):
    write_image(oblique_image, tmp_path / f"image{suffix}")
    back = read_image(tmp_path / f"image{suffix}")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(oblique_image))
    assert back.GetPixelID() == oblique_image.GetPixelID()
    np.testing.assert_allclose(index_to_lps(back), index_to_lps(oblique_image), atol=1e-4)


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_nan_survives_writing_and_reading(tmp_path, suffix):
    values = np.array([[[np.nan, 1.0], [np.inf, -2.0]]], dtype=np.float32)
    write_image(sitk.GetImageFromArray(values), tmp_path / f"map{suffix}")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read_image(tmp_path / f"map{suffix}")), values)


@pytest.mark.parametrize("kept", [0.001, 0.5, 0.98])
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_truncated_file_is_refused(tmp_path, suffix, compressed, kept):
    path = tmp_path / f"cut{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(stored_voxels(8, (64, 64))), str(path), useCompression=compressed)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=r"cut\.n?"):
        read_image(path)


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
def test_a_file_that_only_has_the_name_of_an_image_is_refused(tmp_path, suffix):
    path = tmp_path / f"text{suffix}"
    path.write_text("This is no image.\n" * 40)
    with pytest.raises(InputError, match="text"):
        read_image(path)


def test_missing_empty_and_foreign_files_and_folders_are_told_apart(tmp_path):
    (tmp_path / "empty.nii.gz").touch()
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    for name, message in (
        ("absent.nii", "There is no file"),
        ("empty.nii.gz", "is empty"),
        ("table.csv", "none of the image files that can be read"),
        ("", "is a folder"),
    ):
        with pytest.raises(InputError, match=message):
            read_image(tmp_path / name)


def test_a_four_dimensional_file_gives_its_volumes_and_is_refused_where_one_is_needed(tmp_path, oblique_image):
    echoes = [oblique_image, oblique_image + 100]
    four = sitk.JoinSeries(echoes)
    direction = np.eye(4)
    direction[:3, :3] = np.reshape(oblique_image.GetDirection(), (3, 3))
    four.SetDirection(direction.ravel().tolist())
    sitk.WriteImage(four, str(tmp_path / "echoes.nii.gz"))
    volumes = read_volumes(tmp_path / "echoes.nii.gz")
    assert len(volumes) == 2
    for volume, echo in zip(volumes, echoes, strict=True):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(volume), sitk.GetArrayFromImage(echo))
        np.testing.assert_allclose(index_to_lps(volume), index_to_lps(echo), atol=1e-4)
    with pytest.raises(InputError, match="holds 2 volumes"):
        read_image(tmp_path / "echoes.nii.gz")


def test_a_fourth_axis_of_one_volume_is_no_obstacle(tmp_path, oblique_image):
    sitk.WriteImage(sitk.JoinSeries([oblique_image]), str(tmp_path / "one.nii.gz"))
    assert read_image(tmp_path / "one.nii.gz").GetSize() == oblique_image.GetSize()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_vector_images_are_refused(tmp_path, oblique_image, suffix):
    sitk.WriteImage(sitk.Compose(oblique_image, oblique_image), str(tmp_path / f"vectors{suffix}"))
    with pytest.raises(InputError, match="vectors"):
        read_image(tmp_path / f"vectors{suffix}")


def test_a_plane_without_a_third_axis_is_refused(tmp_path, oblique_image):
    sitk.WriteImage(oblique_image[:, :, 0], str(tmp_path / "plane.nrrd"))
    with pytest.raises(InputError, match="third axis"):
        read_image(tmp_path / "plane.nrrd")


def test_a_single_enhanced_dicom_file_is_an_image(tmp_path):
    path = save(enhanced(stored_voxels(4), positions_along_normal(4)), tmp_path / "one")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read_image(path)), stored_voxels(4))


def test_a_dicom_file_without_an_image_is_refused(tmp_path):
    picture = plane(stored_voxels(1)[0], (0, 0, 0))
    del picture.ImagePositionPatient
    with pytest.raises(InputError, match="an image without a place in the patient"):
        read_image(save(picture, tmp_path / "picture.dcm"))


def test_whole_numbers_stored_as_decimals_are_labels(tmp_path):
    labels = np.array([[[0, 1], [7, 300]]], dtype=np.float32)
    write_image(sitk.GetImageFromArray(labels), tmp_path / "labels.nii.gz")
    image = read_label_image(tmp_path / "labels.nii.gz")
    assert image.GetPixelID() == sitk.sitkUInt16
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), labels)


@pytest.mark.parametrize("wrong", [0.5, -1.0, np.nan, 70000.0])
def test_values_that_cannot_be_labels_are_refused(tmp_path, wrong):
    write_image(sitk.GetImageFromArray(np.array([[[0, 1], [2, wrong]]])), tmp_path / "labels.nrrd")
    with pytest.raises(InputError, match="is no label image"):
        read_label_image(tmp_path / "labels.nrrd")


def test_writing_leaves_the_image_alone_in_its_folder(tmp_path, oblique_image):
    write_image(oblique_image, tmp_path / "image.nii.gz")
    write_image(oblique_image + 1, tmp_path / "image.nii.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["image.nii.gz"]
    back = sitk.GetArrayFromImage(read_image(tmp_path / "image.nii.gz"))
    np.testing.assert_array_equal(back, sitk.GetArrayFromImage(oblique_image) + 1)


def test_a_failed_write_leaves_nothing_behind(tmp_path, oblique_image):
    (tmp_path / "image.nrrd").mkdir()
    with pytest.raises(OutputError, match=r"image\.nrrd cannot be written"):
        write_image(oblique_image, tmp_path / "image.nrrd")
    assert [path.name for path in tmp_path.iterdir()] == ["image.nrrd"]


def test_writing_makes_the_folder(tmp_path, oblique_image):
    write_image(oblique_image, tmp_path / "absent" / "image.nii.gz")
    assert (tmp_path / "absent" / "image.nii.gz").is_file()


@pytest.fixture
def protected_folder(tmp_path):
    folder = tmp_path / "protected"
    folder.mkdir(mode=0o555)
    if not os.access(folder, os.W_OK):
        return folder
    # The superuser may write anywhere but into the kernel's own file system.
    if not Path("/proc/self").is_dir():
        pytest.skip("no folder on this machine is protected from this user")
    return Path("/proc/self")


def test_writing_into_a_protected_folder_is_refused(protected_folder, oblique_image):
    with pytest.raises(OutputError, match="Choose another output folder"):
        write_image(oblique_image, protected_folder / "image.nii.gz")


def test_a_format_that_is_two_files_or_no_image_is_not_written(tmp_path, oblique_image):
    for name in ("image.mhd", "image.png", "image"):
        with pytest.raises(OutputError, match="no suffix that can be written"):
            write_image(oblique_image, tmp_path / name)
