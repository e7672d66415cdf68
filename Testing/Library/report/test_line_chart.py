"""Tests of line charts."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.report.line_chart import Axis, share_axis, svg_band, svg_points

X = share_axis("1 − specificity")
Y = Axis("net benefit", -0.1, 0.4, ((0.0, "0.0"), (0.2, "0.2")))


def test_values_become_percent_of_the_axes_with_y_from_the_top() -> None:
    assert svg_points(X, Y, [0, 1], [-0.1, 0.4]) == "0,100 100,0"
    assert Y.places == ((20.0, "0.0"), (60.0, "0.2"))


def test_points_on_a_straight_line_between_others_are_left_out() -> None:
    y = share_axis("sensitivity")
    assert svg_points(X, y, [0, 0.25, 0.5, 0.5, 0.75, 1], [0, 0, 0, 1, 1, 1]) == "0,100 50,100 50,0 100,0"
    assert svg_points(X, y, [0, 0.5, 1], [0, 0.5, 1]) == "0,100 100,0"


def test_a_band_runs_along_the_upper_line_and_back_along_the_lower() -> None:
    y = share_axis("sensitivity")
    assert svg_band(X, y, [0, 1], [0.1, 0.5], [0.3, 0.9]) == "0,70 100,10 100,50 0,90"


def test_ticks_without_text_are_grid_lines_only() -> None:
    assert [text for _, text in X.places] == ["0", "", "0.5", "", "1"]
    assert X.percent(0.25) == pytest.approx(25)
