"""Hulls, shapes between slices, and the gap in which a bone lies."""

from __future__ import annotations

import numpy as np

from MuscleMyopathyLib.segmentation.training.shapes import between, convex_hull, signed_distance, widest_gap


def disc(radius: float, row: float = 40, column: float = 40, size: int = 80) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return np.hypot(rows - row, columns - column) <= radius


def test_the_hull_of_two_discs_bridges_them():
    two = disc(8, column=20) | disc(8, column=60)
    hull = convex_hull(two)
    assert hull[40, 40]
    assert (hull & two).sum() == two.sum()
    assert not hull[20, 40]


def test_the_hull_of_a_line_is_the_line():
    line = np.zeros((20, 20), bool)
    line[5, 3:12] = True
    assert (convex_hull(line) == line).all()


def test_signed_distance_is_negative_inside():
    distance = signed_distance(disc(20), 0.5)
    assert abs(distance[40, 40] + 10) < 0.5
    assert abs(distance[40, 75] - 7.5) < 0.5


def test_halfway_between_two_discs_the_radius_is_halfway():
    first, second = (np.where(disc(radius), 7, 0).astype(np.uint8) for radius in (12, 24))
    middle = between(first, second, 0.5)
    radius = np.sqrt((middle == 7).sum() / np.pi)
    assert abs(radius - 18) < 0.7


def test_the_ends_of_an_interpolation_are_the_two_slices():
    first, second = (np.where(disc(radius), 3, 0).astype(np.uint8) for radius in (12, 24))
    assert (between(first, second, 0.0) == first).all()
    assert (between(first, second, 1.0) == second).all()


def test_a_muscle_that_ends_shrinks_and_does_not_jump():
    first, second = np.where(disc(14), 5, 0).astype(np.uint8), np.zeros((80, 80), np.uint8)
    areas = [int((between(first, second, share) == 5).sum()) for share in (0.0, 0.3, 0.6, 1.0)]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > areas[1] > areas[2]
    assert areas[3] == 0


def test_the_bone_is_the_gap_beside_its_muscle_and_not_the_wider_one_elsewhere():
    beside = disc(24, row=30, column=30) & ~disc(10, row=30, column=30)
    gap = disc(10, row=30, column=30) | disc(15, row=64, column=64)
    bone = widest_gap(gap, beside, 1.0, (5.0, 17.0))
    assert bone[30, 30]
    assert not bone[64, 64]
    assert (bone & ~gap).sum() == 0


def test_a_wider_gap_that_only_touches_the_muscle_is_not_its_bone():
    beside = disc(20, row=30, column=30) & ~disc(9, row=30, column=30)
    gap = disc(9, row=30, column=30) | (disc(15, row=62, column=30) & ~beside)
    assert widest_gap(gap, beside, 1.0, (5.0, 17.0))[30, 30]


def test_a_gap_too_narrow_for_a_bone_gives_none():
    gap = disc(3, row=30, column=30)
    assert not widest_gap(gap, disc(10, row=30, column=30) & ~gap, 1.0, (5.0, 17.0)).any()


def test_a_muscle_that_moves_by_more_than_its_width_is_halfway_in_between():
    first, second = (np.where(disc(6, column=column), 5, 0).astype(np.uint8) for column in (25, 45))
    middle = between(first, second, 0.5) == 5
    assert abs(middle.sum() / (first == 5).sum() - 1) < 0.1
    assert abs(np.nonzero(middle)[1].mean() - 35) < 0.6
