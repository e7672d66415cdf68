"""The grid comes exactly from positions and orientations; what is not regular is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.dicom_grid import grid_of
from MuscleMyopathyLib.imaging.dicom_headers import read_headers
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from MuscleMyopathyLib.imaging.geometry import index_to_lps
from Testing.Library.imaging.dicom_writer import (
    AXIAL,
    orthonormal,
    plane,
    positions_along_normal,
    save,
    stored_voxels,
    write_series,
)

OBLIQUE = orthonormal((0.9, 0.3, -0.32, -0.25, 0.95, 0.1))


def planes_of(files):
    return [plane for file in files for plane in read_headers(file).planes]


unit_quaternions = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)


def rotation_of(quaternion):
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quaternion=unit_quaternions,
    spacing=st.tuples(st.floats(0.2, 3), st.floats(0.2, 3)),
    step=st.floats(0.5, 30),
    start=st.tuples(*[st.floats(-500, 500)] * 3),
    order=st.permutations(range(5)),
    reversed_axis=st.booleans(),
)
def test_any_series_written_comes_back_at_its_place_with_its_voxels(
    tmp_path_factory, quaternion, spacing, step, start, order, reversed_axis
):
    folder = tmp_path_factory.mktemp("series")
    axes = rotation_of(quaternion)
    orientation = (*axes[:, 0], *axes[:, 1])
    positions = positions_along_normal(5, orientation, -step if reversed_axis else step, start)
    voxels = stored_voxels(5)
    for number in order:
        save(
            plane(voxels[number], positions[number], orientation, spacing, InstanceNumber=1),
            folder / f"{order.index(number)}",
        )

    image = load_series(find_series(folder)[0]).image

    to_lps = index_to_lps(image)
    for number, position in enumerate(positions):
        k = 4 - number if reversed_axis else number
        rows, columns = voxels[number].shape
        for row, column in ((0, 0), (rows - 1, 0), (0, columns - 1)):
            expected = position + axes[:, 0] * column * spacing[1] + axes[:, 1] * row * spacing[0]
            np.testing.assert_allclose((to_lps @ (column, row, k, 1))[:3], expected, atol=1e-6)
        np.testing.assert_array_equal(sitk.GetArrayFromImage(image)[k], voxels[number])


def test_the_axes_are_right_handed_even_when_the_files_run_from_head_to_foot(tmp_path):
    files = write_series(tmp_path, stored_voxels(4), positions_along_normal(4, step=-5.0))
    grid = grid_of(planes_of(files))
    assert np.linalg.det(grid.direction) == pytest.approx(1.0)
    assert [plane.file for plane in grid.planes] == files[::-1]
    assert grid.origin == (-20.0, 12.5, 285.0)


def test_the_spacing_of_slices_with_gaps_is_their_distance_not_their_thickness(tmp_path):
    files = write_series(
        tmp_path,
        stored_voxels(4),
        positions_along_normal(4, step=24.0),
        SliceThickness="8",
        SpacingBetweenSlices="9",
    )
    assert grid_of(planes_of(files)).spacing == (0.5, 0.7, 24.0)


def test_positions_rounded_to_a_hundredth_of_a_millimetre_still_form_a_grid(tmp_path):
    positions = positions_along_normal(8, OBLIQUE, 4.4)
    files = write_series(tmp_path, stored_voxels(8), positions.round(2), OBLIQUE)
    grid = grid_of(planes_of(files))
    assert grid.spacing[2] == pytest.approx(4.4, abs=0.005)


def test_rounded_direction_cosines_become_perpendicular_unit_vectors(tmp_path):
    files = write_series(tmp_path, stored_voxels(3), orientation=np.round(OBLIQUE, 4))
    direction = grid_of(planes_of(files)).direction
    np.testing.assert_allclose(direction.T @ direction, np.eye(3), atol=1e-12)


def test_a_missing_slice_is_named_by_its_neighbours(tmp_path):
    files = write_series(tmp_path, stored_voxels(6))
    del files[3]
    with pytest.raises(
        GeometryError, match=r"A slice is missing between image-003\.dcm and image-005\.dcm: 10 mm"
    ):
        grid_of(planes_of(files))


def test_two_missing_slices_are_counted(tmp_path):
    files = write_series(tmp_path, stored_voxels(8))
    del files[3:5]
    with pytest.raises(GeometryError, match="2 slices are missing"):
        grid_of(planes_of(files))


def test_two_different_slices_at_one_place_are_refused(tmp_path):
    positions = positions_along_normal(5)
    positions[3] = positions[2]
    files = write_series(tmp_path, stored_voxels(5), positions)
    with pytest.raises(GeometryError, match=r"one place \(image-003\.dcm and image-004\.dcm\)"):
        grid_of(planes_of(files))


def test_uneven_slices_are_refused_with_their_spacings(tmp_path):
    positions = positions_along_normal(6)
    positions[4, 2] += 0.8
    files = write_series(tmp_path, stored_voxels(6), positions)
    with pytest.raises(GeometryError, match=r"unevenly spaced: 4\.2 to 5\.8 mm"):
        grid_of(planes_of(files))


def test_a_stack_sheared_like_a_tilted_gantry_is_refused(tmp_path):
    positions = positions_along_normal(6)
    positions[:, 1] += np.arange(6) * 1.5
    files = write_series(tmp_path, stored_voxels(6), positions)
    with pytest.raises(GeometryError, match=r"up to 7\.5 mm .* tilted gantry"):
        grid_of(planes_of(files))


def test_one_slice_displaced_sideways_is_refused(tmp_path):
    positions = positions_along_normal(6)
    positions[2, 0] += 0.2
    files = write_series(tmp_path, stored_voxels(6), positions)
    with pytest.raises(GeometryError, match=r"image-003\.dcm against image-001\.dcm"):
        grid_of(planes_of(files))


def test_an_orientation_that_is_no_rotation_is_refused(tmp_path):
    files = write_series(tmp_path, stored_voxels(3), orientation=(1, 0, 0, 0.3, 1, 0))
    with pytest.raises(GeometryError, match="two perpendicular unit vectors"):
        grid_of(planes_of(files))


def test_a_single_slice_takes_its_thickness_from_the_header_and_says_so(tmp_path):
    files = write_series(tmp_path, stored_voxels(1), SliceThickness="4")
    grid = grid_of(planes_of(files))
    assert grid.spacing[2] == 4.0
    assert grid.problems == ("A single plane: its thickness of 4 mm is taken from the header.",)


def test_the_geometry_of_real_dicom_equals_gdcms_to_a_ten_thousandth_of_a_millimetre(shared_data: Path):
    for name, role in (("T1", "T1w"), ("T2FS", "STIR")):
        folder = shared_data / "sts001_dicom" / name
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
        independent = reader.Execute()

        (description,) = find_series(folder)
        series = load_series(description)

        assert series.role == role
        assert series.image.GetSize() == independent.GetSize()
        corner = np.array([*independent.GetSize()]) - 1
        for index in np.ndindex(2, 2, 2):
            place = [int(n) for n in index * corner]
            np.testing.assert_allclose(
                series.image.TransformIndexToPhysicalPoint(place),
                independent.TransformIndexToPhysicalPoint(place),
                atol=1e-4,
            )
        np.testing.assert_array_equal(sitk.GetArrayFromImage(series.image), sitk.GetArrayFromImage(independent))


def test_the_grid_of_axial_slices_has_the_identity_as_direction(tmp_path):
    files = write_series(tmp_path, stored_voxels(2), orientation=AXIAL)
    np.testing.assert_array_equal(grid_of(planes_of(files)).direction, np.eye(3))
