"""A DICOM stack as a series: echoes on one grid, names, what the headers tell."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from Testing.Library.imaging.dicom_writer import positions_along_normal, stored_voxels, write_series


def test_an_echo_that_lacks_a_slice_is_refused(tmp_path):
    write_series(tmp_path, stored_voxels(4), prefix="first", EchoTime=10)
    write_series(tmp_path, stored_voxels(3), prefix="second", EchoTime=20)
    (description,) = find_series(tmp_path)
    assert description.obstacle == ("Echo 2 has 3 slices and the first echo 4. Export the whole series again.")
    with pytest.raises(GeometryError, match="Echo 2 has 3 slices"):
        load_series(description)


def test_an_echo_at_another_place_is_refused(tmp_path):
    write_series(tmp_path, stored_voxels(3), prefix="first", EchoTime=10)
    write_series(
        tmp_path, stored_voxels(3), positions_along_normal(3, start=(0, 0, 0)), prefix="second", EchoTime=20
    )
    with pytest.raises(GeometryError, match="away from the first echo"):
        load_series(find_series(tmp_path)[0])


def test_a_series_without_a_description_is_named_by_its_protocol_or_its_number(tmp_path):
    write_series(
        tmp_path / "a", stored_voxels(3), SeriesDescription="", ProtocolName="stir", SeriesInstanceUID="1.1"
    )
    write_series(tmp_path / "b", stored_voxels(3), SeriesDescription="", SeriesNumber=12, SeriesInstanceUID="1.2")
    assert [found.name for found in find_series(tmp_path)] == ["stir", "series 12"]


def test_planes_of_a_series_share_one_image_but_not_one_file_order(tmp_path):
    positions = positions_along_normal(4)
    files = write_series(tmp_path, stored_voxels(4), positions[[2, 0, 3, 1]])
    image = load_series(find_series(tmp_path)[0]).image
    assert len(files) == 4
    assert [image.GetPixel(0, 0, k) for k in range(4)] == [int(stored_voxels(4)[n, 0, 0]) for n in (1, 3, 0, 2)]
