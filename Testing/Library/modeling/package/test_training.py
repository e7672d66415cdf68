"""The card says what was trained, on whom, and how it was tested."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.package.card import NOT_A_DEVICE, PHANTOM_TRAINING
from MuscleMyopathyLib.modeling.package.training import ModelDescription, train
from MuscleMyopathyLib.modeling.recipe import recipe_from_mapping
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.validate import validate
from Testing.Library.modeling.package.small_model import (
    PRESET_SHA256,
    small_cohort,
    small_package,
    small_recipe,
)


def test_the_card_holds_features_with_their_training_range_population_and_preset() -> None:
    card = small_package().card
    values = small_cohort().features
    assert {"thigh.T1w.f0", "thigh.T1w.f1"} <= set(card.feature_names)
    for feature in card.features:
        own = values[feature.name]
        assert (feature.lowest, feature.highest) == (own.min(), own.max())
        assert (feature.mean, feature.sd) == (own.mean(), own.std())
    assert card.population.patients == {"IMNM": 30, "LGMDR2": 30}
    assert (card.preset.name, card.preset.sha256) == ("small", PRESET_SHA256)
    assert recipe_from_mapping(card.recipe) == small_recipe("LR")


def test_the_card_of_a_phantoms_model_says_so() -> None:
    assert small_package().card.notices == (NOT_A_DEVICE, PHANTOM_TRAINING)


def test_the_figures_are_those_of_the_validation_with_their_mode() -> None:
    data, recipe = small_cohort(), small_recipe("LR")
    results = [validate(data, recipe, mode) for mode in Mode]
    card = train(data, recipe, "LR", results, ModelDescription("small")).card
    for result in results:
        figure = card.figure("auc", str(result.mode))
        assert figure is not None
        assert figure.mean == result.figure("LR", "auc")["mean"]
        assert figure.ci_low == result.figure("LR", "auc")["ci_low"]
    assert card.validated.startswith("AUC 0.")
    assert card.validated.endswith("nested, simulated cases")


def test_a_model_that_was_not_validated_says_so() -> None:
    card = small_package().card
    assert card.validated == "not validated"
    assert any("no nested validation" in limit for limit in card.limits)


def test_a_model_that_keeps_training_values_says_so() -> None:
    assert any("keeps the training cases' values" in limit for limit in small_package("k-NN").card.limits)
    assert not any("keeps the training" in limit for limit in small_package("LR").card.limits)


def test_the_validation_of_another_classifier_is_refused() -> None:
    data = small_cohort()
    other = validate(data, small_recipe("LDA"), Mode.NESTED)
    with pytest.raises(InputError, match="validate this recipe on this cohort"):
        train(data, small_recipe("LR"), "LR", [other], ModelDescription("small"))


def test_a_classifier_that_the_recipe_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="It has: LR"):
        train(small_cohort(), small_recipe("LR"), "RF", [], ModelDescription("small"))


def test_a_class_too_small_to_be_ever_excluded_is_a_limit() -> None:
    card = small_package().card
    assert not any("never excludes" in limit for limit in card.limits)
    data, recipe = small_cohort(), small_recipe("LR")
    rare = np.flatnonzero(data.outcome == "IMNM")[8:]
    few = data.subset(np.setdiff1d(np.arange(len(data.outcome)), rare))
    limits = train(few, recipe, "LR", [], ModelDescription("few")).card.limits
    assert any("never excludes IMNM (8): with fewer than 9 patients" in limit for limit in limits)
