"""The maximal correlation coefficient of a co-occurrence matrix, as PyRadiomics defines it, many times faster.

PyRadiomics takes the square root of the second largest eigenvalue of

    Q(i, j) = Σ_k P(i, k) P(j, k) / (p_x(i) p_y(k) + ε)

by a general eigenvalue solver for every angle; on images with a hundred and more grey levels that alone is most
of the time of an extraction. For a symmetric P, and but for ε, Q is similar to A² with A = D^-½ P D^-½ and
D = diag(p_x), which is symmetric: its leading eigenvectors come from a symmetric solver. Projected on them, the
exact Q (with ε) is a matrix of 8 × 8 whose second largest eigenvalue is the one wanted, with an error that the
residuals of both eigenvectors bound. Where that bound is not small enough (grey levels that fall into many groups
that never touch give as many eigenvalues of 1, which only ε tells apart) more eigenvectors are taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.linalg

SMALLEST_GREY_LEVELS = 16
"""Below this number of grey levels PyRadiomics' own way is as fast."""

_FULL_SOLVER_UP_TO = 64
_SUBSPACES = (8, 32)
_TOLERANCE = 1e-12

Matrices = npt.NDArray[np.float64]


def maximal_correlation(matrices: Matrices) -> float | None:
    """Return the mean over angles of the maximal correlation coefficient.

    Args:
        matrices: Normalised co-occurrence matrices, shape (angles, grey levels, grey levels), symmetric.

    Returns:
        The coefficient, equal to PyRadiomics' within rounding; or None where this way does not apply (few grey
        levels, or a matrix that is not symmetric or not finite).
    """
    if matrices.shape[1] < SMALLEST_GREY_LEVELS or not np.isfinite(matrices).all():
        return None
    if not np.array_equal(matrices, matrices.transpose(0, 2, 1)):
        return None
    eigenvalues = np.empty(len(matrices), dtype=complex)
    open_angles = np.arange(len(matrices))
    for subspace in (size for size in _SUBSPACES if size < matrices.shape[1]):
        values, certain = _second_eigenvalues(matrices[open_angles], subspace)
        eigenvalues[open_angles[certain]] = values[certain]
        open_angles = open_angles[~certain]
        if not open_angles.size:
            break
    for angle in open_angles:
        left, right, _ = _factors(matrices[[angle]])
        eigenvalues[angle] = np.sort(np.linalg.eigvals(left[0] @ right[0]))[-2]
    return float(np.mean(np.sqrt(eigenvalues)).real)


def _factors(matrices: Matrices) -> tuple[Matrices, Matrices, Matrices]:
    """Return two factors of D^½ Q D^-½ (ε in its place), and A²."""
    marginal = matrices.sum(axis=1)
    root = np.sqrt(marginal)
    # A grey level without a neighbour at this angle has a row of zeros in P and in Q.
    inverse_root = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    left = root[:, :, None] * matrices / (marginal[:, :, None] * marginal[:, None, :] + np.spacing(1))
    right = matrices * inverse_root[:, None, :]
    similar = right * inverse_root[:, :, None]
    return left, right, similar @ similar


def _second_eigenvalues(
    matrices: Matrices, subspace: int
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.bool_]]:
    """Return the second largest eigenvalue of Q for each symmetric matrix, and whether it is exact enough."""
    left, right, squared = _factors(matrices)
    lowest, vectors = _leading_vectors(squared, subspace)
    images = left @ (right @ vectors)
    values, small = np.linalg.eig(vectors.transpose(0, 2, 1) @ images)
    second = np.argsort(values.real, axis=1)[:, -2]
    angle = np.arange(len(matrices))
    value = values[angle, second].astype(complex)
    small_right = small[angle, :, second]
    small_left = np.linalg.pinv(small)[angle, second].conj()

    right_vector, left_vector = _apply(vectors, small_right), _apply(vectors, small_left)
    right_residual = _apply(images, small_right) - value[:, None] * right_vector
    transposed = _apply(right.transpose(0, 2, 1), _apply(left.transpose(0, 2, 1), left_vector))
    left_residual = transposed - value.conj()[:, None] * left_vector
    residuals = np.linalg.norm(right_residual, axis=1) * np.linalg.norm(left_residual, axis=1)
    overlap = np.abs(np.sum(left_vector.conj() * right_vector, axis=1))
    return value, residuals < _TOLERANCE * value.real * overlap * (value.real - lowest)


def _leading_vectors(symmetric: Matrices, subspace: int) -> tuple[npt.NDArray[np.float64], Matrices]:
    """Return the eigenvectors of the largest eigenvalues of each matrix, and the smallest of these values."""
    count = symmetric.shape[1]
    if count <= _FULL_SOLVER_UP_TO:
        values, vectors = np.linalg.eigh(symmetric)
        return values[:, -subspace], vectors[:, :, -subspace:]
    wanted = [count - subspace, count - 1]
    solved = [scipy.linalg.eigh(m, subset_by_index=wanted, check_finite=False) for m in symmetric]
    return np.array([values[0] for values, _ in solved]), np.array([vectors for _, vectors in solved])


def _apply(matrices: npt.NDArray[Any], vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Multiply each matrix with its vector."""
    product: npt.NDArray[Any] = (matrices @ vectors[:, :, None])[:, :, 0]
    return product
