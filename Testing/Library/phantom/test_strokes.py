"""Distances from strokes against geometry that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.phantom.strokes import fibre_frame, smooth_maximum, stroke_distance


def at(stroke: list[list[float]], u: float, v: float) -> float:
    return float(stroke_distance(np.array(stroke), np.array([u]), np.array([v]))[0])


def test_a_single_disc_is_a_circle() -> None:
    assert at([[1, 2, 3]], 1, 2) == pytest.approx(-3)
    assert at([[1, 2, 3]], 5, 5) == pytest.approx(2)


def test_a_band_is_as_wide_between_its_discs() -> None:
    band = [[0, 0, 1], [10, 0, 3]]
    assert at(band, 5, 4) == pytest.approx(2)
    assert at(band, 12, 0) == pytest.approx(-1)
    assert at(band, -4, 0) == pytest.approx(3)


def test_a_closed_chain_encloses_its_inside() -> None:
    triangle = [[0, 0, 0.5], [9, 0, 0.5], [4.5, 9, 0.5], [0, 0, 0.5]]
    # The slanted sides are nearest: 27 / √(4.5² + 9²) = 2.683 from their middle line, and the radius.
    assert at(triangle, 4.5, 3) == pytest.approx(-3.183, abs=1e-3)
    assert at(triangle, 4.5, -2) == pytest.approx(1.5)
    assert at(triangle[:3], 4.5, 3) > 0


def test_the_fibre_frame_runs_from_end_to_end() -> None:
    stroke = np.array([[0.0, 0.0, 1.0], [0.0, 8.0, 1.0]])
    across, along = fibre_frame(stroke, np.array([0.0, 3.0]), np.array([8.0, 4.0]))
    assert along == pytest.approx([4, 0])
    assert abs(across[1]) == pytest.approx(3)


def test_the_smooth_maximum_is_the_maximum_away_from_the_edge_and_a_little_more_on_it() -> None:
    first, second = np.array([0.0, 10.0]), np.array([0.0, 0.0])
    assert smooth_maximum(first, second, 4.0) == pytest.approx([1.0, 10.0])
