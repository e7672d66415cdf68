"""A trained pipeline reduced to what a case needs: the selected features, their scaling, the classifier.

Selection takes part in training only. Scaling and imputation work column by column, so that the reduced model
gives the same probabilities from a few features as the trained one from all of them.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.modeling.pipeline import CLASSIFIER, fitted_pipeline, selected_features


def reduced_model(fitted: Any) -> tuple[Any, list[str]]:
    """Return a fitted model by `make_pipeline` without its selection, and the features that it takes, in order.

    Args:
        fitted: The fitted model.
    """
    from MuscleMyopathyLib.modeling.inner_validation import InnerValidated

    pipeline = fitted_pipeline(fitted)
    names = [str(name) for name in selected_features(fitted)]
    small = _reduced_pipeline(pipeline, names)
    if isinstance(fitted, InnerValidated) and fitted.calibrated:
        return _with_estimator(fitted.model_, small), names
    return small, names


def _reduced_pipeline(pipeline: Any, names: list[str]) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps = []
    present = [str(name) for name in pipeline.feature_names_in_]
    for name, step in pipeline.steps[:-1]:
        columns = np.array([present.index(one) for one in names])
        if isinstance(step, StandardScaler):
            steps.append((name, _columns_of_scaler(step, columns)))
        elif isinstance(step, SimpleImputer):
            steps.append((name, _columns_of_imputer(step, columns)))
        present = [str(one) for one in step.get_feature_names_out(np.array(present, dtype=object))]
    return Pipeline([*steps, (CLASSIFIER, _plain_classifier(pipeline.steps[-1][1]))])


def _columns_of_scaler(scaler: Any, columns: npt.NDArray[np.intp]) -> Any:
    from sklearn.preprocessing import StandardScaler

    small = StandardScaler()
    small.mean_, small.scale_, small.var_ = scaler.mean_[columns], scaler.scale_[columns], scaler.var_[columns]
    small.n_features_in_ = len(columns)
    small.n_samples_seen_ = int(np.max(scaler.n_samples_seen_))
    return small


def _columns_of_imputer(imputer: Any, columns: npt.NDArray[np.intp]) -> Any:
    from sklearn.impute import SimpleImputer

    # Fitted to a single row that is the medians already.
    return SimpleImputer(strategy=imputer.strategy, keep_empty_features=True).fit(
        imputer.statistics_[columns][None]
    )


def _plain_classifier(classifier: Any) -> Any:
    """Return a copy of the classifier without the training's index and folds, as numbers alone."""
    from sklearn.neighbors import KNeighborsClassifier

    from MuscleMyopathyLib.modeling.platt_scaling import PlattScaledSVM

    small = copy.deepcopy(classifier)
    if isinstance(small, KNeighborsClassifier):
        # Neighbours in a list instead of a tree, whose numbers compiled code would follow unchecked.
        labels = small.classes_[small._y]
        brute = KNeighborsClassifier(**{**small.get_params(), "algorithm": "brute"})
        return brute.fit(np.asarray(small._fit_X), labels)
    if isinstance(small, PlattScaledSVM):
        (inner,) = small.model_.calibrated_classifiers_
        small.model_ = _with_estimator(small.model_, inner.estimator)
    _forget_names(small)
    return small


def _with_estimator(calibrated: Any, estimator: Any) -> Any:
    """Return a fitted CalibratedClassifierCV around another estimator, without the folds that it was fitted in."""
    (inner,) = calibrated.calibrated_classifiers_
    inner = copy.copy(inner)
    _forget_names(estimator)
    inner.estimator = estimator
    small = copy.copy(calibrated)
    small.estimator, small.cv = None, None
    small.calibrated_classifiers_ = [inner]
    _forget_names(small)
    return small


def _forget_names(estimator: Any) -> None:
    # The card holds the names, and the model is given plain numbers in their order.
    vars(estimator).pop("feature_names_in_", None)
