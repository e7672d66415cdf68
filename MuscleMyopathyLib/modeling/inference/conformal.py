"""Which classes a case does not exclude: conformal prediction from the nested validation.

A class is excluded when the case fits it worse than nine in ten of that class's own patients did while they were
tested. Of new patients like the training ones, the true class is so kept in about nine of ten, class by class,
whatever the classifier (class-conditional cross-conformal prediction: Vovk, Gammerman and Shafer, Algorithmic
Learning in a Random World, 2005; Vovk, Ann Math Artif Intell 2015;74:9). Two classes kept: the case is open
between them; none: it is unlike all training patients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.modeling.package.card import ModelCard

CONFIDENCE = 0.9
"""Share of new patients whose true class shall be kept."""

FEWEST_TO_EXCLUDE = 9
"""Patients of a class from which it can be excluded: the lowest conformity is 1 / (patients + 1), and excluded is
what does not exceed 1 − `CONFIDENCE`."""

NONE = "none"
"""Stands where every class is excluded."""

_OR = " or "

REPEATS_KEPT = 20


def wrongness_of(
    predictions: pd.DataFrame, classes: Sequence[str], probability_of: Mapping[str, str]
) -> dict[str, tuple[float, ...]]:
    """Return one minus the probability of the true class for each class's patients, from out-of-fold predictions.

    Args:
        predictions: Of one classifier in nested mode, as of `ValidationResult`.
        classes: The classes.
        probability_of: Column of each class's probability.

    Returns:
        Ascending values by class, of the first `REPEATS_KEPT` repeats.
    """
    kept = predictions[predictions["repeat"] < REPEATS_KEPT]
    found = {}
    for name in classes:
        values = 1 - kept.loc[kept["outcome"] == name, probability_of[name]].dropna()
        found[name] = tuple(float(round(value, 4)) for value in np.sort(values.to_numpy()))
    return found


def conformity(card: ModelCard, probabilities: pd.DataFrame) -> pd.DataFrame:
    """Return how well each case fits each class: the share of that class's patients who fitted it no better.

    Args:
        card: With the classes' `wrongness` and numbers of patients.
        probabilities: One row per case, one column per class.

    Returns:
        Values above 0 up to 1, of the same shape; NaN where the card has no validation of a class.
    """
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for name in card.classes:
        seen = np.asarray(card.wrongness.get(name, ()), dtype=np.float64)
        patients = card.population.patients.get(name, 0)
        own = 1 - probabilities[name].to_numpy(dtype=np.float64)
        if seen.size == 0 or patients == 0:
            columns[name] = np.full(len(own), np.nan)
            continue
        # The card's values are rounded; half a digit decides nothing against the case.
        as_bad = seen.size - np.searchsorted(seen, own - 5e-5, side="left")
        # A patient counts once, however often he was tested; the case itself counts as one more.
        values = (as_bad / seen.size * patients + 1) / (patients + 1)
        columns[name] = np.where(np.isfinite(own), values, np.nan)
    return pd.DataFrame(columns, index=probabilities.index)


def not_excluded(fits: pd.DataFrame, confidence: float = CONFIDENCE) -> list[str]:
    """Return for each row of `conformity` the classes that are not excluded, in words; "none" where all are.

    A row without any value, as of a model without nested validation, gives an empty text.
    """
    texts = []
    for row in fits.to_numpy(dtype=np.float64):
        if np.isnan(row).all():
            texts.append("")
            continue
        kept = [name for name, value in zip(fits.columns, row, strict=True) if value > 1 - confidence + 1e-12]
        texts.append(_OR.join(kept) or NONE)
    return texts


def kept_classes(words: str, classes: Sequence[str]) -> list[str]:
    """Return the classes that a text of `not_excluded` names; empty where all are excluded or nothing is known.

    >>> kept_classes("PM or ADM", ["PM", "DM", "ADM"])
    ['PM', 'ADM']
    """
    return [name for name in classes if f"{_OR}{name}{_OR}" in f"{_OR}{words}{_OR}"]
