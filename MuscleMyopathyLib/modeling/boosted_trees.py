"""XGBoost under scikit-learn's contract: classes by their names, one thread, default parameters."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from xgboost import XGBClassifier


class BoostedTrees(ClassifierMixin, BaseEstimator):
    """Gradient-boosted trees (XGBoost).

    Args:
        max_depth: Of each tree; None for XGBoost's default.
        n_estimators: Trees; None for XGBoost's default.
        seed: Of what is random.
    """

    def __init__(self, max_depth: int | None = None, n_estimators: int | None = None, seed: int = 0) -> None:
        self.max_depth = max_depth
        self.n_estimators = n_estimators
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the trees on these training rows."""
        values = validate_data(self, X, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.model_ = XGBClassifier(
            max_depth=self.max_depth, n_estimators=self.n_estimators, random_state=self.seed, n_jobs=1
        ).fit(values, codes)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return probabilities, shape (rows, classes)."""
        check_is_fitted(self)
        return self.model_.predict_proba(validate_data(self, X, dtype=np.float64, reset=False)).astype(np.float64)

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
