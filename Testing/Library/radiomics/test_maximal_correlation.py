"""The maximal correlation coefficient against the general eigenvalue solver on its definition."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.radiomics.maximal_correlation import maximal_correlation


def by_definition(matrices: np.ndarray) -> float:
    """Second largest eigenvalue of Q, its root, the mean over angles: as PyRadiomics' documentation has it."""
    roots = []
    for matrix in matrices:
        marginal = matrix.sum(axis=0)
        q = (matrix / (np.outer(marginal, marginal) + np.spacing(1))) @ matrix.T
        roots.append(np.sqrt(complex(np.sort(np.linalg.eigvals(q))[-2])))
    return float(np.mean(roots).real)


def cooccurrences(levels: int, voxels: int, spread: float, seed: int) -> np.ndarray:
    """Symmetric matrices of 13 angles; few voxels and a small spread leave grey levels that never touch."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, levels, voxels)
    matrices = np.zeros((13, levels, levels))
    for matrix in matrices:
        second = np.clip(first + rng.normal(0, spread, voxels).round().astype(int), 0, levels - 1)
        np.add.at(matrix, (first, second), 1)
    matrices += matrices.transpose(0, 2, 1)
    return matrices / matrices.sum(axis=(1, 2), keepdims=True)


@pytest.mark.parametrize(
    ("levels", "voxels", "spread"),
    [(20, 5000, 3), (60, 5000, 5), (150, 20000, 20), (150, 300, 2), (180, 200, 0.6), (40, 30, 0.4)],
)
def test_it_equals_the_general_solver_also_where_grey_levels_fall_apart_into_groups(
    levels: int, voxels: int, spread: float
) -> None:
    matrices = cooccurrences(levels, voxels, spread, seed=levels)
    assert maximal_correlation(matrices) == pytest.approx(by_definition(matrices), rel=1e-11)


def test_few_grey_levels_are_left_to_pyradiomics() -> None:
    assert maximal_correlation(cooccurrences(8, 1000, 2, seed=0)) is None


def test_matrices_that_are_not_symmetric_are_left_to_pyradiomics() -> None:
    matrices = cooccurrences(30, 1000, 2, seed=0)
    matrices[0, 0, 5] += 0.01
    assert maximal_correlation(matrices) is None


def test_matrices_that_are_not_finite_are_left_to_pyradiomics() -> None:
    matrices = cooccurrences(30, 1000, 2, seed=0)
    matrices[4] = np.nan
    assert maximal_correlation(matrices) is None
