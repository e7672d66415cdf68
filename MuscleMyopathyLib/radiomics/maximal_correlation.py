"""The maximal correlation coefficient of a co-occurrence matrix, as PyRadiomics defines it, many times faster.

PyRadiomics takes the square root of the second largest eigenvalue of

    Q(i, j) = Σ_k P(i, k) P(j, k) / (p_x(i) p_y(k) + ε)

by a general eigenvalue solver for every angle; on images with a hundred and more grey levels that alone is most
of the time of an extraction. For a symmetric P, and but for ε, Q is similar to A² with A = D^-½ P D^-½ and
D = diag(p_x), which is symmetric: its leading eigenvectors come from a symmetric solver. Projected on them, the
exact Q (with ε) is a matrix of 8 × 8 whose second largest eigenvalue is the one wanted, with an error that the
residuals of both eigenvectors bound. Where that bound is not small enough, nothing is returned and PyRadiomics'
own way is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.linalg

SMALLEST_GREY_LEVELS = 16
"""Below this number of grey levels PyRadiomics' own way is as fast."""

_SUBSPACE = 8
_TOLERANCE = 1e-12


def maximal_correlation(matrices: npt.NDArray[np.float64]) -> float | None:
    """Return the mean over angles of the maximal correlation coefficient.

    Args:
        matrices: Normalised co-occurrence matrices, shape (angles, grey levels, grey levels), symmetric.

    Returns:
        The coefficient, equal to PyRadiomics' within rounding; or None where this way does not apply (few grey
        levels, a matrix that is not symmetric or not finite, eigenvalues too close to one another).
    """
    if matrices.shape[1] < SMALLEST_GREY_LEVELS or not np.isfinite(matrices).all():
        return None
    if not np.array_equal(matrices, matrices.transpose(0, 2, 1)):
        return None
    eigenvalues = [_second_eigenvalue(matrix) for matrix in matrices]
    if any(value is None for value in eigenvalues):
        return None
    return float(np.mean(np.sqrt(np.array(eigenvalues, dtype=complex))).real)


def _second_eigenvalue(matrix: npt.NDArray[np.float64]) -> complex | None:
    """Return the second largest eigenvalue of Q for one symmetric matrix, or None where it is not certain."""
    marginal = matrix.sum(axis=0)
    root = np.sqrt(marginal)
    # A grey level without a neighbour at this angle has a row of zeros in P and in Q.
    inverse_root = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    similar = matrix * inverse_root[:, None] * inverse_root[None, :]
    count = marginal.size
    symmetric_values, vectors = scipy.linalg.eigh(
        similar @ similar, subset_by_index=[count - _SUBSPACE, count - 1], check_finite=False
    )

    # B = D^½ Q D^-½ as the product of two factors, with PyRadiomics' ε in its place.
    left = root[:, None] * matrix / (marginal[:, None] * marginal[None, :] + np.spacing(1))
    right = matrix * inverse_root[None, :]
    image_of_vectors = left @ (right @ vectors)
    values, left_small, right_small = scipy.linalg.eig(vectors.T @ image_of_vectors, left=True, right=True)
    second = int(np.argsort(values.real)[-2])
    value = complex(values[second])

    right_vector, left_vector = vectors @ right_small[:, second], vectors @ left_small[:, second]
    right_residual = image_of_vectors @ right_small[:, second] - value * right_vector
    left_residual = right.T @ (left.T @ left_vector) - value.conjugate() * left_vector
    gap = value.real - symmetric_values[0]
    overlap = abs(np.vdot(left_vector, right_vector))
    residuals = np.linalg.norm(right_residual) * np.linalg.norm(left_residual)
    return value if residuals < _TOLERANCE * value.real * overlap * gap else None
