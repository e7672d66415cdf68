"""A cohort for a classifier: numeric features, an outcome and the patient of every row, checked when read.

>>> import pandas as pd
>>> table = pd.DataFrame({"case": ["a", "b", "c", "d"], "t2_ms": [35, 44, 36, 47], "group": ["DM", "PM"] * 2})
>>> data = read_cohort(table, None, "group")
>>> data.classes, data.class_counts
(('DM', 'PM'), {'DM': 2, 'PM': 2})
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_checks import (
    PATIENT_NAMES,
    checked_classes,
    informative,
    numeric_columns,
    remarks,
    some,
)
from MuscleMyopathyLib.radiomics.feature_table import INFORMATION_COLUMNS, KEY_COLUMNS, fused_table

_NO_FEATURES = (*KEY_COLUMNS, *INFORMATION_COLUMNS, "slice", "position_mm")


@dataclass(frozen=True)
class CohortData:
    """Features, outcome and patients of a cohort.

    Attributes:
        features: One row per sample (one per patient, or several: readings, legs); numbers; index 0 to n-1.
        outcome: Class of each row, as text.
        patients: Patient of each row; the rows of one patient never stand on both sides of a split.
        centres: Centre of each row, or None.
        classes: The classes in order; of two the last one is "positive".
        preset: Name of the radiomics preset that made the features; empty where unknown.
        preset_sha256: Its content hash.
        phantom: Whether the images are simulated.
        notes: What was dropped or is remarkable, in words.
    """

    features: pd.DataFrame
    outcome: pd.Series[str]
    patients: pd.Series[str]
    centres: pd.Series[str] | None
    classes: tuple[str, ...]
    preset: str = ""
    preset_sha256: str = ""
    phantom: bool = False
    notes: tuple[str, ...] = ()

    @property
    def matrix(self) -> pd.DataFrame:
        """The features with the patient as index: what a pipeline is fitted on.

        The index is how steps that cross-validate inside a training set (LASSO, sequential selection, tuning,
        calibration) keep the rows of a patient together.
        """
        return self.features.set_axis(pd.Index(self.patients.to_numpy(), name="patient"))

    @property
    def codes(self) -> npt.NDArray[np.intp]:
        """Position of each row's outcome in ``classes``."""
        return pd.Index(self.classes).get_indexer(pd.Index(self.outcome))

    @property
    def class_counts(self) -> dict[str, int]:
        """Number of patients of each class."""
        firsts = self.outcome[~self.patients.duplicated()]
        return {name: int((firsts == name).sum()) for name in self.classes}

    @property
    def description(self) -> str:
        """Patients, classes and features in one sentence, and the imbalance beside it."""
        counts = self.class_counts
        named = ", ".join(f"{count} {name}" for name, count in counts.items())
        rows = "" if len(self.features) == sum(counts.values()) else f" in {len(self.features)} rows"
        largest = max(counts, key=lambda name: counts[name])
        share = counts[largest] / sum(counts.values())
        return (
            f"{sum(counts.values())} patients{rows} ({named}) and {self.features.shape[1]} features. "
            f"Who always says {largest} is right in {100 * share:.0f} % of the patients."
        )

    def subset(self, rows: npt.NDArray[np.intp]) -> CohortData:
        """Return these rows alone; the classes stay as they are."""
        return replace(
            self,
            features=self.features.iloc[rows].reset_index(drop=True),
            outcome=self.outcome.iloc[rows].reset_index(drop=True),
            patients=self.patients.iloc[rows].reset_index(drop=True),
            centres=None if self.centres is None else self.centres.iloc[rows].reset_index(drop=True),
        )

    def beside(self, other: CohortData) -> CohortData:
        """Return the cohort with another table's features of the same patients as further columns.

        Raises:
            InputError: The other table has several rows of a patient, lacks one, or shares a column.
        """
        twice = other.patients[other.patients.duplicated()]
        if not twice.empty:
            raise InputError(
                f"The table of scores has several rows of {some(twice.unique().tolist())}: choose one reading "
                "(--scores-reading)."
            )
        missing = sorted(set(self.patients) - set(other.patients))
        if missing:
            raise InputError(f"The table of scores has no row of {some(missing)}.")
        shared = [name for name in other.features.columns if name in self.features.columns]
        if shared:
            raise InputError(f"Both tables have a column {some(shared)}.")
        rows = pd.Index(other.patients).get_indexer(pd.Index(self.patients))
        further = other.features.iloc[rows].reset_index(drop=True)
        return replace(self, features=pd.concat([self.features, further], axis="columns"))

    def with_columns(self, patterns: Sequence[str]) -> CohortData:
        """Return the cohort with the features that fit one of the patterns (``thigh.T1w.*``) alone.

        Raises:
            InputError: None fits.
        """
        columns = matching_columns(self.features.columns, patterns)
        if not columns:
            raise InputError(
                f"No feature fits {' or '.join(patterns)}. There are: {some(list(self.features.columns))}."
            )
        return replace(self, features=self.features[columns])


