"""Linear and quadratic discriminant analysis of many small training sets, as scikit-learn's with solver ``svd``.

Covariances are divided by the number of rows, as scikit-learn does since 1.9; with an earlier one, which divides
by the degrees of freedom, `dispatch` sees the difference and leaves the fits to scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from MuscleMyopathyLib.modeling.batched.fit import FloatArray, Prediction, Stack, most_probable, softmax

_CLEARLY_FULL_RANK = 1e-3
"""Smallest singular value (of unit-variance features) far above scikit-learn's tolerance of 1e-4."""


def linear(estimator: Any, stack: Stack) -> list[Prediction | None]:
    """Return probabilities; None where scikit-learn might see a rank deficiency, which it treats on its own."""
    counts, means, centred = _class_means(stack)
    count = stack.train.shape[1]
    within = np.swapaxes(centred, 1, 2) @ centred
    deviation = np.sqrt(np.einsum("bpp->bp", within) / count)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = within / count / deviation[:, :, None] / deviation[:, None, :]
    usable = (deviation > 0).all(axis=1) & np.isfinite(correlation).all(axis=(1, 2))
    correlation[~usable] = np.eye(correlation.shape[1])
    usable &= np.linalg.eigvalsh(correlation)[:, 0] > _CLEARLY_FULL_RANK**2
    priors = _priors(estimator, counts / count)
    usable &= _means_spread(within / count, means, priors, usable)
    result: list[Prediction | None] = [None] * len(stack.positions)
    chosen = np.flatnonzero(usable)
    if chosen.size == 0:
        return result
    covariance = within[chosen] / count
    directions = np.linalg.solve(covariance, np.swapaxes(means[chosen], 1, 2))
    constant = -0.5 * np.einsum("bkp,bpk->bk", means[chosen], directions) + np.log(priors[chosen])
    scores = stack.test[chosen] @ directions + constant[:, None, :]
    for number, probabilities in zip(chosen.tolist(), softmax(scores), strict=True):
        result[number] = most_probable(probabilities)
    return result


def quadratic(estimator: Any, stack: Stack) -> list[Prediction | None]:
    """Return probabilities; None where a class's covariance is near the tolerance of scikit-learn."""
    counts, means, centred = _class_means(stack)
    features = stack.train.shape[2]
    indicators = stack.indicators
    with np.errstate(divide="ignore", invalid="ignore"):
        covariances = np.stack(
            [
                np.swapaxes(centred * indicators[:, :, [number]], 1, 2) @ centred / counts[:, number, None, None]
                for number in range(stack.classes)
            ],
            axis=1,
        )
    usable = (counts > features).all(axis=1) & np.isfinite(covariances).all(axis=(1, 2, 3))
    covariances[~usable] = np.eye(features)
    smallest = np.linalg.eigvalsh(covariances)[:, :, 0].min(axis=1)
    usable &= smallest > 10 * estimator.tol
    priors = _priors(estimator, counts / stack.train.shape[1])
    result: list[Prediction | None] = [None] * len(stack.positions)
    chosen = np.flatnonzero(usable)
    if chosen.size == 0:
        return result
    away = stack.test[chosen][:, None, :, :] - means[chosen][:, :, None, :]
    solved = np.linalg.solve(covariances[chosen], np.swapaxes(away, 2, 3))
    distances = np.einsum("bkmp,bkpm->bmk", away, solved)
    volumes = np.linalg.slogdet(covariances[chosen])[1]
    scores = -0.5 * (distances + volumes[:, None, :]) + np.log(priors[chosen])[:, None, :]
    for number, probabilities in zip(chosen.tolist(), softmax(scores), strict=True):
        result[number] = most_probable(probabilities)
    return result


def _class_means(stack: Stack) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return counts (fits, classes), means (fits, classes, features) and rows less their class's mean."""
    indicators = stack.indicators
    counts = indicators.sum(axis=1)
    means = np.swapaxes(indicators, 1, 2) @ stack.train / counts[:, :, None]
    return counts, means, stack.train - indicators @ means


def _priors(estimator: Any, frequencies: FloatArray) -> FloatArray:
    if estimator.priors is None:
        return frequencies
    return np.broadcast_to(np.asarray(estimator.priors, dtype=np.float64), frequencies.shape)


def _means_spread(covariance: FloatArray, means: FloatArray, priors: FloatArray, usable: FloatArray) -> FloatArray:
    """Tell where the class means span as many directions as they can, so that scikit-learn drops none."""
    spread = np.zeros(len(means), dtype=bool)
    chosen = np.flatnonzero(usable)
    centre = np.einsum("bk,bkp->bp", priors[chosen], means[chosen])
    factor = np.linalg.cholesky(covariance[chosen])
    away = np.swapaxes(means[chosen] - centre[:, None, :], 1, 2)
    whitened = np.linalg.solve(factor, away) * np.sqrt(priors[chosen])[:, None, :]
    values = np.linalg.svd(whitened, compute_uv=False)
    directions = min(means.shape[2], means.shape[1] - 1)
    spread[chosen] = values[:, directions - 1] > _CLEARLY_FULL_RANK * values[:, 0]
    return spread
