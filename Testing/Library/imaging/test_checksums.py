"""A checksum stands for voxels and geometry."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.checksums import checksum, file_checksum
from MuscleMyopathyLib.imaging.files import read_image, write_image
from Testing.Library.imaging.dicom_writer import stored_voxels


@pytest.fixture
def image():
    made = sitk.GetImageFromArray(stored_voxels(3))
    made.SetSpacing((0.5, 0.7, 5.0))
    return made


def test_an_image_keeps_its_checksum_through_a_file(tmp_path, image):
    write_image(image, tmp_path / "image.nrrd")
    assert checksum(read_image(tmp_path / "image.nrrd")) == checksum(image)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.SetPixel(1, 2, 0, image.GetPixel(1, 2, 0) + 1),
        lambda image: image.SetOrigin((0.0, 0.0, 0.001)),
        lambda image: image.SetSpacing((0.5, 0.7, 5.001)),
        lambda image: image.SetDirection((1, 0, 0, 0, -1, 0, 0, 0, -1)),
    ],
    ids=["a voxel", "the origin", "the spacing", "the axes"],
)
def test_any_change_of_voxels_or_geometry_changes_the_checksum(image, change):
    before = checksum(image)
    change(image)
    assert checksum(image) != before


def test_the_type_of_the_voxels_is_part_of_the_checksum(image):
    assert checksum(image) != checksum(sitk.Cast(image, sitk.sitkInt32))


def test_the_sign_of_zero_is_not_part_of_the_checksum(image):
    before = checksum(image)
    image.SetOrigin((-0.0, 0.0, -0.0))
    assert checksum(image) == before


def test_the_checksum_of_a_file_is_the_sha256_of_its_bytes(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_checksum(tmp_path / "abc") == expected


def test_the_checksum_of_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        file_checksum(tmp_path / "absent")


def test_the_order_in_memory_does_not_matter(image):
    turned = sitk.GetImageFromArray(np.asfortranarray(sitk.GetArrayFromImage(image)))
    turned.CopyInformation(image)
    assert checksum(turned) == checksum(image)
