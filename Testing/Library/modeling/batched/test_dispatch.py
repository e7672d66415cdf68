"""Batched fits give scikit-learn's numbers; what they cannot give exactly is left to scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from MuscleMyopathyLib.modeling.batched import dispatch
from MuscleMyopathyLib.modeling.batched.dispatch import agrees, kernel_of, predicted_codes, predictions
from MuscleMyopathyLib.modeling.batched.fit import Fit, stacks

ESTIMATORS = {
    "LDA": LinearDiscriminantAnalysis(),
    "QDA": QuadraticDiscriminantAnalysis(),
    "k-NN": KNeighborsClassifier(),
    "RF": RandomForestClassifier(n_estimators=20, random_state=3),
    "MLP": MLPClassifier(random_state=3, max_iter=60),
}


def some_fits(classes: int, features: int, count: int = 6) -> list[Fit]:
    """Return fits of two sizes, with classes of different sizes."""
    rng = np.random.default_rng(10 * classes + features)
    fits = []
    for number in range(count):
        rows = 40 + number % 2
        codes = rng.permutation(np.minimum(np.resize(np.arange(classes + 1), rows), classes - 1))
        train = rng.normal(size=(rows, features)) + 0.8 * codes[:, None]
        fits.append(Fit(train, codes, rng.normal(size=(9, features))))
    return fits


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("features", [1, 2, 4])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_batched_probabilities_and_classes_are_those_of_scikit_learn(
    name: str, classes: int, features: int
) -> None:
    estimator, fits = ESTIMATORS[name], some_fits(classes, features)
    for found, codes, fit in zip(
        predictions(estimator, fits), predicted_codes(estimator, fits), fits, strict=True
    ):
        model = clone(estimator).fit(fit.train, fit.codes)
        np.testing.assert_allclose(found.probabilities, model.predict_proba(fit.test), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(found.codes, model.predict(fit.test))
        np.testing.assert_array_equal(codes, found.codes)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_each_classifier_of_nagawa_but_the_svm_is_batched_with_the_installed_scikit_learn(name: str) -> None:
    kernel = kernel_of(ESTIMATORS[name])
    assert kernel is not None
    for stack in stacks(some_fits(3, 3)):
        assert all(found is not None for found in kernel(ESTIMATORS[name], stack))


@pytest.mark.parametrize(
    "estimator",
    [
        LinearDiscriminantAnalysis(solver="lsqr"),
        QuadraticDiscriminantAnalysis(reg_param=0.1),
        KNeighborsClassifier(weights="distance"),
        RandomForestClassifier(random_state=0, max_depth=2),
        RandomForestClassifier(),
        MLPClassifier(activation="tanh", random_state=0),
    ],
)
def test_other_parameters_are_left_to_scikit_learn(estimator: Any) -> None:
    assert kernel_of(estimator) is None


def test_a_kernel_that_disagrees_with_the_installed_scikit_learn_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(estimator: Any, stack: Any) -> list[Any]:
        rows = stack.test.shape[1]
        return [dispatch.Prediction(np.zeros(rows, dtype=int), np.full((rows, 2), 0.5)) for _ in stack.positions]

    assert not agrees(wrong, LinearDiscriminantAnalysis, (), 2)
    monkeypatch.setattr(dispatch, "kernel_of", lambda estimator: wrong)
    fits = some_fits(2, 2)
    for found, fit in zip(predictions(ESTIMATORS["LDA"], fits), fits, strict=True):
        expected = LinearDiscriminantAnalysis().fit(fit.train, fit.codes).predict_proba(fit.test)
        np.testing.assert_allclose(found.probabilities, expected, atol=1e-12)


def test_ties_of_nearest_neighbours_and_copied_columns_are_left_to_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    codes = np.resize([0, 1], 40)
    scores = rng.integers(0, 3, size=(40, 2)).astype(float)
    copied = np.column_stack([x := rng.normal(size=40) + codes, x])
    for name, train in (("k-NN", scores), ("LDA", copied)):
        fit = Fit(train, codes, train[:8] + 0.0)
        (stack,) = stacks([fit])
        kernel = kernel_of(ESTIMATORS[name])
        assert kernel is not None
        assert kernel(ESTIMATORS[name], stack) == [None]
        (found,) = predictions(ESTIMATORS[name], [fit])
        expected = clone(ESTIMATORS[name]).fit(train, codes).predict_proba(fit.test)
        np.testing.assert_array_equal(found.probabilities, expected)


def test_a_feature_that_varies_in_no_training_fold_fails_in_words() -> None:
    constant = Fit(np.zeros((9, 1)), np.repeat([0, 1, 2], 3), np.zeros((2, 1)))
    (found,) = predictions(LinearDiscriminantAnalysis(), [constant])
    assert found.codes.tolist() == [-1, -1]
    assert np.isnan(found.probabilities).all()
    assert found.note == "no feature varies among the patients trained on"
    (codes,) = predicted_codes(LinearDiscriminantAnalysis(), [constant])
    assert codes.tolist() == [-1, -1]


def test_a_fit_that_fails_predicts_nothing_and_says_why() -> None:
    codes = np.array([0] * 20 + [1] * 3)
    fit = Fit(np.random.default_rng(0).normal(size=(23, 4)), codes, np.zeros((2, 4)))
    (found,) = predictions(QuadraticDiscriminantAnalysis(), [fit])
    assert found.codes.tolist() == [-1, -1]
    assert np.isnan(found.probabilities).all()
    assert "covariance" in found.note
    assert predicted_codes(QuadraticDiscriminantAnalysis(), [fit])[0].tolist() == [-1, -1]


def test_a_perceptron_that_does_not_converge_is_noted() -> None:
    (found,) = predictions(MLPClassifier(random_state=0, max_iter=5), some_fits(2, 2, 1))
    assert found.note == "did not converge in 5 iterations"
    (found,) = predictions(MLPClassifier(random_state=0, learning_rate_init=0.1), some_fits(2, 2, 1))
    assert found.note == ""
