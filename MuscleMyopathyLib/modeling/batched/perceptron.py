"""Multi-layer perceptrons of many small training sets, as scikit-learn's MLPClassifier with its defaults.

With fewer than 200 rows, scikit-learn's batch is the whole training set: shuffling changes the order of a sum
only. So all weights of all fits are advanced together, one Adam step for each epoch, from the weights that
scikit-learn draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, xlogy

from MuscleMyopathyLib.modeling.batched.fit import FloatArray, Prediction, Stack, most_probable, softmax

_LARGEST_STACK = 16
"""Fits advanced together: more would not stay in the processor's cache."""


def perceptron(estimator: Any, stack: Stack) -> list[Prediction | None]:
    """Return probabilities of perceptrons with one hidden layer of rectified linear units, trained by Adam."""
    if stack.train.shape[1] > 200:
        return [None] * len(stack.positions)
    predictions: list[Prediction | None] = []
    for start in range(0, len(stack.positions), _LARGEST_STACK):
        part = slice(start, start + _LARGEST_STACK)
        found, late = _trained(estimator, stack.train[part], stack.indicators[part], stack.test[part])
        note = f"did not converge in {estimator.max_iter} iterations"
        predictions += [
            most_probable(probabilities, note if is_late else "")
            for probabilities, is_late in zip(found, late.tolist(), strict=True)
        ]
    return predictions


def _trained(
    estimator: Any, train: FloatArray, indicators: FloatArray, test: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the probabilities of each fit, and which ended without convergence."""
    fits, rows, features = train.shape
    classes = indicators.shape[2]
    outputs = 1 if classes == 2 else classes
    target = indicators[:, :, 1:] if outputs == 1 else indicators
    hidden = int(np.atleast_1d(estimator.hidden_layer_sizes)[0])
    shapes = [(features, hidden), (hidden, outputs), (1, hidden), (1, outputs)]
    # One flat row of parameters per fit, so that Adam is a handful of operations on one array.
    ends = np.cumsum([0, *(a * b for a, b in shapes)])
    parameters = np.tile(_start(estimator, features, hidden, outputs), (fits, 1))
    first = np.zeros_like(parameters)
    second = np.zeros_like(parameters)
    gradient = np.empty_like(parameters)
    step = np.empty_like(parameters)
    final = np.empty_like(parameters)
    active = np.arange(fits)
    best = np.full(fits, np.inf)
    idle = np.zeros(fits, dtype=np.intp)
    weights = ends[2]

    def layers(flat: FloatArray) -> list[FloatArray]:
        return [
            flat[:, ends[number] : ends[number + 1]].reshape(len(flat), *shape)
            for number, shape in enumerate(shapes)
        ]

    for epoch in range(1, estimator.max_iter + 1):
        into, out, into_bias, out_bias = layers(parameters)
        inner = train @ into
        inner += into_bias
        np.maximum(inner, 0.0, out=inner)
        scores = inner @ out
        scores += out_bias
        probability = expit(scores) if outputs == 1 else softmax(scores)
        loss = _loss(target, probability)
        loss += (
            0.5 * estimator.alpha / rows * np.einsum("bp,bp->b", parameters[:, :weights], parameters[:, :weights])
        )
        delta = probability - target
        back = delta @ np.swapaxes(out, 1, 2)
        np.copyto(back, 0.0, where=inner == 0)
        into_g, out_g, into_bias_g, out_bias_g = layers(gradient)
        np.matmul(np.swapaxes(train, 1, 2), back, out=into_g)
        np.matmul(np.swapaxes(inner, 1, 2), delta, out=out_g)
        gradient[:, :weights] += estimator.alpha * parameters[:, :weights]
        into_bias_g[:, 0] = back.sum(axis=1)
        out_bias_g[:, 0] = delta.sum(axis=1)
        gradient /= rows
        first *= estimator.beta_1
        first += (1 - estimator.beta_1) * gradient
        second *= estimator.beta_2
        np.multiply(gradient, gradient, out=step)
        step *= 1 - estimator.beta_2
        second += step
        rate = estimator.learning_rate_init * np.sqrt(1 - estimator.beta_2**epoch) / (1 - estimator.beta_1**epoch)
        np.sqrt(second, out=step)
        step += estimator.epsilon
        np.divide(first, step, out=step)
        step *= rate
        parameters -= step
        idle = np.where(loss > best - estimator.tol, idle + 1, 0)
        best = np.minimum(best, loss)
        stopped = idle > estimator.n_iter_no_change
        if stopped.any():
            final[active[stopped]] = parameters[stopped]
            going = ~stopped
            active, best, idle = active[going], best[going], idle[going]
            parameters, first, second = parameters[going], first[going], second[going]
            gradient, step, train, target = gradient[going], step[going], train[going], target[going]
            if not active.size:
                break
    final[active] = parameters
    late = np.isin(np.arange(fits), active)
    into, out, into_bias, out_bias = layers(final)
    scores = np.maximum(test @ into + into_bias, 0.0) @ out + out_bias
    if outputs > 1:
        return softmax(scores), late
    positive = expit(scores)
    return np.concatenate([1 - positive, positive], axis=2), late


def _start(estimator: Any, features: int, hidden: int, outputs: int) -> FloatArray:
    """Return the starting parameters in the order weights, weights, intercepts, intercepts."""
    drawn = np.random.RandomState(estimator.random_state)
    weights, intercepts = [], []
    for fan_in, fan_out in ((features, hidden), (hidden, outputs)):
        bound = np.sqrt(6.0 / (fan_in + fan_out))
        weights.append(drawn.uniform(-bound, bound, (fan_in, fan_out)).ravel())
        intercepts.append(drawn.uniform(-bound, bound, fan_out))
    return np.concatenate([*weights, *intercepts])


def _loss(target: FloatArray, probability: FloatArray) -> FloatArray:
    least = np.finfo(np.float64).eps
    clipped = np.clip(probability, least, 1 - least)
    entropy = xlogy(target, clipped)
    if target.shape[2] == 1:
        entropy = entropy + xlogy(1 - target, 1 - clipped)
    loss: FloatArray = -entropy.mean(axis=1).sum(axis=1)
    return loss
