"""Contributions add up to the answer, and those of linear models are coefficient × z."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.special import logit

from MuscleMyopathyLib.modeling.inference import contributions as module
from MuscleMyopathyLib.modeling.inference.contributions import case_contributions, contributions
from MuscleMyopathyLib.modeling.inference.prediction import class_probabilities
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from Testing.Library.modeling.package.small_model import small_package, small_table


def case_and_means(package: ModelPackage, number: int = 4) -> tuple[np.ndarray, np.ndarray]:
    row = small_table()[package.card.feature_names].to_numpy()[number]
    return row, np.array([feature.mean for feature in package.card.features])


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("classifier", ["LR", "LDA"])
def test_linear_contributions_add_up_to_the_difference_in_log_odds(classifier: str, calibrated: bool) -> None:
    package = small_package(classifier, calibrated=calibrated)
    row, means = case_and_means(package)
    shares, unit, _ = case_contributions(package, row, means)
    of_case, of_mean = class_probabilities(package, np.vstack([row, means]))["LGMDR2"]
    assert unit == "log odds"
    assert shares[1].sum() == pytest.approx(logit(of_case) - logit(of_mean), rel=1e-9)
    assert np.array_equal(shares[0], -shares[1])


def test_a_linear_contribution_is_coefficient_times_z() -> None:
    package = small_package("LR")
    row, means = case_and_means(package)
    shares, _, _ = case_contributions(package, row, means)
    scaler, classifier = package.model.named_steps["z-score"], package.model.named_steps["classifier"]
    z = (row - scaler.mean_) / scaler.scale_
    assert np.allclose(shares[1], classifier.coef_[0] * z)


@pytest.mark.parametrize("classifier", ["RF", "k-NN", "SVM", "QDA", "MLP", "XGBoost"])
def test_shapley_values_add_up_to_the_difference_in_probability(classifier: str) -> None:
    package = small_package(classifier, classes=("A", "B", "C"))
    row = small_table(("A", "B", "C"))[package.card.feature_names].to_numpy()[4]
    means = np.array([feature.mean for feature in package.card.features])
    shares, unit, method = case_contributions(package, row, means)
    of_case, of_mean = class_probabilities(package, np.vstack([row, means])).to_numpy()
    assert (unit, method) == ("probability", "Shapley, all subsets")
    # XGBoost computes in single precision.
    tolerance = 1e-6 if classifier == "XGBoost" else 1e-12
    assert np.allclose(shares.sum(axis=1), of_case - of_mean, rtol=0, atol=tolerance)
    assert np.allclose(shares.sum(axis=0), 0, rtol=0, atol=tolerance)


def by_definition(value, row: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return Shapley values as the mean gain over all orders in which the features can come."""
    totals = np.zeros(len(row))
    orders = list(permutations(range(len(row))))
    for order in orders:
        case = means.copy()
        for feature in order:
            before = value(case)
            case[feature] = row[feature]
            totals[feature] += value(case) - before
    return totals / len(orders)


def test_shapley_values_are_the_mean_over_all_orders() -> None:
    package = small_package("QDA")
    row, means = case_and_means(package)
    shares, _, _ = case_contributions(package, row, means)
    expected = by_definition(lambda case: class_probabilities(package, case[None])["LGMDR2"][0], row, means)
    assert np.allclose(shares[1], expected)


def test_with_many_features_random_orders_come_close_and_still_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    package = small_package("QDA")
    row, means = case_and_means(package)
    exact, _, _ = case_contributions(package, row, means)
    monkeypatch.setattr(module, "EXACT_UP_TO", 1)
    sampled, _, method = case_contributions(package, row, means)
    assert method == "Shapley, 200 random orders"
    assert np.allclose(sampled.sum(axis=1), exact.sum(axis=1))
    assert np.abs(sampled - exact).max() < 0.03


def test_the_table_has_a_row_per_case_class_and_feature_the_strongest_first() -> None:
    package = small_package()
    table = small_table()
    table.loc[1, "thigh.T1w.f0"] = np.nan
    found = contributions(package, table.iloc[:3])
    assert set(found["case"]) == {"P-00", "P-02"}
    assert len(found) == 2 * 2 * len(package.card.features)
    first = found[(found["case"] == "P-00") & (found["class"] == "IMNM")]
    assert first["contribution"].abs().is_monotonic_decreasing


def test_an_infinite_value_leaves_its_row_without_contributions_and_the_others_with() -> None:
    table = small_table()[:3].copy()
    table.loc[1, "thigh.T1w.f0"] = np.inf
    assert set(contributions(small_package(), table)["case"]) == {"P-00", "P-02"}


@pytest.mark.parametrize("classifier", ["LR", "RF"])
def test_an_imputed_value_contributes_what_the_model_took_for_it(classifier: str) -> None:
    package = small_package(classifier, imputes=True)
    table = small_table()[:2].copy()
    table.loc[0, "thigh.T1w.f0"] = np.nan
    imputed = small_table()[:2].copy()
    imputed.loc[0, "thigh.T1w.f0"] = small_table()["thigh.T1w.f0"].median()
    found, expected = contributions(package, table), contributions(package, imputed)
    assert found["contribution"].to_numpy() == pytest.approx(expected["contribution"].to_numpy())
    assert found[found["value"].isna()]["feature"].unique().tolist() == ["thigh.T1w.f0"]
