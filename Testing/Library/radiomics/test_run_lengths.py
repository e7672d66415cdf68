"""Run-length matrices against PyRadiomics' compiled ones and against runs counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.radiomics.engine import pyradiomics
from MuscleMyopathyLib.radiomics.run_lengths import ANGLES, run_length_matrix


def by_pyradiomics(levels: np.ndarray, mask: np.ndarray, highest: int, *, flat: bool) -> np.ndarray:
    c = pyradiomics("radiomics._cmatrices")
    matrix, angles = c.calculate_glrlm(levels, mask, highest, max(levels.shape), flat, 0)
    order = [
        next(n for n, angle in enumerate(angles) if tuple(angle) in (wanted, tuple(-step for step in wanted)))
        for wanted in ANGLES
        if not flat or wanted[0] == 0
    ]
    return np.asarray(matrix)[..., order]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_pyradiomics(seed: int, *, flat: bool) -> None:
    rng = np.random.default_rng(seed)
    levels = rng.integers(1, 5, (7, 9, 11))
    mask = rng.random(levels.shape) < 0.7
    angles = np.array([angle for angle in ANGLES if not flat or angle[0] == 0])
    ours = run_length_matrix(levels, mask, angles, 4)
    np.testing.assert_array_equal(ours, by_pyradiomics(levels, mask, 4, flat=flat))


def test_runs_along_a_row_are_counted_by_level_and_length() -> None:
    levels = np.array([[[1, 1, 1, 2, 2, 1, 3, 3]]])
    mask = np.array([[[True, True, True, True, True, True, False, True]]])
    matrix = run_length_matrix(levels, mask, np.array([[0, 0, 1]]), 3)
    assert matrix is not None
    expected = np.zeros((3, 8))
    expected[0, 2] = expected[0, 0] = expected[1, 1] = expected[2, 0] = 1
    np.testing.assert_array_equal(matrix[0, :, :, 0], expected)


def test_an_angle_without_neighbours_is_left_to_pyradiomics() -> None:
    levels = np.ones((1, 4, 4), int)
    assert run_length_matrix(levels, np.ones((1, 4, 4), bool), np.array([[1, 0, 0]]), 1) is None
