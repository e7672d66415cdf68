"""Enhanced multi-frame objects give the same series as classic files."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.sequence import Sequence

from MuscleMyopathyLib.imaging.dicom_enhanced import frames_as_classic
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from MuscleMyopathyLib.imaging.roles import Role
from Testing.Library.imaging.dicom_writer import (
    enhanced,
    orthonormal,
    positions_along_normal,
    save,
    stored_voxels,
    write_series,
)

OBLIQUE = orthonormal((0.9, 0.3, -0.32, -0.25, 0.95, 0.1))


def test_an_enhanced_object_equals_the_classic_series_of_the_same_planes(tmp_path):
    voxels, positions = stored_voxels(5), positions_along_normal(5, OBLIQUE)
    shuffled = [3, 0, 4, 1, 2]
    write_series(tmp_path / "classic", voxels, positions, OBLIQUE)
    save(enhanced(voxels[shuffled], positions[shuffled], OBLIQUE), tmp_path / "enhanced" / "one.dcm")

    classic = load_series(find_series(tmp_path / "classic")[0])
    multi_frame = load_series(find_series(tmp_path / "enhanced")[0])

    assert multi_frame.image.GetOrigin() == classic.image.GetOrigin()
    assert multi_frame.image.GetSpacing() == classic.image.GetSpacing()
    assert multi_frame.image.GetDirection() == classic.image.GetDirection()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(multi_frame.image), sitk.GetArrayFromImage(classic.image))
    assert multi_frame.acquisition.repetition_time_ms == 2500.0


def test_the_echoes_of_an_enhanced_object_become_one_multi_echo_series(tmp_path):
    positions = positions_along_normal(3)
    voxels = stored_voxels(9)
    frames = [{"echo_time": time} for time in (30.0, 10.0, 20.0) for _ in range(3)]
    dataset = enhanced(voxels, np.tile(positions, (3, 1)), per_frame=frames, EchoPulseSequence="SPIN")
    save(dataset, tmp_path / "echoes.dcm")
    series = load_series(find_series(tmp_path)[0])
    assert series.role is Role.MULTI_ECHO_SE
    assert series.echo_times_ms == (10.0, 20.0, 30.0)
    for echo, first in zip(series.echoes, (3, 6, 0), strict=True):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(echo), voxels[first : first + 3])


def test_water_and_fat_frames_of_one_enhanced_object_are_told_apart(tmp_path):
    positions = np.tile(positions_along_normal(3), (2, 1))
    voxels = stored_voxels(6)
    frames = [{"frame_type": ["DERIVED", "PRIMARY", "DIXON", kind]} for kind in ("WATER",) * 3 + ("FAT",) * 3]
    save(enhanced(voxels, positions, per_frame=frames, SeriesDescription="t1_vibe_dixon"), tmp_path / "dixon.dcm")
    water, fat = find_series(tmp_path)
    assert (water.role, fat.role) == (Role.WATER, Role.FAT)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(load_series(fat).image), voxels[3:])


def test_every_frame_is_rescaled_by_its_own_slope(tmp_path):
    voxels = stored_voxels(3)
    frames = [{"slope": slope, "intercept": -2.0} for slope in (1.0, 0.5, 2.25)]
    save(enhanced(voxels, positions_along_normal(3), per_frame=frames), tmp_path / "scaled.dcm")
    loaded = sitk.GetArrayFromImage(load_series(find_series(tmp_path)[0]).image)
    expected = voxels * np.array([1.0, 0.5, 2.25])[:, None, None] - 2.0
    np.testing.assert_array_equal(loaded, expected.astype(np.float32))


def test_a_frame_says_in_classic_words_what_the_enhanced_object_says_in_its_own():
    dataset = enhanced(stored_voxels(1), positions_along_normal(1), per_frame=[{"echo_time": 12.5, "time": 4}])
    dataset.EchoPulseSequence = "GRADIENT"
    (frame,) = frames_as_classic(dataset)
    assert frame.EchoTime == 12.5
    assert frame.TemporalPositionIdentifier == 4
    assert frame.ScanningSequence == "GR"
    assert not isinstance(frame.ImagePositionPatient, Sequence)


def test_the_public_ibsi_phantom_is_read_with_its_slices_in_their_order(shared_data):
    series = load_series(find_series(shared_data / "ibsi1" / "dicom")[0])
    nifti = load_series(find_series(shared_data / "ibsi1" / "nifti" / "image")[0])
    # The DICOM object stacks along +y what the NIfTI file stacks along its third axis.
    voxels = sitk.GetArrayFromImage(series.image)
    assert voxels.shape == (4, 4, 5)
    assert series.image.GetDirection() == pytest.approx((1, 0, 0, 0, 0, 1, 0, -1, 0))
    assert sorted(voxels.ravel()) == sorted(sitk.GetArrayFromImage(nifti.image).ravel())
