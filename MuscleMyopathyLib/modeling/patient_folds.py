"""Stratified folds of patients: all rows of a patient on one side, the classes alike in every fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError

Rows = npt.NDArray[np.intp]
PATIENT_INDEX = "patient"
"""Name of a table's index that holds the patient of each row."""


def patients_of(table: object) -> npt.NDArray[np.object_] | None:
    """Return the patient of each row of a table whose index is named ``patient``; None for any other input."""
    index = getattr(table, "index", None)
    if isinstance(index, pd.Index) and index.name == PATIENT_INDEX:
        return index.to_numpy(dtype=object)
    return None


def patient_folds(
    outcome: npt.ArrayLike, patients: npt.ArrayLike | None, folds: int, seed: int
) -> list[tuple[Rows, Rows]]:
    """Divide the patients into folds of which each tests once.

    A patient counts to the class of most of his rows. With one row per patient these are the folds of
    scikit-learn's ``StratifiedKFold(folds, shuffle=True, random_state=seed)``.

    Args:
        outcome: Class of each row.
        patients: Patient of each row; None where each row is a patient of his own.
        folds: Two or more.
        seed: Of the order of the patients.

    Returns:
        Training rows and test rows of each fold.

    Raises:
        InputError: A class has fewer patients than folds; all classes are listed with their counts.
    """
    from sklearn.model_selection import StratifiedKFold

    rows, classes = _by_patient(outcome, patients)
    require_members(classes, folds, f"{folds}-fold cross-validation")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    parts = splitter.split(np.zeros(len(rows)), classes)
    return [(_together(rows, train), _together(rows, test)) for train, test in parts]


def patient_split(
    outcome: npt.ArrayLike, patients: npt.ArrayLike | None, test_share: float, seed: int
) -> tuple[Rows, Rows]:
    """Divide the patients once into training and test rows, each class by the same share.

    Raises:
        InputError: A class has fewer than two patients, or the share leaves a side without some class.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    rows, classes = _by_patient(outcome, patients)
    require_members(classes, 2, "a split")
    count = len(np.unique(classes))
    if min(round(test_share * len(classes)), round((1 - test_share) * len(classes))) < count:
        raise InputError(
            f"A test share of {test_share} of {len(classes)} patients leaves a side without some of the {count} "
            "classes. Choose another share, or cross-validate."
        )
    splitter = StratifiedShuffleSplit(1, test_size=test_share, random_state=seed)
    train, test = next(splitter.split(np.zeros(len(rows)), classes))
    return _together(rows, train), _together(rows, test)


def inner_folds(table: object, outcome: npt.ArrayLike, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Return folds inside a training set; fewer where a class has fewer patients, but two at least.

    Args:
        table: The training set; where its index is named ``patient``, a patient's rows stay together.
        outcome: Class of each row.
        folds: As many as the rarest class allows, at most.
        seed: Of the order of the patients.

    Raises:
        InputError: A class has a single patient.
    """
    patients = patients_of(table)
    _, classes = _by_patient(outcome, patients)
    _, counts = np.unique(classes, return_counts=True)
    return patient_folds(outcome, patients, max(2, min(folds, int(counts.min()))), seed)


def require_members(classes: npt.ArrayLike, least: int, what: str) -> None:
    """Refuse classes with fewer members than needed, with the counts of all.

    Raises:
        InputError: A class has fewer than ``least`` patients.
    """
    names, counts = np.unique(np.asarray(classes), return_counts=True)
    if counts.min() < least:
        listed = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
        few = [str(name) for name, count in zip(names, counts, strict=True) if count < least]
        raise InputError(
            f"{', '.join(few)} has fewer patients than {what} needs ({least}). Patients of each class: {listed}. "
            "Use fewer folds, put classes together or leave this one out."
        )


def _by_patient(
    outcome: npt.ArrayLike, patients: npt.ArrayLike | None
) -> tuple[Sequence[Rows], npt.NDArray[np.object_]]:
    """Return the rows of every patient and the class of most of them."""
    labels = np.asarray(outcome)
    if patients is None:
        return [np.array([row]) for row in range(len(labels))], labels
    codes, names = pd.factorize(np.asarray(patients, dtype=object))
    if len(names) == len(labels):
        return [np.array([row]) for row in range(len(labels))], labels
    rows = [np.flatnonzero(codes == number) for number in range(len(names))]
    return rows, np.array([pd.Series(labels[own]).mode().iloc[0] for own in rows])


def _together(rows: Sequence[Rows], chosen: Rows) -> Rows:
    return np.sort(np.concatenate([rows[number] for number in chosen]))
