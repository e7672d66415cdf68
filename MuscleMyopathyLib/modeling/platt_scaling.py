"""A support vector machine with Platt's probabilities, whose cross-validation keeps a patient's rows together."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC

from MuscleMyopathyLib.modeling.patient_folds import inner_folds


class PlattScaledSVM(ClassifierMixin, BaseEstimator):
    """scikit-learn's SVC with default kernel, and Platt's probabilities beside its classes.

    As in LIBSVM (``SVC(probability=True)``, now deprecated), the class is that of the machine itself and may
    differ from the most probable one.

    Args:
        C: Weight of errors.
        class_weight: ``balanced`` or None.
        folds: Of the inner cross-validation of the probabilities, by patient.
        seed: Of the folds.
    """

    def __init__(self, C: float = 1.0, class_weight: str | None = None, folds: int = 5, seed: int = 0) -> None:
        self.C = C
        self.class_weight = class_weight
        self.folds = folds
        self.seed = seed

    def machine(self) -> SVC:
        """Return the unfitted support vector machine whose classes these are."""
        return SVC(C=self.C, class_weight=self.class_weight)

    def fit(self, X: Any, y: Any) -> Self:
        """Fit machine and sigmoids on these training rows."""
        folds = inner_folds(X, y, self.folds, self.seed)
        self.model_ = CalibratedClassifierCV(self.machine(), method="sigmoid", cv=folds, ensemble=False).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return Platt's probabilities, shape (rows, classes)."""
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> Any:
        """Return the class that the machine itself gives each row."""
        return self.model_.calibrated_classifiers_[0].estimator.predict(X)
