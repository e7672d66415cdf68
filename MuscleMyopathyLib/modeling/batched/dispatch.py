"""Predictions of many small fits: batched where that gives scikit-learn's numbers, one by one elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.modeling.batched.discriminant import linear, quadratic
from MuscleMyopathyLib.modeling.batched.fit import Codes, Fit, Prediction, Stack, stacks
from MuscleMyopathyLib.modeling.batched.forest import forest
from MuscleMyopathyLib.modeling.batched.neighbours import nearest
from MuscleMyopathyLib.modeling.batched.perceptron import perceptron
from MuscleMyopathyLib.modeling.patient_folds import PATIENT_INDEX

Kernel = Callable[[Any, Stack], list[Prediction | None]]

AGREEMENT = 1e-9
"""How far a batched probability may lie from scikit-learn's."""


def predictions(estimator: Any, fits: Sequence[Fit]) -> list[Prediction]:
    """Return what clones of an estimator predict after each fit, with probabilities.

    A fit that fails (e.g. a singular covariance) predicts the class −1 with probabilities of NaN; its ``note``
    says why.
    """
    return [
        _one_by_one(estimator, fit) if found is None else found
        for fit, found in zip(fits, _batched(estimator, fits), strict=True)
    ]


def predicted_codes(estimator: Any, fits: Sequence[Fit]) -> list[Codes]:
    """Return the classes alone that clones of an estimator predict after each fit; −1 where a fit fails."""
    from MuscleMyopathyLib.modeling.platt_scaling import PlattScaledSVM

    # Its classes are those of the bare machine; the probabilities would cost five more fits.
    bare = estimator.machine() if isinstance(estimator, PlattScaledSVM) else estimator
    return [
        _one_by_one(bare, fit, probabilities=False).codes if found is None else found.codes
        for fit, found in zip(fits, _batched(bare, fits), strict=True)
    ]


def _batched(estimator: Any, fits: Sequence[Fit]) -> list[Prediction | None]:
    result: list[Prediction | None] = [None] * len(fits)
    kernel = kernel_of(estimator)
    if kernel is None:
        return result
    for stack in stacks(fits):
        complete = (stack.indicators.sum(axis=1) > 0).all()
        if not complete or not agrees(kernel, _kind(estimator), _parameters(estimator), stack.classes):
            continue
        for position, found in zip(stack.positions, kernel(estimator, stack), strict=True):
            result[position] = found
    return result


def kernel_of(estimator: Any) -> Kernel | None:
    """Return the batched form of an estimator, or None where its parameters are none that it knows."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

    known: dict[type, tuple[Kernel, tuple[str, ...]]] = {
        LinearDiscriminantAnalysis: (linear, ("priors",)),
        QuadraticDiscriminantAnalysis: (quadratic, ("priors",)),
        KNeighborsClassifier: (nearest, ("n_neighbors",)),
        MLPClassifier: (perceptron, ("alpha", "random_state", "max_iter", "learning_rate_init")),
        RandomForestClassifier: (forest, ("n_estimators", "random_state")),
    }
    kind = type(estimator)
    if kind not in known:
        return None
    kernel, free = known[kind]
    defaults = kind().get_params()
    given = estimator.get_params()
    if any(value != defaults[name] for name, value in given.items() if name not in free):
        return None
    return kernel if isinstance(given.get("random_state", 0), int) else None


def _kind(estimator: Any) -> Callable[..., Any]:
    kind: Callable[..., Any] = type(estimator)
    return kind


def _parameters(estimator: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in sorted(estimator.get_params().items())
    )


@lru_cache(maxsize=64)
def agrees(
    kernel: Kernel, kind: Callable[..., Any], parameters: tuple[tuple[str, Any], ...], classes: int
) -> bool:
    """Tell whether a kernel gives the numbers of the installed scikit-learn, by trying both on a small problem.

    Versions differ (covariances are divided by the rows or by the degrees of freedom), and the forest uses private
    parts. A kernel that does not agree is not used: the result is the same, later.
    """
    estimator = kind(**dict(parameters))
    rng = np.random.default_rng(classes)
    codes = np.repeat(np.arange(classes), 10)
    train = rng.normal(size=(len(codes), 3)) + 0.7 * codes[:, None]
    fit = Fit(train, codes, rng.normal(size=(7, 3)))
    (stack,) = stacks([fit])
    try:
        (found,) = kernel(estimator, stack)
    except (ImportError, TypeError, AttributeError, ValueError):
        return False
    expected = _one_by_one(estimator, fit).probabilities
    return found is not None and bool(np.allclose(found.probabilities, expected, rtol=0, atol=AGREEMENT))


def _one_by_one(estimator: Any, fit: Fit, *, probabilities: bool = True) -> Prediction:
    """Fit a clone and predict, as scikit-learn does it."""
    from sklearn.base import clone

    train: Any = fit.train
    if fit.patients is not None:
        train = pd.DataFrame(fit.train, index=pd.Index(fit.patients, name=PATIENT_INDEX))
    table = np.full((len(fit.test), int(fit.codes.max()) + 1), np.nan)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = clone(estimator).fit(train, fit.codes)
            test = fit.test if fit.patients is None else pd.DataFrame(fit.test)
            codes = np.asarray(model.predict(test), dtype=np.intp)
            if probabilities:
                found = np.asarray(model.predict_proba(test), dtype=np.float64)
                table[:] = 0.0
                table[:, model.classes_] = found
        except (ValueError, np.linalg.LinAlgError) as error:
            return _failed(fit, table, _first_line(error))
        except IndexError:
            # So scikit-learn's linear discriminant ends where no feature varies.
            return _failed(fit, table, "no feature varies among the patients trained on")
    return Prediction(codes, table, note="; ".join(dict.fromkeys(_first_line(one.message) for one in caught)))


def _failed(fit: Fit, table: npt.NDArray[np.float64], why: str) -> Prediction:
    return Prediction(np.full(len(fit.test), -1), np.full_like(table, np.nan), why)


def _first_line(message: object) -> str:
    return str(message).strip().splitlines()[0] if str(message).strip() else type(message).__name__
