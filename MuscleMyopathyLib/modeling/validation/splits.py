"""The splits of a validation: which rows train and which test, the same for all classifiers and both modes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.patient_folds import patient_folds, patient_split
from MuscleMyopathyLib.modeling.validation.parameters import Scheme, ValidationParameters

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """One division into training and test rows.

    Attributes:
        repeat: Counted from 0; every row is tested at most once in a repeat.
        fold: Counted from 0 within the repeat.
        train: Rows that train.
        test: Rows that test.
    """

    repeat: int
    fold: int
    train: Rows
    test: Rows


def splits(data: CohortData, parameters: ValidationParameters, seed: int, *, external: int = 0) -> list[Split]:
    """Return all splits of a validation, a repeat's folds together.

    Args:
        data: The cohort; for an external validation with the other table's rows below (`with_external`).
        parameters: Scheme, folds, repeats.
        seed: Of the order of the patients; repeat number r uses ``seed + r``.
        external: Number of the other table's rows.

    Raises:
        InputError: A class has fewer patients than folds, no centre is known, there is one centre only, or no
            other table was given.
    """
    if external and parameters.scheme is not Scheme.EXTERNAL:
        raise InputError(f"Another table to test on goes with the scheme {Scheme.EXTERNAL}.")
    outcome, patients = data.outcome.to_numpy(), data.patients.to_numpy(dtype=object)
    match parameters.scheme:
        case Scheme.REPEATED_K_FOLD:
            return [
                Split(repeat, fold, train, test)
                for repeat in range(parameters.repeats)
                for fold, (train, test) in enumerate(
                    patient_folds(outcome, patients, parameters.folds, seed + repeat)
                )
            ]
        case Scheme.SPLIT:
            return [
                Split(repeat, 0, *patient_split(outcome, patients, parameters.test_share, seed + repeat))
                for repeat in range(parameters.repeats)
            ]
        case Scheme.CENTRES:
            return _by_centre(data)
        case Scheme.EXTERNAL:
            if not external:
                raise InputError("An external validation needs another table (--external).")
            rows = np.arange(len(outcome))
            return [Split(0, 0, rows[:-external], rows[-external:])]


def with_external(data: CohortData, other: CohortData) -> CohortData:
    """Return the cohort with another one's rows below, with the features of the first.

    Raises:
        InputError: The other table lacks a feature, was made with another preset, has an unknown class or a
            patient of the first.
    """
    missing = [name for name in data.features.columns if name not in other.features.columns]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"The external table lacks the feature {missing[0]}{more}, or holds texts there.")
    if data.preset_sha256 and other.preset_sha256 and data.preset_sha256 != other.preset_sha256:
        raise InputError(
            f"The external table was made with another preset ({other.preset}, not {data.preset}). Extract its "
            "features with the same one."
        )
    unknown = sorted(set(other.outcome) - set(data.classes))
    if unknown:
        raise InputError(f"The external table has outcomes that the other has not: {', '.join(unknown)}.")
    both = sorted(set(data.patients) & set(other.patients))
    if both:
        raise InputError(
            f"{both[0]} is in both tables, and would train and test. If these are two people, rename one; else "
            "take the patient out of the external table."
        )
    centres = None
    if data.centres is not None and other.centres is not None:
        centres = pd.concat([data.centres, other.centres], ignore_index=True)
    return replace(
        data,
        features=pd.concat([data.features, other.features[data.features.columns]], ignore_index=True),
        outcome=pd.concat([data.outcome, other.outcome], ignore_index=True),
        patients=pd.concat([data.patients, other.patients], ignore_index=True),
        centres=centres,
        phantom=data.phantom or other.phantom,
        notes=(*data.notes, f"Tested on {len(other.features)} rows of another table.", *other.notes),
    )


def _by_centre(data: CohortData) -> list[Split]:
    if data.centres is None:
        raise InputError("Leave-one-centre-out needs the centre of each patient (--centre).")
    centres = data.centres.to_numpy(dtype=object)
    names = list(dict.fromkeys(sorted(centres)))
    if len(names) < 2:
        raise InputError(f"There is one centre only ({names[0]}): none can be left out.")
    parts = []
    for fold, name in enumerate(names):
        train, test = np.flatnonzero(centres != name), np.flatnonzero(centres == name)
        absent = sorted(set(data.classes) - set(data.outcome.iloc[train]))
        if absent:
            raise InputError(
                f"Without the centre {name} nobody has {', '.join(absent)}: a classifier could not learn it. Use "
                "another scheme, or leave that class out."
            )
        parts.append(Split(0, fold, train, test))
    return parts
