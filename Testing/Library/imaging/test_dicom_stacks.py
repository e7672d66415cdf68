"""One SeriesInstanceUID may hold several images: they are told apart, and echoes kept together."""

from __future__ import annotations

import shutil

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.folder import find_series, load_series
from MuscleMyopathyLib.imaging.roles import Role
from Testing.Library.imaging.dicom_writer import positions_along_normal, stored_voxels, write_series


def by_role(descriptions):
    return {description.role: description for description in descriptions}


def test_a_dixon_series_of_four_images_becomes_four_series_with_their_roles(tmp_path):
    images = {
        "W": (Role.WATER, 1),
        "F": (Role.FAT, 2),
        "IP": (Role.IN_PHASE, 3),
        "OP": (Role.OPPOSED_PHASE, 4),
    }
    for kind, (_, seed) in images.items():
        write_series(
            tmp_path,
            stored_voxels(4, seed=seed),
            prefix=kind,
            ImageType=["ORIGINAL", "PRIMARY", kind, kind, "DERIVED"],
            SeriesDescription="mDIXON quant",
        )
    found = by_role(find_series(tmp_path))
    assert found.keys() == {role for role, _ in images.values()}
    for kind, (role, seed) in images.items():
        assert found[role].name == f"mDIXON quant ({kind})"
        loaded = sitk.GetArrayFromImage(load_series(found[role]).image)
        np.testing.assert_array_equal(loaded, stored_voxels(4, seed=seed))


def test_the_echoes_of_a_series_become_one_series_in_the_order_of_their_times(tmp_path):
    times = (38.0, 9.5, 19.0, 28.5)
    for time in times:
        write_series(
            tmp_path,
            stored_voxels(3, seed=int(time)),
            prefix=f"te{time}",
            EchoTime=time,
            ScanningSequence="SE",
            SeriesDescription="t2_mapping_mese",
        )
    (description,) = find_series(tmp_path)
    assert description.role is Role.MULTI_ECHO_SE
    assert description.reason == "4 echoes of 9.5 to 38 ms; ScanningSequence says SE: multi-echo spin echo."
    series = load_series(description)
    assert series.echo_times_ms == (9.5, 19.0, 28.5, 38.0)
    for time, echo in zip(series.echo_times_ms, series.echoes, strict=True):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(echo), stored_voxels(3, seed=int(time)))
    assert series.image is series.echoes[0]


def test_echoes_without_times_stay_in_the_order_of_their_numbers_and_the_lack_is_named(tmp_path):
    for number in (3, 1, 2):
        write_series(tmp_path, stored_voxels(3, seed=number), prefix=f"e{number}", EchoNumbers=number)
    (description,) = find_series(tmp_path)
    assert description.problems == ("The headers tell no echo times.",)
    series = load_series(description)
    assert series.echo_times_ms == ()
    for number, echo in enumerate(series.echoes, start=1):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(echo), stored_voxels(3, seed=number))


def test_copies_of_a_file_are_left_out_and_named(tmp_path):
    files = write_series(tmp_path, stored_voxels(4))
    shutil.copy(files[1], tmp_path / "zz-copy.dcm")
    (description,) = find_series(tmp_path)
    assert description.size == (8, 6, 4)
    assert description.problems == ("Copies of other files were left out: zz-copy.dcm.",)


def test_slices_of_another_size_become_a_series_of_their_own_and_both_say_so(tmp_path):
    positions = positions_along_normal(6)
    write_series(tmp_path, stored_voxels(5), positions[:5])
    write_series(tmp_path, stored_voxels(1, (12, 16)), positions[5:], prefix="other", SliceThickness=4)
    large, small = sorted(find_series(tmp_path), key=lambda found: -len(found.files))
    problem = "The series holds images of several sizes (16 × 12, 8 × 6); each is a series of its own here."
    assert large.size == (8, 6, 5)
    assert small.size == (16, 12, 1)
    assert large.problems == (problem,)
    assert small.problems[0] == problem


def test_a_slice_of_another_size_in_the_middle_leaves_a_gap_that_is_refused(tmp_path):
    positions = positions_along_normal(6)
    write_series(tmp_path, stored_voxels(5), np.delete(positions, 2, axis=0))
    write_series(tmp_path, stored_voxels(1, (12, 16)), positions[2:3], prefix="other", SliceThickness=4)
    large = max(find_series(tmp_path), key=lambda found: len(found.files))
    assert "A slice is missing" in large.obstacle


def test_the_three_views_of_a_localizer_are_three_series(tmp_path):
    views = {"axial": (1, 0, 0, 0, 1, 0), "coronal": (1, 0, 0, 0, 0, -1), "sagittal": (0, 1, 0, 0, 0, -1)}
    for view, orientation in views.items():
        write_series(
            tmp_path, stored_voxels(3), orientation=orientation, prefix=view, SeriesDescription="localizer"
        )
    found = find_series(tmp_path)
    assert {description.name for description in found} == {f"localizer ({view})" for view in views}
    assert {description.role for description in found} == {Role.UNKNOWN}


def test_repeated_measurements_are_told_apart_by_their_temporal_position(tmp_path):
    for time in (2, 1):
        write_series(tmp_path, stored_voxels(3, seed=time), prefix=f"t{time}", TemporalPositionIdentifier=time)
    first, second = find_series(tmp_path)
    assert (first.name, second.name) == ("t1_tse_tra (1)", "t1_tse_tra (2)")
    for description, seed in ((first, 1), (second, 2)):
        loaded = sitk.GetArrayFromImage(load_series(description).image)
        np.testing.assert_array_equal(loaded, stored_voxels(3, seed=seed))


def test_acquisition_numbers_that_differ_within_one_stack_do_not_tear_it_apart(tmp_path):
    positions = positions_along_normal(6)
    for half in (0, 1):
        write_series(
            tmp_path, stored_voxels(3), positions[half::2], prefix=f"packet{half}", AcquisitionNumber=half + 1
        )
    (description,) = find_series(tmp_path)
    assert description.size == (8, 6, 6)


def test_series_of_one_folder_are_kept_apart_by_their_uid(tmp_path):
    for number in (7, 4):
        write_series(
            tmp_path,
            stored_voxels(3, seed=number),
            prefix=f"s{number}",
            SeriesInstanceUID=f"1.2.{number}",
            SeriesNumber=number,
            SeriesDescription=f"t1 number {number}",
        )
    assert [description.name for description in find_series(tmp_path)] == ["t1 number 4", "t1 number 7"]
