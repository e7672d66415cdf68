"""Schemes: k-fold, split, centres, another table; the same whatever the mode or number of repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.validation.parameters import Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.splits import splits, with_external
from Testing.Library.modeling.synthetic_cohort import signal_cohort

DATA = signal_cohort({"PM": 12, "DM": 18})


def test_each_repeat_tests_every_row_once_and_repeats_differ() -> None:
    parts = splits(DATA, ValidationParameters(folds=5, repeats=3), 0)
    assert len(parts) == 15
    for repeat in range(3):
        tested = np.concatenate([part.test for part in parts if part.repeat == repeat])
        np.testing.assert_array_equal(np.sort(tested), np.arange(30))
    assert not np.array_equal(parts[0].test, parts[5].test)


def test_a_repeat_is_the_same_whatever_their_number() -> None:
    few = splits(DATA, ValidationParameters(folds=5, repeats=2), 7)
    many = splits(DATA, ValidationParameters(folds=5, repeats=6), 7)
    for one, other in zip(few, many[:10], strict=True):
        np.testing.assert_array_equal(one.test, other.test)


def test_a_split_tests_the_share_asked_for() -> None:
    (part,) = splits(DATA, ValidationParameters(Scheme.SPLIT, repeats=1, test_share=0.3), 0)
    assert (len(part.train), len(part.test)) == (21, 9)


def test_each_centre_is_left_out_once() -> None:
    centres = pd.Series(np.resize(["A", "B", "C"], 30))
    parts = splits(replace(DATA, centres=centres), ValidationParameters(Scheme.CENTRES), 0)
    assert [set(centres[part.test]) for part in parts] == [{"A"}, {"B"}, {"C"}]
    assert all(len(part.train) == 20 for part in parts)


def test_centres_that_cannot_be_left_out_are_refused_with_the_reason() -> None:
    scheme = ValidationParameters(Scheme.CENTRES)
    with pytest.raises(InputError, match="needs the centre"):
        splits(DATA, scheme, 0)
    with pytest.raises(InputError, match=r"one centre only \(A\)"):
        splits(replace(DATA, centres=pd.Series(["A"] * 30)), scheme, 0)
    by_class = DATA.outcome.map({"PM": "A", "DM": "B"})
    with pytest.raises(InputError, match="Without the centre A nobody has PM"):
        splits(replace(DATA, centres=by_class), scheme, 0)


def test_an_external_table_tests_and_never_trains() -> None:
    other = signal_cohort({"PM": 4, "DM": 5}, seed=9)
    other = replace(other, patients="other-" + other.patients)
    joined = with_external(DATA, other)
    (part,) = splits(joined, ValidationParameters(Scheme.EXTERNAL), 0, external=9)
    assert joined.patients.iloc[part.test].str.startswith("other-").all()
    assert not joined.patients.iloc[part.train].str.startswith("other-").any()


def test_an_external_table_that_does_not_fit_is_refused_with_the_reason() -> None:
    other = signal_cohort({"PM": 4, "DM": 5}, seed=9)
    with pytest.raises(InputError, match="patient-000 is in both tables"):
        with_external(DATA, other)
    renamed = replace(other, patients="other-" + other.patients)
    with pytest.raises(InputError, match="lacks the feature feature_0 and 1 more"):
        with_external(DATA, replace(renamed, features=renamed.features.iloc[:, 2:]))
    with pytest.raises(InputError, match=r"another preset \(wei2023, not nagawa2021\)"):
        with_external(
            replace(DATA, preset="nagawa2021", preset_sha256="1"),
            replace(renamed, preset="wei2023", preset_sha256="2"),
        )
    with pytest.raises(InputError, match="outcomes that the other has not: IBM"):
        with_external(DATA, replace(renamed, outcome=renamed.outcome.replace("PM", "IBM")))
    with pytest.raises(InputError, match="needs another table"):
        splits(DATA, ValidationParameters(Scheme.EXTERNAL), 0)
    with pytest.raises(InputError, match="goes with the scheme external"):
        splits(DATA, ValidationParameters(), 0, external=3)
