"""Tests of the bootstrap over patients."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.comparison.bootstrap import BootstrapParameters, bootstrap_interval, resamples

MANY = BootstrapParameters(resamples=4000)


def test_the_interval_of_a_mean_is_scipys() -> None:
    values = np.random.default_rng(1).gamma(2, size=60)
    ours = bootstrap_interval(lambda rows: float(values[rows].mean()), np.zeros(60), parameters=MANY)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=2)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), rel=0.02)
    assert ours.estimate == values.mean()


def test_every_resample_holds_as_many_patients_of_each_class_as_the_cohort() -> None:
    classes = np.array(["PM"] * 19 + ["DM"] * 22 + ["ADM"] * 14)
    drawn = list(resamples(classes, None, BootstrapParameters(resamples=100)))
    assert len(drawn) == 100
    for rows in drawn:
        names, counts = np.unique(classes[rows], return_counts=True)
        assert dict(zip(names, counts, strict=True)) == {"PM": 19, "DM": 22, "ADM": 14}


def test_a_patient_is_drawn_with_all_rows() -> None:
    patients = np.repeat(np.arange(20), 2)
    classes = patients % 2
    drawn = list(resamples(classes, patients, BootstrapParameters(resamples=100)))
    assert len(drawn) == 100
    for rows in drawn:
        counts = np.bincount(rows, minlength=40)
        assert (counts[0::2] == counts[1::2]).all()


def test_two_equal_rows_per_patient_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(3).normal(size=30)
    single = bootstrap_interval(lambda rows: float(values[rows].mean()), np.zeros(30), parameters=MANY)
    doubled = np.repeat(values, 2)
    double = bootstrap_interval(
        lambda rows: float(doubled[rows].mean()), np.zeros(60), np.repeat(np.arange(30), 2), MANY
    )
    assert double.standard_error == pytest.approx(single.standard_error, rel=0.05)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(30.0)
    first, second = (bootstrap_interval(lambda rows: float(values[rows].mean()), np.zeros(30)) for _ in range(2))
    assert first == second


def test_resamples_in_which_the_statistic_is_not_defined_are_counted() -> None:
    found = bootstrap_interval(
        lambda rows: np.nan if 0 in rows else 1.0, np.zeros(10), parameters=BootstrapParameters(200)
    )
    # (1 - 1/10)^10 = 0.35 of the resamples lack a given patient.
    assert 110 <= found.undefined <= 150
    with pytest.raises(InputError, match="defined in no resample"):
        bootstrap_interval(lambda rows: np.nan, np.zeros(10), parameters=BootstrapParameters(100))


def test_a_patient_of_two_classes_and_too_few_resamples_are_refused() -> None:
    with pytest.raises(InputError, match="patient P7 are of several classes"):
        bootstrap_interval(lambda rows: 1.0, [0, 1], ["P7", "P7"])
    with pytest.raises(ParameterError, match="50 resamples are too few"):
        BootstrapParameters(resamples=50)
