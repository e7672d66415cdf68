"""Grey-level co-occurrence features by faster sums: what replaces methods of PyRadiomics' class ``RadiomicsGLCM``.

Each function takes an instance of that class (3.0.1) and follows the formulas of its documentation and of the IBSI
reference manual. Sums over pairs (i, j) that depend on i + j or i − j only are taken over the distributions of
sums and differences, 2 N_g terms instead of N_g²; these distributions are tabulated in one pass.
Array shapes: co-occurrence matrix P (1, N_g, N_g, angles), with N_g the grey levels that occur.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.radiomics.maximal_correlation import maximal_correlation

Array = npt.NDArray[np.float64]


def faster_members(original: Any) -> Mapping[str, Callable[[Any], Any]]:
    """Return the methods for a subclass of ``original``, PyRadiomics' class of co-occurrence features."""

    def get_mcc(self: Any) -> Any:
        fast = maximal_correlation(np.ascontiguousarray(self.P_glcm[0].transpose(2, 0, 1)))
        return original.getMCCFeatureValue(self) if fast is None else fast

    return {
        "_calculateCoefficients": _calculate_coefficients,
        "getClusterProminenceFeatureValue": lambda self: _moment_of_sum(self, 4),
        "getClusterShadeFeatureValue": lambda self: _moment_of_sum(self, 3),
        "getClusterTendencyFeatureValue": lambda self: _moment_of_sum(self, 2),
        "getContrastFeatureValue": _contrast,
        "getImc1FeatureValue": _information_measure_1,
        "getImc2FeatureValue": _information_measure_2,
        "getMCCFeatureValue": get_mcc,
    }


def _calculate_coefficients(self: Any) -> None:
    """Fill ``coefficients`` with the marginals, means, and distributions of sum and difference."""
    matrix: Array = self.P_glcm
    present: npt.NDArray[np.integer] = self.coefficients["grayLevels"]
    highest: int = self.coefficients["Ng"]
    levels = present.astype(float)
    row_marginal = matrix.sum(axis=2, keepdims=True)
    column_marginal = matrix.sum(axis=1, keepdims=True)
    spacing = np.spacing(1)
    independent = row_marginal * column_marginal
    sums = present[:, None] + present[None, :] - 2
    differences = np.abs(present[:, None] - present[None, :])
    self.coefficients.update(
        eps=spacing,
        i=levels[:, None],
        j=levels[None, :],
        kValuesSum=np.arange(2, 2 * highest + 1, dtype=float),
        kValuesDiff=np.arange(highest, dtype=float),
        px=row_marginal,
        py=column_marginal,
        ux=np.sum(levels[None, :, None, None] * row_marginal, axis=(1, 2), keepdims=True),
        uy=np.sum(levels[None, None, :, None] * column_marginal, axis=(1, 2), keepdims=True),
        pxAddy=_distribution(matrix, sums, 2 * highest - 1),
        pxSuby=_distribution(matrix, differences, highest),
        independent=independent,
        log_independent=np.log2(independent + spacing),
        HXY=-np.sum(matrix * np.log2(matrix + spacing), axis=(1, 2)),
    )


def _distribution(matrix: Array, bins: npt.NDArray[np.integer], count: int) -> Array:
    """Return the sums of P over the pairs of each bin, shape (1, count, angles)."""
    angles = matrix.shape[3]
    places = bins[:, :, None] * angles + np.arange(angles)
    summed = np.bincount(places.ravel(), weights=matrix[0].ravel(), minlength=count * angles)
    return np.asarray(summed, dtype=np.float64).reshape(1, count, angles)


def _moment_of_sum(self: Any, order: int) -> Array:
    """Return the mean over angles of Σ (i + j − μ_x − μ_y)^order P(i, j)."""
    c = self.coefficients
    deviation = c["kValuesSum"][None, :, None] - (c["ux"] + c["uy"])[:, 0]
    moments = np.sum(deviation**order * c["pxAddy"], axis=1)
    return np.asarray(np.nanmean(moments, axis=1))


def _contrast(self: Any) -> Array:
    """Return the mean over angles of Σ (i − j)² P(i, j)."""
    c = self.coefficients
    contrast = np.sum(c["kValuesDiff"][None, :, None] ** 2 * c["pxSuby"], axis=1)
    return np.asarray(np.nanmean(contrast, axis=1))


def _information_measure_1(self: Any) -> Array:
    """Return the mean over angles of (HXY − HXY1) / max(HX, HY), 0 where both of these are 0."""
    c = self.coefficients
    entropies = [-np.sum(c[p] * np.log2(c[p] + c["eps"]), axis=(1, 2)) for p in ("px", "py")]
    larger = np.fmax(*entropies)
    excess = c["HXY"] + np.sum(self.P_glcm * c["log_independent"], axis=(1, 2))
    return np.asarray(np.nanmean(np.where(larger == 0, 0.0, excess / larger), axis=1))


def _information_measure_2(self: Any) -> Array:
    """Return the mean over angles of √(1 − exp(−2 (HXY2 − HXY))), 0 where the two entropies are equal."""
    c = self.coefficients
    independent_entropy = -np.sum(c["independent"] * c["log_independent"], axis=(1, 2))
    measure = np.sqrt(1 - np.exp(-2 * (independent_entropy - c["HXY"])))
    return np.asarray(np.nanmean(np.where(independent_entropy == c["HXY"], 0.0, measure), axis=1))
