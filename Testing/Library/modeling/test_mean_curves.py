"""Tests of the curves over repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.decision_curve import decision_curve
from MuscleMyopathyLib.modeling.mean_curves import (
    mean_decision_curve,
    mean_macro_roc,
    mean_precision_recall,
    mean_roc,
)

rng = np.random.default_rng(9)
OUTCOME = rng.uniform(size=80) < 0.4
SCORES = np.array([rng.normal(size=80) + OUTCOME for _ in range(3)])
ONE = np.zeros(80)


def test_one_repeat_is_scikit_learns_curve_without_a_band() -> None:
    x, y, _ = roc_curve(OUTCOME, SCORES[0], drop_intermediate=False)
    curve = mean_roc(OUTCOME, SCORES[0], ONE)
    for rate, height in zip(curve["false_positive_rate"], curve["true_positive_rate"], strict=True):
        assert height == pytest.approx(np.interp(rate, x, y))
    assert (curve["sd"] == 0).all()


def test_the_mean_of_the_repeats_encloses_about_their_mean_area() -> None:
    curve = mean_roc(np.tile(OUTCOME, 3), SCORES.ravel(), np.repeat([1, 2, 3], 80))
    area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
    expected = np.mean([roc_auc_score(OUTCOME, score) for score in SCORES])
    assert area == pytest.approx(expected, abs=0.01)
    assert curve["sd"].max() > 0.02


def test_the_mean_and_the_spread_are_those_of_the_single_curves() -> None:
    single = [mean_roc(OUTCOME, score, ONE)["true_positive_rate"] for score in SCORES]
    curve = mean_roc(np.tile(OUTCOME, 3), SCORES.ravel(), np.repeat([1, 2, 3], 80))
    assert curve["true_positive_rate"].to_numpy() == pytest.approx(np.mean(single, axis=0))
    assert curve["sd"].to_numpy() == pytest.approx(np.std(single, axis=0, ddof=1))


def test_the_macro_average_is_the_mean_of_the_classes_curves() -> None:
    truth = np.array(["PM", "DM", "ADM"])[rng.integers(0, 3, 160)]
    p = pd.DataFrame(rng.uniform(size=(160, 3)), columns=["PM", "DM", "ADM"])
    repeat = np.repeat([1, 2], 80)
    single = [mean_roc(truth == name, p[name], repeat)["true_positive_rate"] for name in p]
    macro = mean_macro_roc(truth, p, repeat)
    assert macro["true_positive_rate"].to_numpy() == pytest.approx(np.mean(single, axis=0))
    assert 0 < macro["sd"].max() < max(mean_roc(truth == name, p[name], repeat)["sd"].max() for name in p)


def test_a_repeat_without_a_class_has_no_macro_average() -> None:
    truth = np.array(["PM", "DM", "ADM"])[rng.integers(0, 3, 160)]
    p = pd.DataFrame(rng.uniform(size=(160, 3)), columns=["PM", "DM", "ADM"])
    repeat = np.repeat([1, 2], 80)
    kept = (repeat == 1) | (truth != "ADM")
    whole = mean_macro_roc(truth[repeat == 1], p[repeat == 1], repeat[repeat == 1])
    assert mean_macro_roc(truth[kept], p[kept], repeat[kept]).equals(whole)
    with pytest.raises(InputError, match="every class in at least one repeat"):
        mean_macro_roc(truth[truth != "ADM"], p[truth != "ADM"], repeat[truth != "ADM"])


def test_precision_is_the_highest_at_that_recall_or_beyond() -> None:
    precision, recall, _ = precision_recall_curve(OUTCOME, SCORES[0])
    curve = mean_precision_recall(OUTCOME, SCORES[0], ONE)
    for at, value in zip(curve["recall"], curve["precision"], strict=True):
        reached = (recall >= at - 1e-12) & (recall > 0)
        assert value == pytest.approx(precision[reached].max())


def test_a_score_equal_for_all_is_the_diagonal() -> None:
    curve = mean_roc(OUTCOME, ONE, ONE)
    assert curve["true_positive_rate"].to_numpy() == pytest.approx(curve["false_positive_rate"].to_numpy())
    assert mean_precision_recall(OUTCOME, ONE, ONE)["precision"].to_numpy() == pytest.approx(OUTCOME.mean())


def test_the_mean_decision_curve_is_the_mean_of_the_single_ones() -> None:
    p = np.array([1 / (1 + np.exp(-score)) for score in SCORES])
    curve = mean_decision_curve(np.tile(OUTCOME, 3), p.ravel(), np.repeat([1, 2, 3], 80))
    single = [decision_curve(OUTCOME, one)["net_benefit"] for one in p]
    assert curve["net_benefit"].to_numpy() == pytest.approx(np.mean(single, axis=0))
    assert curve["treat_all"].to_numpy() == pytest.approx(decision_curve(OUTCOME, p[0])["treat_all"].to_numpy())


def test_repeats_of_one_kind_only_are_refused() -> None:
    with pytest.raises(InputError, match="only one kind"):
        mean_roc(np.ones(80), SCORES[0], ONE)
