"""Scores against scikit-learn's, and what happens where a class is absent."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from MuscleMyopathyLib.modeling.validation.metrics import area, scores


def some_predictions(classes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    outcome = np.resize(np.arange(classes), 60)
    probabilities = rng.dirichlet(np.ones(classes), 60).round(2)
    probabilities[:, 0] += 1 - probabilities.sum(axis=1)
    return outcome, rng.permutation(probabilities.argmax(axis=1)), probabilities


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_three_classes_are_scored_as_by_scikit_learns_macro_averages(seed: int) -> None:
    outcome, predicted, probabilities = some_predictions(3, seed)
    found = scores(outcome, predicted, probabilities, ("PM", "DM", "ADM"))
    expected = {
        "auc": sk.roc_auc_score(outcome, probabilities, multi_class="ovr", average="macro"),
        "accuracy": sk.accuracy_score(outcome, predicted),
        "recall": sk.recall_score(outcome, predicted, average="macro"),
        "precision": sk.precision_score(outcome, predicted, average="macro"),
        "f1": sk.f1_score(outcome, predicted, average="macro"),
        "specificity": np.mean([sk.recall_score(outcome != k, predicted != k) for k in range(3)]),
        "brier": np.mean(((np.eye(3)[outcome] - probabilities) ** 2).sum(axis=1)),
        "recall_DM": sk.recall_score(outcome, predicted, average=None)[1],
        "auc_ADM": sk.roc_auc_score(outcome == 2, probabilities[:, 2]),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", [3, 4])
def test_two_classes_are_scored_for_the_last_one(seed: int) -> None:
    outcome, predicted, probabilities = some_predictions(2, seed)
    found = scores(outcome, predicted, probabilities, ("IMNM", "LGMDR2"))
    expected = {
        "auc": sk.roc_auc_score(outcome, probabilities[:, 1]),
        "recall": sk.recall_score(outcome, predicted),
        "precision": sk.precision_score(outcome, predicted),
        "specificity": sk.recall_score(outcome, predicted, pos_label=0),
        "f1": sk.f1_score(outcome, predicted),
        "brier": sk.brier_score_loss(outcome, probabilities[:, 1]),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_a_class_that_does_not_occur_has_no_recall_and_one_never_predicted_has_precision_0() -> None:
    outcome = np.array([0, 0, 1, 1])
    predicted = np.array([0, 0, 0, 0])
    found = scores(outcome, predicted, np.full((4, 3), 1 / 3), ("a", "b", "c"))
    assert np.isnan(found["recall_c"])
    assert np.isnan(found["auc_c"])
    assert found["precision_b"] == 0.0
    assert found["recall"] == 0.5
    assert found["auc"] == 0.5


def test_rows_without_a_prediction_are_left_out_and_counted() -> None:
    outcome = np.array([0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan]])
    found = scores(outcome, np.array([0, 1, -1]), probabilities, ("a", "b"))
    assert found["cases"] == 2
    assert found["accuracy"] == 1.0
    assert found["auc"] == 1.0


def test_equal_scores_count_by_half_in_the_area() -> None:
    assert area(np.array([1.0, 2.0, 2.0]), np.array([False, False, True])) == 0.75
