from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MuscleMyopathyLib.report.slices import axial_stack, spread_slices, toward_head

SIZE = (14, 10, 6)


def an_image(direction: np.ndarray, marker_lps: tuple[float, float, float]) -> sitk.Image:
    """Return a cube of air around the origin with one bright voxel nearest to a place in the patient."""
    image = sitk.Image(*SIZE, sitk.sitkFloat32)
    image.SetSpacing((2.0, 3.0, 5.0))
    image.SetDirection(direction.flatten())
    centre = np.array([(n - 1) / 2 for n in SIZE])
    image.SetOrigin(-(direction * np.array(image.GetSpacing())) @ centre)
    image.SetPixel(image.TransformPhysicalPointToIndex(marker_lps), 100.0)
    return image


FLIPS = [
    np.diag(signs).astype(float) for signs in np.array(np.meshgrid([1, -1], [1, -1], [1, -1])).T.reshape(-1, 3)
]


@pytest.mark.parametrize("flip", FLIPS, ids=lambda flip: "".join("+-"[int(s < 0)] for s in np.diag(flip)))
def test_the_patients_left_front_and_head_are_right_top_and_last_whatever_the_axes(flip: np.ndarray) -> None:
    array = axial_stack(an_image(flip, (9.0, -9.0, 8.0))).array
    slice_, row, column = np.unravel_index(int(np.argmax(array)), array.shape)
    assert slice_ > array.shape[0] / 2
    assert row < array.shape[1] / 2
    assert column > array.shape[2] / 2


@given(st.integers(-25, 25), st.integers(-25, 25), st.sampled_from(range(8)))
def test_oblique_axes_go_to_the_nearest_ones(about_x: int, about_z: int, flip: int) -> None:
    turn = sitk.Euler3DTransform()
    turn.SetRotation(np.radians(about_x), 0.0, np.radians(about_z))
    rotation = np.array(turn.GetMatrix()).reshape(3, 3)
    marker = tuple(rotation @ (9.0, -9.0, 8.0))
    array = axial_stack(an_image(rotation @ FLIPS[flip], marker)).array
    slice_, row, column = np.unravel_index(int(np.argmax(array)), array.shape)
    assert (slice_ > 2, row < 5, column > 6) == (True, True, True)


def test_slices_keep_their_numbers_and_positions_when_the_stack_is_turned_over() -> None:
    image = an_image(
        np.diag([1.0, 1.0, -1.0]) @ np.diag([1.0, -1.0, -1.0]) @ np.diag([1.0, -1.0, -1.0]), (0, 0, 0)
    )
    stack = axial_stack(image)
    assert stack.numbers == (5, 4, 3, 2, 1, 0)
    origin_position = -image.GetOrigin()[2]
    assert stack.positions_mm[-1] == pytest.approx(origin_position)
    assert np.diff(stack.positions_mm) == pytest.approx(-5.0)
    assert not toward_head(image)


def test_an_image_acquired_coronally_is_shown_in_axial_planes() -> None:
    # Columns to the left, rows to the feet, slices to the back.
    coronal = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
    stack = axial_stack(an_image(coronal, (9.0, 0.0, 10.0)))
    slice_, _, column = np.unravel_index(int(np.argmax(stack.array)), stack.array.shape)
    assert stack.array.shape == (10, 6, 14)
    assert (stack.row_mm, stack.column_mm) == (5.0, 2.0)
    assert slice_ > 5
    assert column > 7


def test_slices_are_spread_over_where_muscle_is() -> None:
    areas = np.zeros(40)
    areas[10:34] = 50
    assert spread_slices(areas, 6) == [12, 16, 20, 24, 28, 32]


def test_the_mere_tip_of_a_muscle_is_not_shown() -> None:
    assert spread_slices([1, 100, 100, 100, 1], 3) == [1, 2, 3]


def test_every_slice_is_shown_where_there_are_few() -> None:
    assert spread_slices([5, 5, 5], 6) == [0, 1, 2]


def test_nothing_is_shown_of_an_image_without_muscle() -> None:
    assert spread_slices([0, 0, 0]) == []
