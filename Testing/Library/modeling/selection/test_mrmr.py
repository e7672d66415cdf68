"""mRMR against the definition, computed one feature at a time."""

from __future__ import annotations

import numpy as np
from sklearn.feature_selection import f_classif

from MuscleMyopathyLib.modeling.selection.mrmr import MrmrSelection


def test_the_features_are_those_of_the_quotient_of_relevance_and_redundancy() -> None:
    rng = np.random.default_rng(0)
    outcome = np.resize(["a", "b", "c"], 45)
    values = rng.normal(size=(45, 8)) + (outcome == "a")[:, None] * rng.uniform(0, 2, 8)
    relevance = f_classif(values, outcome)[0]
    correlation = np.abs(np.corrcoef(values.T))
    chosen = [int(relevance.argmax())]
    while len(chosen) < 4:
        rest = [column for column in range(8) if column not in chosen]
        chosen.append(max(rest, key=lambda column: relevance[column] / correlation[column, chosen].mean()))
    found = MrmrSelection(4).fit(values, outcome)
    assert set(np.flatnonzero(found.get_support())) == set(chosen)


def test_a_copy_of_the_best_feature_comes_after_a_weaker_one_that_tells_something_new() -> None:
    rng = np.random.default_rng(1)
    outcome = np.resize(["a", "b"], 200)
    best = 1.5 * (outcome == "b") + rng.normal(size=200)
    weaker = 0.9 * (outcome == "b") + rng.normal(size=200)
    values = np.column_stack([best, best + 0.001 * rng.normal(size=200), weaker])
    relevance = f_classif(values, outcome)[0]
    assert relevance[2] < min(relevance[:2])
    assert MrmrSelection(2).fit(values, outcome).get_support()[2]


def test_a_constant_feature_comes_last_and_asking_for_more_than_there_are_keeps_all() -> None:
    rng = np.random.default_rng(2)
    outcome = np.resize(["a", "b"], 30)
    values = np.column_stack([np.ones(30), rng.normal(size=(30, 3))])
    assert not MrmrSelection(3).fit(values, outcome).get_support()[0]
    assert MrmrSelection(20).fit(values, outcome).get_support().all()
