"""Which classifiers are compared: those of one validation, or of two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.models import split_scores
from MuscleMyopathyLib.modeling.comparison.patient_predictions import PatientPredictions, patient_predictions
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult

Splits = Callable[[str, str], tuple[pd.DataFrame, pd.DataFrame] | None]


@dataclass(frozen=True)
class Candidates:
    """What is to be compared.

    Attributes:
        pairs: The classifiers, two by two.
        splits: Takes the names of a pair and returns the scores of both by split, or None.
        phantom: Whether the patients are simulated.
        cohort: The patients in a sentence.
    """

    pairs: list[tuple[PatientPredictions, PatientPredictions]]
    splits: Splits
    phantom: bool
    cohort: str


def of_validations(
    results: Sequence[ValidationResult], names: Sequence[str], first: str = "", second: str = ""
) -> Candidates:
    """Return the pairs of one or of two validations.

    Args:
        results: One or two.
        names: Of the results, shown before the classifiers' where there are two; results of two feature sets bear
            these sets' names instead.
        first: Classifier of the first result; empty for all.
        second: Classifier of the last result; empty for all.

    Returns:
        Of one validation every two classifiers that predicted anybody, or the two named; of two, the classifiers
        of the same name, or the two named.

    Raises:
        InputError: Only one classifier is named or there, or the two validations share none.
    """
    if bool(first) != bool(second):
        raise InputError("Name both classifiers (--first and --second), or none.")
    one, two = results[0], results[-1]
    together = len(results) == 1
    if first:
        chosen = [(first, second)]
    elif together:
        chosen = list(combinations(one.predicting, 2))
    else:
        chosen = [(name, name) for name in one.predicting if name in two.predicting]
    if not chosen or (together and first and first == second):
        raise InputError(
            f"There are no two classifiers to compare: {', '.join(one.predicting) or 'none'} and "
            f"{', '.join(two.predicting) or 'none'} predicted anybody. Name them with --first and --second."
        )
    shown = [result.feature_set for result in (one, two)]
    if not all(shown) or shown[0] == shown[1]:
        shown = [names[0], names[-1]]
    prefixes = ["", ""] if together else [f"{name}: " for name in shown]
    pairs = [
        (
            _with_mode(patient_predictions(one.predictions, a, one.classes, prefixes[0] + a), one),
            _with_mode(patient_predictions(two.predictions, b, two.classes, prefixes[1] + b), two),
        )
        for a, b in chosen
    ]
    own = {(prefixes[0] + a, prefixes[1] + b): (a, b) for a, b in chosen}

    def splits(name: str, other: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        a, b = own[name, other]
        return split_scores(one.predictions, a), split_scores(two.predictions, b)

    return Candidates(pairs, splits, any(result.phantom for result in results), one.data_note)


def _with_mode(predictions: PatientPredictions, result: ValidationResult) -> PatientPredictions:
    if result.mode is not Mode.PAPER:
        return predictions
    note = (
        f"{predictions.name} is of paper mode: the patients have helped to choose its features, which flatters it."
    )
    return replace(predictions, notes=(*predictions.notes, note))
