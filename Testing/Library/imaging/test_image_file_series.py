"""Image files as series: by name and by BIDS sidecar."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from MuscleMyopathyLib.imaging.image_file_series import describe_files
from MuscleMyopathyLib.imaging.roles import Role
from Testing.Library.imaging.dicom_writer import stored_voxels


def write(folder, name, *, sidecar=None, seed=0):
    write_image(sitk.GetImageFromArray(stored_voxels(3, seed=seed)), folder / f"{name}.nii.gz")
    if sidecar is not None:
        (folder / f"{name}.json").write_text(json.dumps(sidecar))
    return folder / f"{name}.nii.gz"


def test_a_sidecar_tells_role_and_acquisition_in_milliseconds(tmp_path):
    write(
        tmp_path,
        "sub-01_acq-7",
        sidecar={
            "SeriesDescription": "t2_tse_tra",
            "ScanningSequence": "SE",
            "RepetitionTime": 4.0,
            "EchoTime": 0.08,
            "FlipAngle": 150,
            "MagneticFieldStrength": 3,
            "Manufacturer": "Siemens",
            "BodyPartExamined": "CALF",
        },
    )
    (description,) = find_series(tmp_path)
    assert description.role is Role.T2W
    assert description.echo_times_ms == pytest.approx((80.0,))
    assert description.acquisition.repetition_time_ms == 4000.0
    assert description.acquisition.flip_angle_degrees == 150.0
    assert str(description.region) == "calf"


def test_the_image_type_of_a_sidecar_tells_the_role(tmp_path):
    write(tmp_path, "scan", sidecar={"ImageType": ["DERIVED", "PRIMARY", "DIXON", "FAT"], "Units": "arbitrary"})
    (description,) = find_series(tmp_path)
    assert description.role is Role.FAT
    assert description.unit == "arbitrary"


def test_files_that_differ_only_in_their_echo_are_one_series_in_the_order_of_the_echoes(tmp_path):
    for echo in (10, 2, 1):
        write(
            tmp_path,
            f"sub-01_echo-{echo}_MESE",
            sidecar={"EchoTime": echo * 0.0076, "ScanningSequence": "SE"},
            seed=echo,
        )
    (description,) = find_series(tmp_path)
    assert description.name == "sub-01_MESE"
    assert description.role is Role.MULTI_ECHO_SE
    series = load_series(description)
    assert series.echo_times_ms == pytest.approx((7.6, 15.2, 76.0))
    for echo, seed in zip(series.echoes, (1, 2, 10), strict=True):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(echo), stored_voxels(3, seed=seed))


def test_echoes_on_different_grids_are_refused(tmp_path):
    write(tmp_path, "x_echo-1")
    shifted = sitk.GetImageFromArray(stored_voxels(3))
    shifted.SetOrigin((1.0, 0.0, 0.0))
    write_image(shifted, tmp_path / "x_echo-2.nii.gz")
    with pytest.raises(GeometryError, match="do not share one grid"):
        load_series(find_series(tmp_path)[0])


def test_a_list_of_echo_times_belongs_to_the_volumes_of_a_four_dimensional_file(tmp_path):
    image = sitk.GetImageFromArray(stored_voxels(3))
    sitk.WriteImage(sitk.JoinSeries([image, image + 1]), str(tmp_path / "t2_echoes.nii.gz"))
    (tmp_path / "t2_echoes.json").write_text(json.dumps({"EchoTime": [0.01, 0.02]}))
    series = load_series(find_series(tmp_path)[0])
    assert series.echo_times_ms == pytest.approx((10.0, 20.0))
    assert len(series.echoes) == 2
    assert series.problems == ()


def test_volumes_without_echo_times_say_so(tmp_path):
    image = sitk.GetImageFromArray(stored_voxels(3))
    sitk.WriteImage(sitk.JoinSeries([image, image + 1]), str(tmp_path / "t2_echoes.nii.gz"))
    (description,) = find_series(tmp_path)
    assert description.echo_times_ms == ()
    assert description.problems == ("The echo times are unknown: there is no sidecar with EchoTime.",)


def test_a_sidecar_that_is_no_json_is_a_problem_and_no_obstacle(tmp_path):
    write(tmp_path, "water")
    (tmp_path / "water.json").write_text("{broken")
    (description,) = find_series(tmp_path)
    assert description.role is Role.WATER
    assert "The sidecar water.json cannot be read" in description.problems[0]


@pytest.mark.parametrize("name", ["Thigh_001_labels", "sub-01_dseg", "mask", "VL_seg"])
def test_label_images_are_told_by_their_name_and_play_no_role(tmp_path, name):
    write(tmp_path, name)
    (description,) = find_series(tmp_path)
    assert description.is_label_image
    assert description.role is Role.UNKNOWN
    assert "a label image" in description.reason


def test_the_phase_of_a_bids_part_is_no_magnitude_image(tmp_path):
    write(tmp_path, "sub-01_part-phase_MEGRE")
    (description,) = find_series(tmp_path)
    assert description.role is Role.UNKNOWN
    assert "a phase image" in description.reason


def test_a_header_that_cannot_be_read_is_refused_by_name(tmp_path):
    path = tmp_path / "broken.mha"
    path.write_text("ObjectType = Nonsense\n")
    with pytest.raises(InputError, match=r"broken\.mha cannot be read"):
        describe_files((path,))


def test_a_nifti_file_without_orientation_has_a_problem_and_one_with_it_has_none(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    path = write(tmp_path, "t1")
    assert not describe_files((path,)).problems
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 4, 4), np.int16), None), tmp_path / "bare.nii.gz")
    (problem,) = describe_files((tmp_path / "bare.nii.gz",)).problems
    assert "does not tell how it lies in the patient" in problem
