"""The permutation test: chance is recognised, a signal too, and patients keep one outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, ZScore
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.permutation import permutation_table, shuffled
from MuscleMyopathyLib.modeling.validation.result import POOLED
from MuscleMyopathyLib.modeling.validation.validate import validate
from Testing.Library.modeling.synthetic_cohort import signal_cohort

RECIPE = Recipe(
    "permuted",
    steps=(ZScore(), CappedBySize(5)),
    classifiers=("LDA", "k-NN"),
    validation=ValidationParameters(folds=4, repeats=2, permutations=30),
)
COUNTS = {"IMNM": 24, "LGMDR2": 16}


def test_a_signal_beats_every_shuffle_and_p_is_never_0() -> None:
    result = validate(signal_cohort(COUNTS, shift=2.0), RECIPE, Mode.NESTED)
    table = result.permutation.set_index("classifier")
    assert table["p"].tolist() == pytest.approx([1 / 31, 1 / 31])
    assert table["null_mean"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.1)
    first = result.scores[(result.scores["repeat"] == 0) & (result.scores["fold"] == POOLED)]
    assert table["observed"].to_dict() == pytest.approx(first.set_index("classifier")["auc"].to_dict())


def test_noise_does_not_beat_its_shuffles() -> None:
    table = validate(signal_cohort(COUNTS, shift=0.0, seed=1), RECIPE, Mode.NESTED).permutation
    assert (table["p"] > 0.05).all()


def test_the_null_of_paper_mode_lies_above_one_half_as_its_selection_sees_the_shuffled_outcomes() -> None:
    data = signal_cohort(COUNTS, features=300, shift=0.0)
    table = permutation_table(data, replace(RECIPE, classifiers=("LDA",)), Mode.PAPER, seed=0)
    assert table["null_mean"].item() > 0.7


def test_a_shuffle_gives_all_rows_of_a_patient_one_outcome_and_keeps_the_counts() -> None:
    data = signal_cohort(COUNTS, per_patient=3)
    again = shuffled(data, np.random.default_rng(0))
    assert again.groupby(data.patients).nunique().eq(1).all()
    assert again.value_counts().to_dict() == data.outcome.value_counts().to_dict()
    assert not again.equals(data.outcome)


def test_an_external_validation_is_not_permuted() -> None:
    recipe = replace(RECIPE, validation=replace(RECIPE.validation, scheme=Scheme.EXTERNAL))
    assert permutation_table(signal_cohort(COUNTS), recipe, Mode.NESTED, seed=0).empty


def test_a_classifier_that_predicts_nobody_has_no_p() -> None:
    data = signal_cohort(COUNTS, shift=2.0)
    twin = data.features["feature_0"]
    # Equal columns: the covariance that QDA needs has no inverse in any training set.
    same = replace(data, features=data.features[["feature_0"]].assign(twin=twin))
    recipe = replace(RECIPE, steps=(ZScore(),), classifiers=("QDA", "LDA"))
    table = permutation_table(same, recipe, Mode.NESTED, seed=0).set_index("classifier")
    assert np.isnan(table.loc["QDA", "observed"])
    assert np.isnan(table.loc["QDA", "p"])
    assert table.loc["QDA", "permutations"] == 0
    assert table.loc["LDA", "p"] == pytest.approx(1 / 31)


def test_where_centres_are_left_out_outcomes_are_shuffled_within_them() -> None:
    # The only LGMDR2 patient of centre B among three: a shuffle over all would often leave B, which trains alone
    # while A is tested, without that class.
    data = signal_cohort(COUNTS, shift=2.0)
    centres = np.full(40, "A", dtype=object)
    centres[[0, 1, 39]] = "B"
    of_two = replace(data, centres=pd.Series(centres))
    again = shuffled(of_two, np.random.default_rng(0), within_centres=True)
    assert pd.crosstab(of_two.centres, again).equals(pd.crosstab(of_two.centres, data.outcome))
    validation = replace(RECIPE.validation, scheme=Scheme.CENTRES)
    recipe = replace(RECIPE, classifiers=("LDA",), validation=validation)
    assert permutation_table(of_two, recipe, Mode.NESTED, seed=0)["permutations"].tolist() == [30]
