"""The NIfTI reader equals ITK's wherever ITK's is right."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.nifti import read_nifti
from Testing.Library.imaging.dicom_writer import stored_voxels


def written(path, array):
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    return path


@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_real_voxel_type_keeps_type_and_values(tmp_path, kind):
    array = (stored_voxels(3) % 100).astype(kind)
    image = read_nifti(written(tmp_path / "image.nii.gz", array))
    loaded = sitk.GetArrayFromImage(image)
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, array)


def test_a_scaled_file_equals_itks_reading(tmp_path):
    path = written(tmp_path / "image.nii", stored_voxels(3).astype(np.int16))
    content = bytearray(path.read_bytes())
    struct.pack_into("<2f", content, 112, 0.25, -10.0)
    path.write_bytes(content)
    ours, itks = read_nifti(path), sitk.ReadImage(str(path))
    assert ours.GetPixelID() == itks.GetPixelID()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(itks))


def test_a_big_endian_file_equals_itks_reading(tmp_path):
    array = stored_voxels(2, (3, 4)).astype(np.int16)
    header = bytearray(352)
    struct.pack_into(">i", header, 0, 348)
    struct.pack_into(">8h", header, 40, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into(">2h", header, 70, 4, 16)
    struct.pack_into(">8f", header, 76, 1.0, 0.5, 0.7, 5.0, 1, 1, 1, 1)
    struct.pack_into(">f", header, 108, 352.0)
    header[123] = 2
    struct.pack_into(">h", header, 252, 1)
    header[344:348] = b"n+1\0"
    path = tmp_path / "big.nii"
    path.write_bytes(bytes(header) + array.astype(">i2").tobytes())
    ours, itks = read_nifti(path), sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(ours), array)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(itks), array)
    assert ours.GetSpacing() == itks.GetSpacing() == pytest.approx((0.5, 0.7, 5.0))


@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz"])
def test_a_truncated_file_is_refused(tmp_path, name):
    path = written(tmp_path / name, stored_voxels(3))
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(InputError, match="truncated"):
        read_nifti(path)


def test_complex_voxels_are_refused(tmp_path):
    image = sitk.Cast(sitk.GetImageFromArray(stored_voxels(3)), sitk.sitkComplexFloat32)
    sitk.WriteImage(image, str(tmp_path / "complex.nii.gz"))
    with pytest.raises(InputError, match="complex"):
        read_nifti(tmp_path / "complex.nii.gz")


def test_every_real_file_equals_itks_reading(shared_data):
    paths = [
        *sorted((shared_data / "huashan_thigh").glob("*.nii.gz")),
        *sorted((shared_data / "qmritools").glob("*.nii.gz")),
        *sorted((shared_data / "swastling").glob("*/*.nii.gz")),
        *sorted((shared_data / "ibsi1").glob("nifti/*/*.nii.gz")),
    ]
    assert len(paths) > 25
    for path in paths:
        ours, itks = read_nifti(path), sitk.ReadImage(str(path))
        assert ours.GetSize() == itks.GetSize(), path.name
        assert ours.GetPixelID() == itks.GetPixelID(), path.name
        assert ours.GetSpacing() == itks.GetSpacing(), path.name
        assert ours.GetOrigin() == itks.GetOrigin(), path.name
        assert ours.GetDirection() == itks.GetDirection(), path.name
        equal = np.array_equal(sitk.GetArrayViewFromImage(ours), sitk.GetArrayViewFromImage(itks))
        assert equal, path.name
