"""Tuning and calibration of a whole pipeline inside a training set, in folds by patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV

from MuscleMyopathyLib.modeling.patient_folds import inner_folds


class InnerValidated(ClassifierMixin, BaseEstimator):
    """A pipeline whose parameters and calibration come from cross-validation of the whole, selection included.

    Parameters: those of the grid with the lowest log loss. (Accuracy moves in steps in cohorts of some dozen
    patients, and many parameters tie.) Calibration: Platt's sigmoid on out-of-fold scores with these parameters;
    the pipeline itself is fitted to all training rows.

    Args:
        pipeline: Selection and classifier.
        grid: Values to try, by the parameter's name in the pipeline; empty for no search.
        calibrated: Whether probabilities are calibrated.
        folds: Of the inner cross-validation, by patient; fewer where a class has fewer patients.
        seed: Of the folds.
    """

    def __init__(
        self,
        pipeline: Any,
        grid: Mapping[str, list[Any]] | None = None,
        calibrated: bool = False,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.pipeline = pipeline
        self.grid = grid
        self.calibrated = calibrated
        self.folds = folds
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Search, calibrate and fit on these training rows."""
        folds = inner_folds(X, y, self.folds, self.seed)
        pipeline = clone(self.pipeline)
        self.parameters_: dict[str, Any] = {}
        if self.grid:
            search = GridSearchCV(pipeline, dict(self.grid), scoring="neg_log_loss", cv=folds, refit=False).fit(
                X, y
            )
            self.parameters_ = dict(search.best_params_)
            pipeline = clone(pipeline).set_params(**self.parameters_)
        if self.calibrated:
            self.model_ = CalibratedClassifierCV(pipeline, method="sigmoid", cv=folds, ensemble=False).fit(X, y)
            self.pipeline_ = self.model_.calibrated_classifiers_[0].estimator
        else:
            self.model_ = self.pipeline_ = pipeline.fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return probabilities, shape (rows, classes)."""
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row."""
        return self.model_.predict(X)