def matching_columns(columns: Sequence[str] | pd.Index[str], patterns: Sequence[str]) -> list[str]:
    """Return the columns that fit one of the patterns, in their order."""
    return [name for name in columns if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def read_cohort(
    features: pd.DataFrame,
    outcomes: pd.DataFrame | None,
    outcome: str,
    *,
    patient: str = "",
    centre: str = "",
    classes: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    columns: Sequence[str] = (),
    exactly: Sequence[str] = (),
    preset: str = "",
    preset_sha256: str = "",
    phantom: bool = False,
) -> CohortData:
    """Put features and outcomes together and check them.

    Args:
        features: A feature table (``radiomics.feature_table``; several sequences or regions are fused side by
            side), or any table with one row per sample. Every numeric column is a feature but keys, the outcome,
            the patient and the centre; columns that number the patients, or that are the outcome under another
            name, are left out and noted.
        outcomes: A table of patients with their outcome, e.g. participants.tsv; None where ``features`` has it.
        outcome: Column of the outcome.
        patient: Column of the patient; by default the first of case, participant_id and patient that is there.
        centre: Column of the centre; empty for none.
        classes: The classes in order (of two, the last is "positive"); by default all, in alphabetic order.
        leave_out: Outcomes whose patients are left out; "" stands for an empty outcome.
        columns: Patterns of the features to use, e.g. ``thigh.T1w.*``; by default all. What fits is taken although
            it looks like a number of the patients or the outcome, with a note.
        exactly: Names of the features to use as they are, even where they are constant here: those of another
            cohort, on whose classifiers this one tests.
        preset: Name of the radiomics preset.
        preset_sha256: Its content hash.
        phantom: Whether the images are simulated. A column ``phantom`` says so as well.

    Raises:
        InputError: A column is missing; a patient has no outcome or is unknown; there is one class only; an
            outcome is none of the classes, or looks like a typo (all are listed with their counts); a value is
            infinite; no feature is left.
    """
    table = features
    if {"region", "sequence", "structure"} <= set(table.columns):
        table = fused_table(_with_keys(table))
    table = table.reset_index(drop=True)
    if table.empty:
        raise InputError("The table of features has no row.")
    key = _patient_column(table, patient, "features")
    patients = _texts(table[key], key)
    known = table if outcomes is None else outcomes
    label = _joined(known, outcome, key if outcomes is None else "", patients, patient, outcomes)
    centres = _joined_centre(table, outcomes, centre, patients, patient)
    everybody = patients
    left = label.isin([*leave_out])
    if left.any():
        table = table[~left].reset_index(drop=True)
        label, patients = label[~left].reset_index(drop=True), patients[~left].reset_index(drop=True)
        centres = None if centres is None else centres[~left].reset_index(drop=True)
    order = checked_classes(label, patients, tuple(classes), outcome)
    notes = []
    if left.any():
        words = ", ".join(repr(name) if name else "no outcome" for name in leave_out)
        notes.append(f"{int(left.sum())} rows left out ({words}).")
    simulated = phantom or _says_phantom(known) or _says_phantom(table)
    values, dropped = _features(table, {key, outcome, centre, "phantom"}, columns, exactly, patients, label)
    if outcomes is not None:
        dropped = (*_without_features(outcomes, patient, everybody, outcome, leave_out), *dropped)
    return CohortData(
        features=values,
        outcome=label,
        patients=patients,
        centres=centres,
        classes=order,
        preset=preset,
        preset_sha256=preset_sha256,
        phantom=simulated,
        notes=(*notes, *dropped, *remarks(values, label, patients, order, _differing(table, patients))),
    )


def _with_keys(table: pd.DataFrame) -> pd.DataFrame:
    filled = table.copy()
    for name in KEY_COLUMNS:
        if name not in filled.columns:
            filled[name] = 1 if name == "session" else ""
        elif name != "session":
            filled[name] = filled[name].astype(object).where(filled[name].notna(), "").astype(str)
    if "problem" not in filled.columns:
        filled["problem"] = ""
    filled["problem"] = filled["problem"].fillna("")
    # What is no feature of an image (age, outcome) would be fused with the features.
    other = [
        name
        for name in filled.columns
        if name not in (*KEY_COLUMNS, *INFORMATION_COLUMNS) and not pd.api.types.is_numeric_dtype(filled[name])
    ]
    if other:
        raise InputError(
            f"The table of features has columns of text besides its keys: {some(other)}. Put what is known of "
            "the patients into a table of its own (participants.tsv) and give both."
        )
    return filled


def _patient_column(table: pd.DataFrame, patient: str, what: str) -> str:
    for name in (patient,) if patient else PATIENT_NAMES:
        if name in table.columns:
            return name
    wanted = repr(patient) if patient else " or ".join(map(repr, PATIENT_NAMES))
    raise InputError(f"The table of {what} has no column {wanted}. It has: {some(list(table.columns))}.")


def _texts(column: pd.Series, name: str) -> pd.Series:
    """Return a key column as text; a whole number read as 7.0 is "7"."""
    if column.isna().any():
        row = int(np.argmax(column.isna().to_numpy())) + 1
        raise InputError(f"Row {row} of the table has no {name}.")
    return column.map(_text).astype(object).reset_index(drop=True)


def _text(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _joined(
    known: pd.DataFrame,
    column: str,
    key: str,
    patients: pd.Series[str],
    patient: str,
    outcomes: pd.DataFrame | None,
) -> pd.Series[str]:
    """Return the outcome of every row of the features; empty where it is not known."""
    if column not in known.columns:
        raise InputError(f"There is no column {column!r}. There are: {some(list(known.columns))}.")
    values = known[column].map(lambda value: "" if pd.isna(value) else _text(value)).astype(object)
    if outcomes is None:
        return values.reset_index(drop=True)
    own = _patient_column(known, patient if patient in known.columns else "", "outcomes")
    names = _texts(known[own], own)
    twice = names[names.duplicated()].unique().tolist()
    if twice:
        raise InputError(f"The table of outcomes holds {some(twice)} more than once: which row is meant?")
    by_patient = pd.Series(values.to_numpy(), index=names.to_numpy())
    # BIDS writes sub-07 in file names and often in participants.tsv as well.
    for candidate in (patients, "sub-" + patients, patients.str.removeprefix("sub-")):
        if candidate.isin(by_patient.index).all():
            return candidate.map(by_patient).astype(object)
    unknown = patients[~patients.isin(by_patient.index)].unique().tolist()
    raise InputError(
        f"The table of outcomes does not know {len(unknown)} of the patients: {some(unknown)}. Add them, or take "
        "their rows out of the features."
    )


def _joined_centre(
    table: pd.DataFrame, outcomes: pd.DataFrame | None, centre: str, patients: pd.Series[str], patient: str
) -> pd.Series[str] | None:
    if not centre:
        return None
    in_features = centre in table.columns
    known = table if in_features or outcomes is None else outcomes
    centres = _joined(known, centre, "", patients, patient, None if known is table else outcomes)
    if (centres == "").any():
        raise InputError(f"There is no {centre} for {some(patients[centres == ''].unique().tolist())}.")
    return centres


def _says_phantom(table: pd.DataFrame) -> bool:
    return "phantom" in table.columns and bool(
        table["phantom"].map(lambda value: str(value).strip().casefold() in ("true", "1", "1.0", "yes")).any()
    )


def _without_features(
    outcomes: pd.DataFrame, patient: str, patients: pd.Series[str], outcome: str, leave_out: Sequence[str]
) -> tuple[str, ...]:
    """Return a note on those of the table of outcomes of whom there is no row of features."""
    wanted = outcomes[~outcomes[outcome].map(lambda value: "" if pd.isna(value) else _text(value)).isin(leave_out)]
    own = _patient_column(outcomes, patient if patient in outcomes.columns else "", "outcomes")
    there = {name.removeprefix("sub-") for name in patients}
    absent = [name for name in _texts(wanted[own], own) if name.removeprefix("sub-") not in there]
    if not absent:
        return ()
    return (f"No features of {len(absent)} in the table of outcomes, who take no part: {some(absent)}.",)


def _differing(table: pd.DataFrame, patients: pd.Series[str]) -> list[str]:
    """Return the key columns (reader, side …) in which rows of the same patient differ."""
    keys = [name for name in KEY_COLUMNS if name in table.columns and name != "case"]
    return [name for name in keys if table[name].groupby(patients.to_numpy()).nunique().max() > 1]


def _features(
    table: pd.DataFrame,
    keys: set[str],
    patterns: Sequence[str],
    exactly: Sequence[str],
    patients: pd.Series[str],
    label: pd.Series[str],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    candidates = [
        name
        for name in map(str, table.columns)
        if name not in keys and name not in _NO_FEATURES and not name.startswith("diagnostics_")
    ]
    if exactly:
        candidates = [name for name in exactly if name in candidates]
    elif patterns:
        candidates = matching_columns(candidates, patterns)
    numeric, notes = numeric_columns(table[candidates])
    values = table[numeric].astype(np.float64)
    infinite = [name for name in numeric if np.isinf(values[name]).any()]
    if infinite:
        raise InputError(f"There are infinite values in {some(infinite)}. Correct them, or leave them empty.")
    if not exactly:
        values, left_out = informative(values, patients, label, named=bool(patterns))
        notes = [*notes, *left_out]
    if values.shape[1] == 0:
        hint = f" that fits {' or '.join(patterns)}" if patterns else ""
        raise InputError(
            " ".join(
                [f"The table has no feature{hint}: no numeric column with more than one value is left.", *notes]
            )
        )
    return values, tuple(notes)
