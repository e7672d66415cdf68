"""Classifiers by the papers' names, with scikit-learn's (and XGBoost's) default parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from MuscleMyopathyLib.errors import MissingPackageError, ParameterError
from MuscleMyopathyLib.modeling.recipe import CLASSIFIERS

TUNING_GRIDS: Mapping[str, Mapping[str, list[Any]]] = {
    "LDA": {"shrinkage": [None, 0.1, 0.5]},
    "QDA": {"reg_param": [0.0, 0.1, 0.5]},
    "SVM": {"C": [0.1, 1.0, 10.0]},
    "k-NN": {"n_neighbors": [3, 5, 9]},
    "RF": {"max_depth": [2, None]},
    "MLP": {"alpha": [1e-4, 1e-2, 1.0]},
    "LR": {"C": [0.01, 0.1, 1.0, 10.0]},
    "XGBoost": {"max_depth": [2, 6]},
}
"""What tuning tries: few values, as befits cohorts of some dozen patients."""

WEIGHTED = ("SVM", "RF", "LR", "LDA", "QDA")
"""Classifiers that can weigh a rare class like a frequent one; for LDA and QDA by equal prior probabilities."""


def make_classifier(name: str, seed: int, *, classes: int = 2, weighted: bool = False, tuned: bool = False) -> Any:
    """Return an unfitted classifier.

    SVM is `PlattScaledSVM`: the classes of scikit-learn's SVC, with probabilities beside them. LR is given more
    iterations than the default 100, which changes nothing but that it converges. XGBoost gives numbers for classes
    and is wrapped to give their names.

    Args:
        name: One of `recipe.CLASSIFIERS`.
        seed: Of what is random in it.
        classes: How many there are.
        weighted: Whether a rare class weighs as much as a frequent one; only `WEIGHTED` can.
        tuned: Whether `TUNING_GRIDS` will be searched (LDA then needs a solver that can shrink).

    Raises:
        ParameterError: There is no classifier of this name.
        MissingPackageError: XGBoost is not installed.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

    from MuscleMyopathyLib.modeling.platt_scaling import PlattScaledSVM

    class_weight = "balanced" if weighted else None
    priors = [1 / classes] * classes if weighted else None
    if name == "LDA":
        return LinearDiscriminantAnalysis(solver="lsqr" if tuned else "svd", priors=priors)
    if name == "QDA":
        return QuadraticDiscriminantAnalysis(priors=priors)
    if name == "SVM":
        return PlattScaledSVM(class_weight=class_weight, seed=seed)
    if name == "k-NN":
        return KNeighborsClassifier()
    if name == "RF":
        return RandomForestClassifier(random_state=seed, class_weight=class_weight)
    if name == "MLP":
        return MLPClassifier(random_state=seed)
    if name == "LR":
        return LogisticRegression(max_iter=1000, class_weight=class_weight, random_state=seed)
    if name == "XGBoost":
        return _xgboost(seed)
    raise ParameterError(f"There is no classifier {name!r}. There are: {', '.join(CLASSIFIERS)}.")


def _xgboost(seed: int) -> Any:
    try:
        from MuscleMyopathyLib.modeling.boosted_trees import BoostedTrees
    except ImportError as error:
        raise MissingPackageError(
            f"XGBoost is not installed ({error}). Install it with 'pip install muscle-myopathy[learning]', or "
            "take a recipe without it."
        ) from error
    return BoostedTrees(seed=seed)
