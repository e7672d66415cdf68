"""Tests of DeLong's comparison of areas."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.delong import area_under_curve, compare_areas, macro_area

# The 43 complete patients of DeLong, DeLong & Clarke-Pearson 1988: albumin, total protein, Krebs-Goplerud score
# (counted from 10 downwards) and whether surgery would help; as printed in the SAS/STAT User's Guide, PROC
# LOGISTIC, example "Comparing Receiver Operating Characteristic Curves".
OVARIAN = np.fromstring(
    """
    3.0 5.8 10 0   3.2 6.3  5 1   3.9 6.8  3 1   2.8 4.8  6 0   3.2 5.8  3 1   0.9 4.0  5 0   2.5 5.7  8 0
    1.6 5.6  5 1   3.8 5.7  5 1   3.7 6.7  6 1   3.2 5.4  4 1   3.8 6.6  6 1   4.1 6.6  5 1   3.6 5.7  5 1
    4.3 7.0  4 1   3.6 6.7  4 0   2.3 4.4  6 1   4.2 7.6  4 0   4.0 6.6  6 0   3.5 5.8  6 1   3.8 6.8  7 1
    3.0 4.7  8 0   4.5 7.4  5 1   3.7 7.4  5 1   3.1 6.6  6 1   4.1 8.2  6 1   4.3 7.0  5 1   4.3 6.5  4 1
    3.2 5.1  5 1   2.6 4.7  6 1   3.3 6.8  6 0   1.7 4.0  7 0   3.7 6.1  5 1   3.3 6.3  7 1   4.2 7.7  6 1
    3.5 6.2  5 1   2.9 5.7  9 0   2.1 4.8  7 1   2.8 6.2  8 0   4.0 7.0  7 1   3.3 5.7  6 1   3.7 6.9  5 1
    3.6 6.6  5 1
    """,
    sep=" ",
).reshape(-1, 4)
ALBUMIN, PROTEIN, KREBS = OVARIAN[:, 0], OVARIAN[:, 1], 10 - OVARIAN[:, 2]
HELPED = OVARIAN[:, 3].astype(int)

rng = np.random.default_rng(11)
THREE = np.repeat([0, 1, 2], [19, 22, 14])


def probabilities(signal: float, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(THREE.size, 3)) + signal * np.eye(3)[THREE]
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("test", "area", "error"),
    [(ALBUMIN, 0.7366, 0.0927), (PROTEIN, 0.6478, 0.1000), (KREBS, 0.7258, 0.1028)],
    ids=["albumin", "total protein", "K-G score"],
)
def test_areas_and_standard_errors_of_the_ovarian_cancer_data_are_those_published(
    test: np.ndarray, area: float, error: float
) -> None:
    found = area_under_curve(HELPED, test, 2)
    assert (round(found.area, 4), round(found.standard_error, 4)) == (area, error)


def test_contrasts_of_the_ovarian_cancer_data_are_those_published() -> None:
    albumin = compare_areas(HELPED, ALBUMIN, KREBS, 2)
    assert round(albumin.difference, 4) == 0.0108
    assert round(albumin.standard_error, 4) == 0.0953
    assert (round(albumin.low, 4), round(albumin.high, 4)) == (-0.1761, 0.1976)
    assert round(albumin.z**2, 4) == 0.0127
    assert round(albumin.p, 4) == 0.9102
    protein = compare_areas(HELPED, PROTEIN, KREBS, 2)
    assert round(protein.difference, 4) == -0.0780
    assert round(protein.standard_error, 4) == 0.1046
    assert round(protein.p, 4) == 0.4561


def test_the_macro_area_is_scikit_learns() -> None:
    p = probabilities(1.0, 1)
    expected = roc_auc_score(THREE, p, multi_class="ovr", average="macro")
    assert area_under_curve(THREE, p, 3).area == pytest.approx(expected, abs=1e-12)
    assert macro_area(THREE, p) == pytest.approx(expected, abs=1e-12)
    two = np.c_[1 - ALBUMIN, ALBUMIN]
    assert macro_area(HELPED, two) == pytest.approx(roc_auc_score(HELPED, ALBUMIN), abs=1e-12)


def test_two_classes_as_two_columns_equal_the_score_of_the_last() -> None:
    p = 1 / (1 + np.exp(-ALBUMIN))
    both = compare_areas(HELPED, np.c_[1 - p, p], np.c_[1 - PROTEIN, PROTEIN], 2)
    assert both == compare_areas(HELPED, p, PROTEIN, 2)


def test_the_macro_standard_error_is_the_bootstraps() -> None:
    from MuscleMyopathyLib.modeling.comparison.bootstrap import BootstrapParameters, bootstrap_interval

    p = probabilities(1.0, 1)
    boot = bootstrap_interval(
        lambda rows: area_under_curve(THREE[rows], p[rows], 3).area, THREE, parameters=BootstrapParameters(600)
    )
    assert area_under_curve(THREE, p, 3).standard_error == pytest.approx(boot.standard_error, rel=0.12)


def test_the_macro_interval_covers_the_true_area_in_95_of_100_cohorts() -> None:
    truth = area_under_curve(*_cohort(np.random.default_rng(0), 4000), 3).area
    generator = np.random.default_rng(5)
    covered = sum(
        found.low <= truth <= found.high
        for found in (area_under_curve(*_cohort(generator, 20), 3) for _ in range(400))
    )
    assert 0.92 <= covered / 400 <= 0.98


def _cohort(generator: np.random.Generator, per_class: int) -> tuple[np.ndarray, np.ndarray]:
    outcome = np.repeat([0, 1, 2], per_class)
    return outcome, generator.normal(size=(outcome.size, 3)) + np.eye(3)[outcome]


def test_a_difference_that_is_none_is_found_in_5_of_100_cohorts() -> None:
    generator = np.random.default_rng(6)
    outcome = np.repeat([0, 1], 40)
    found = 0
    for _ in range(500):
        shared = generator.normal(size=80) + outcome
        first, second = (shared + generator.normal(size=80) for _ in range(2))
        found += compare_areas(outcome, first, second, 2).p < 0.05
    assert 0.03 <= found / 500 <= 0.08


def test_classifiers_that_rank_all_patients_alike_do_not_differ() -> None:
    same = compare_areas(HELPED, ALBUMIN, np.exp(ALBUMIN), 2)
    assert (same.difference, same.p) == (0.0, 1.0)
    assert np.isnan(same.z)


def test_a_class_with_one_patient_and_missing_probabilities_are_refused() -> None:
    with pytest.raises(InputError, match="there are 42, 1"):
        compare_areas(np.r_[np.zeros(42), 1], ALBUMIN, PROTEIN, 2)
    with pytest.raises(InputError, match="1 patients have no probability"):
        compare_areas(HELPED, ALBUMIN, np.r_[np.nan, PROTEIN[1:]], 2)
