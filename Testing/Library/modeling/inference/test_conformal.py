"""Classes that a case does not exclude: nine of ten new cases keep their true class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.inference.conformal import (
    FEWEST_TO_EXCLUDE,
    conformity,
    kept_classes,
    not_excluded,
    wrongness_of,
)
from MuscleMyopathyLib.modeling.inference.prediction import class_probabilities
from MuscleMyopathyLib.modeling.package.card import ModelCard
from Testing.Library.modeling.package.small_model import small_package


def card_with(wrongness: dict[str, tuple[float, ...]], patients: dict[str, int]) -> ModelCard:
    card = small_package().card
    return replace(card, wrongness=wrongness, population=replace(card.population, patients=patients))


def test_conformity_by_hand() -> None:
    card = card_with({"IMNM": (0.1, 0.2, 0.3, 0.8), "LGMDR2": (0.05, 0.5)}, {"IMNM": 4, "LGMDR2": 2})
    found = conformity(card, pd.DataFrame({"IMNM": [0.75], "LGMDR2": [0.25]}))
    # IMNM: 1 - 0.75 = 0.25; two of four patients were as wrong, and the case itself: (2 + 1) / (4 + 1).
    assert found["IMNM"][0] == pytest.approx(3 / 5)
    # LGMDR2: 0.75, nobody was as wrong: (0 + 1) / (2 + 1).
    assert found["LGMDR2"][0] == pytest.approx(1 / 3)


def test_a_patient_counts_once_however_often_he_was_tested() -> None:
    once = card_with({"IMNM": (0.1, 0.9), "LGMDR2": ()}, {"IMNM": 2, "LGMDR2": 0})
    often = card_with({"IMNM": (0.1,) * 50 + (0.9,) * 50, "LGMDR2": ()}, {"IMNM": 2, "LGMDR2": 0})
    shares = pd.DataFrame({"IMNM": [0.5], "LGMDR2": [0.5]})
    assert conformity(once, shares)["IMNM"][0] == conformity(often, shares)["IMNM"][0]


def test_the_words_for_one_two_none_and_unknown() -> None:
    fits = pd.DataFrame({"PM": [0.5, 0.2, 0.01, np.nan], "DM": [0.05, 0.3, 0.02, np.nan]})
    assert not_excluded(fits) == ["PM", "PM or DM", "none", ""]


def test_out_of_fold_predictions_become_ascending_wrongness_by_class() -> None:
    predictions = pd.DataFrame(
        {
            "repeat": [0, 0, 1, 99],
            "outcome": ["A", "B", "A", "A"],
            "p_A": [0.9, 0.4, 0.6, 0.0],
            "p_B": [0.1, 0.6, 0.4, 1],
        }
    )
    assert wrongness_of(predictions, ["A", "B"], {"A": "p_A", "B": "p_B"}) == {"A": (0.1, 0.4), "B": (0.4,)}


def test_nine_of_ten_new_cases_keep_their_true_class() -> None:
    package = small_package(validated=True)
    rng = np.random.default_rng(3)
    count = 4000
    group = np.arange(count) % 2
    values = rng.normal(size=(count, 6)) * [1, 10, 1, 1, 1, 1] + [0, 50, 0, 0, 0, 0]
    values[:, 0] += 1.5 * group
    values[:, 1] += 10 * (group == 0)
    columns = [int(name[-1]) for name in package.card.feature_names]
    fits = conformity(package.card, class_probabilities(package, values[:, columns]))
    for number, name in enumerate(package.card.classes):
        kept = (fits.loc[group == number, name] > 0.1).mean()
        # 30 patients a class: the share kept varies by about 5 points between cohorts.
        assert 0.8 < kept < 0.99


@pytest.mark.parametrize("patients", [FEWEST_TO_EXCLUDE - 1, FEWEST_TO_EXCLUDE])
def test_a_class_is_excluded_from_nine_patients_on_and_never_with_fewer(patients: int) -> None:
    card = small_package().card
    population = replace(card.population, patients={"IMNM": patients, "LGMDR2": 30})
    wrongness = {"IMNM": (0.1,) * patients, "LGMDR2": (0.1,) * 30}
    fits = conformity(
        replace(card, population=population, wrongness=wrongness), pd.DataFrame({"IMNM": [0.0], "LGMDR2": [1.0]})
    )
    assert ("IMNM" in not_excluded(fits)[0]) == (patients < FEWEST_TO_EXCLUDE)


def test_the_words_of_what_is_not_excluded_are_read_back_as_classes() -> None:
    fits = pd.DataFrame({"DM": [0.5, 0.5, 0.01], "ADM": [0.5, 0.02, 0.02], "PM": [0.02] * 3})
    read = [kept_classes(words, list(fits.columns)) for words in not_excluded(fits)]
    assert read == [["DM", "ADM"], ["DM"], []]
    assert kept_classes("", list(fits.columns)) == []
