"""Classifiers by the papers' names: scikit-learn's defaults, and the few places that differ."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from xgboost import XGBClassifier

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.modeling.classifiers import TUNING_GRIDS, WEIGHTED, make_classifier
from MuscleMyopathyLib.modeling.recipe import CLASSIFIERS
from Testing.Library.modeling.synthetic_cohort import signal_cohort

DATA = signal_cohort({"PM": 19, "DM": 22, "ADM": 14}, features=5)


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("LDA", LinearDiscriminantAnalysis()),
        ("QDA", QuadraticDiscriminantAnalysis()),
        ("k-NN", KNeighborsClassifier()),
        ("RF", RandomForestClassifier(random_state=7)),
        ("MLP", MLPClassifier(random_state=7)),
    ],
)
def test_the_papers_classifiers_have_scikit_learns_defaults(name: str, default: object) -> None:
    found = make_classifier(name, 7)
    assert type(found) is type(default)
    assert found.get_params() == default.get_params()  # type: ignore[attr-defined]


def test_the_svms_classes_are_those_of_svc_and_its_probabilities_sum_to_1() -> None:
    machine = make_classifier("SVM", 0).fit(DATA.matrix, DATA.outcome)
    expected = SVC().fit(DATA.features.to_numpy(), DATA.outcome)
    assert machine.predict(DATA.matrix).tolist() == expected.predict(DATA.features.to_numpy()).tolist()
    probabilities = machine.predict_proba(DATA.matrix)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == DATA.codes).mean() > 0.7


def test_xgboost_has_its_defaults_and_gives_the_names_of_the_classes() -> None:
    found = make_classifier("XGBoost", 3).fit(DATA.matrix, DATA.outcome)
    expected = XGBClassifier(random_state=3).fit(DATA.features.to_numpy(), DATA.codes)
    np.testing.assert_allclose(
        found.predict_proba(DATA.matrix), expected.predict_proba(DATA.features.to_numpy()), atol=1e-6
    )
    assert set(found.predict(DATA.matrix)) <= {"PM", "DM", "ADM"}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_can_be_cloned_tuned_and_weighted_where_it_says_so(name: str) -> None:
    model = make_classifier(name, 0, classes=3, weighted=True, tuned=True)
    values = {key: choices[-1] for key, choices in TUNING_GRIDS[name].items()}
    tuned = clone(model).set_params(**values)
    assert {key: tuned.get_params()[key] for key in values} == values
    weights = {
        key: value for key, value in model.get_params().items() if key in ("class_weight", "priors") and value
    }
    assert bool(weights) == (name in WEIGHTED)


def test_an_unknown_classifier_lists_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="LDA, QDA, SVM, k-NN, RF, MLP, LR, XGBoost"):
        make_classifier("CNN", 0)
