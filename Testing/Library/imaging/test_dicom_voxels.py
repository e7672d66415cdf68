"""Voxels of every transfer syntax come back exactly; files that lack a part are refused by name."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from MuscleMyopathyLib.progress import Cancelled
from Testing.Library.imaging.dicom_writer import (
    enhanced,
    plane,
    positions_along_normal,
    save,
    stored_voxels,
    write_series,
)


def loaded_voxels(folder):
    return sitk.GetArrayFromImage(load_series(find_series(folder)[0]).image)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_uncompressed_little_endian_syntaxes_are_read(tmp_path, syntax):
    for path in write_series(tmp_path, stored_voxels(3)):
        dataset = dcmread(path)
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(path, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    np.testing.assert_array_equal(loaded_voxels(tmp_path), stored_voxels(3))


def test_big_endian_files_are_read(tmp_path):
    for number, position in enumerate(positions_along_normal(3)):
        voxels = stored_voxels(3)[number]
        dataset = plane(voxels, position)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset.PixelData = voxels.astype(">u2").tobytes()
        save(dataset, tmp_path / str(number))
    np.testing.assert_array_equal(loaded_voxels(tmp_path), stored_voxels(3))


def test_rle_compressed_files_are_read(tmp_path):
    for path in write_series(tmp_path, stored_voxels(3)):
        dataset = dcmread(path)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(path)
    np.testing.assert_array_equal(loaded_voxels(tmp_path), stored_voxels(3))


@pytest.mark.parametrize(
    ("compressor", "syntax"),
    [("JPEG", "1.2.840.10008.1.2.4.70"), ("JPEG2000", "1.2.840.10008.1.2.4.90")],
)
def test_lossless_jpeg_files_are_read(tmp_path, compressor, syntax):
    voxels = stored_voxels(3, (32, 40))
    for path in write_series(tmp_path, voxels):
        plain = dcmread(path)
        writer = sitk.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.KeepOriginalImageUIDOn()
        writer.UseCompressionOn()
        writer.SetCompressor(compressor)
        writer.SetFileName(str(path))
        writer.Execute(sitk.ReadImage(str(path)))
        compressed = dcmread(path)
        assert compressed.file_meta.TransferSyntaxUID == syntax
        plain.file_meta.TransferSyntaxUID = syntax
        plain.BitsStored, plain.HighBit = compressed.BitsStored, compressed.HighBit
        plain["PixelData"] = compressed["PixelData"]
        plain.save_as(path)
    np.testing.assert_array_equal(loaded_voxels(tmp_path), voxels)


def test_a_compressed_enhanced_object_is_rescaled_frame_by_frame(tmp_path):
    voxels = stored_voxels(4)
    slopes = (1.0, 0.5, 0.25, 2.0)
    dataset = enhanced(voxels, positions_along_normal(4), per_frame=[{"slope": slope} for slope in slopes])
    dataset.compress(RLELossless)
    save(dataset, tmp_path / "compressed.dcm")
    expected = voxels * np.array(slopes, dtype=np.float32)[:, None, None]
    np.testing.assert_array_equal(loaded_voxels(tmp_path), expected)


def test_overlays_in_the_unused_high_bits_do_not_reach_the_voxels(tmp_path):
    write_series(tmp_path, stored_voxels(3) | np.uint16(0xA000))
    np.testing.assert_array_equal(loaded_voxels(tmp_path), stored_voxels(3))


def test_signed_values_of_twelve_bits_keep_their_sign(tmp_path):
    signed = stored_voxels(3).astype(np.int16) - 2048
    write_series(tmp_path, (signed & 0x0FFF).astype(np.uint16), PixelRepresentation=1)
    np.testing.assert_array_equal(loaded_voxels(tmp_path), signed)


def test_a_file_truncated_in_its_voxels_is_a_named_obstacle_and_is_not_loaded(tmp_path):
    files = write_series(tmp_path, stored_voxels(4))
    files[2].write_bytes(files[2].read_bytes()[:-20])
    (description,) = find_series(tmp_path)
    assert "Truncated" in description.obstacle
    assert "image-003.dcm" in description.obstacle
    with pytest.raises(InputError, match=r"image-003\.dcm cannot be read"):
        load_series(description)


def test_a_truncated_compressed_file_is_refused_on_loading(tmp_path):
    files = write_series(tmp_path, stored_voxels(3, (64, 64)))
    for path in files:
        dataset = dcmread(path)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(path)
    files[1].write_bytes(files[1].read_bytes()[:-3000])
    with pytest.raises(InputError, match=r"image-002\.dcm cannot be read"):
        load_series(find_series(tmp_path)[0])


def test_a_file_that_vanished_since_the_scan_is_named(tmp_path):
    files = write_series(tmp_path, stored_voxels(3))
    (description,) = find_series(tmp_path)
    files[1].unlink()
    with pytest.raises(InputError, match=r"image-002\.dcm"):
        load_series(description)


def test_loading_can_be_cancelled_between_slices(tmp_path):
    write_series(tmp_path, stored_voxels(5))
    (description,) = find_series(tmp_path)
    seen = []

    def cancel_at_the_third(fraction, text):
        seen.append((fraction, text))
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        load_series(description, cancel_at_the_third)
    assert seen[-1] == (0.4, "Reading image-003.dcm")
