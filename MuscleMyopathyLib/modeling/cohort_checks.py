"""What is asked of a cohort when it is read: classes without typos, and what deserves a remark."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError

PATIENT_NAMES = ("case", "participant_id", "patient")
"""Columns of the patient, the first that is there."""

_NAMED = 5
_RARE = 2
_ALIKE = 0.75
FEWEST_VALUES = 6
"""Fewer different values tell nothing about what a column is."""

_NUMBERS = {
    "id",
    "nr",
    "no",
    "no.",
    "number",
    "index",
    "row",
    "pid",
    "subject",
    "subject_id",
    "patient_id",
    "record_id",
}
"""Names of columns that tell who, not what."""


def checked_classes(
    label: pd.Series[str], patients: pd.Series[str], classes: tuple[str, ...], outcome: str
) -> tuple[str, ...]:
    """Return the classes in order.

    Args:
        label: Class of each row; empty where there is none.
        patients: Patient of each row.
        classes: Those that are meant, in order; empty for all, in alphabetic order.
        outcome: Name of the column, for errors.

    Raises:
        InputError: A row has no class, an outcome is none of the classes or looks like a typo (all are listed with
            their counts), there is one class only, or so many that the outcome is no class.
    """
    counts = label.value_counts()
    listed = ", ".join(f"{name!r} {count}" for name, count in counts.items())
    empty = label == ""
    if empty.any():
        who = some(patients[empty].unique().tolist())
        raise InputError(
            f"The outcome {outcome} is missing for {who}. Fill it in, or leave them out (--leave-out '')."
        )
    if classes:
        foreign = sorted(set(label) - set(classes))
        absent = [name for name in classes if name not in set(label)]
        if absent and not foreign:
            raise InputError(
                f"No patient's {outcome} is {' or '.join(absent)}. The table holds: {listed}. A class without "
                "patients can be neither learned nor tested: leave it out of the classes, or add its patients."
            )
        if foreign:
            raise InputError(
                f"The outcome {outcome} should be one of {', '.join(classes)}. The table holds: {listed}. Correct "
                "the typos, or leave values out (--leave-out)."
            )
    elif len(counts) > FEWEST_VALUES and 2 * len(counts) > patients.nunique():
        raise InputError(
            f"The outcome {outcome} has {len(counts)} different values ({some(list(counts.index))}), as a measure "
            "or a free text has. A classifier needs a few classes: make a column of groups, e.g. by a cut-off."
        )
    elif suspicious := _typos(counts):
        raise InputError(
            f"The outcome {outcome} looks as if it had typos ({suspicious}). The table holds: {listed}. Correct "
            "them, or name the classes that are meant (--classes)."
        )
    if len(counts) < 2:
        raise InputError(f"The outcome {outcome} has one class only: {listed}. A classifier needs two or more.")
    return classes or tuple(sorted(counts.index))


def _typos(counts: pd.Series[int]) -> str:
    """Return pairs of outcomes of which one is probably the other, misspelt."""
    pairs = []
    names = [str(name) for name in counts.index]
    for rare in names:
        for usual in names:
            if counts[rare] > counts[usual] or rare == usual:
                continue
            same = rare.casefold().split() == usual.casefold().split()
            alike = difflib.SequenceMatcher(None, rare.casefold(), usual.casefold()).ratio() >= _ALIKE
            if (same and (usual, rare) not in pairs) or (
                alike and counts[rare] <= _RARE and counts[usual] > 3 * _RARE
            ):
                pairs.append((rare, usual))
    return ", ".join(f"{rare!r} for {usual!r}" for rare, usual in pairs)


def numeric_columns(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the columns of numbers, and notes on the others; texts among numbers are shown."""
    numeric = [
        str(name)
        for name in table.columns
        if pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
    ]
    spoilt, words = [], []
    for name in table.columns:
        if name in numeric:
            continue
        texts = table[name].dropna().astype(str).str.strip()
        known = pd.to_numeric(texts, errors="coerce").notna()
        # 1,5 is a number with a decimal comma, and no number for a program that expects a point.
        alike = pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce").notna()
        if 2 * alike.sum() > len(texts):
            spoilt.append(f"{name} ({texts[~known].iloc[0]!r})" if not known.all() else str(name))
        else:
            words.append(str(name))
    notes = [f"Columns without numbers, left out: {some(words)}."] if words else []
    if spoilt:
        notes.append(
            f"Columns of numbers with texts among them, left out: {some(spoilt)}. Correct these values, or leave "
            "them empty."
        )
    return numeric, notes


def informative(
    values: pd.DataFrame, patients: pd.Series[str], label: pd.Series[str], *, named: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns that can be features, and notes on the others.

    Left out are empty and constant columns and, unless ``named``, those that number the patients (a table sorted
    by outcome then gives the outcome away) and those with one value for each class and another for every other.

    Args:
        values: Numbers, one row per sample.
        patients: Patient of each row.
        label: Class of each row.
        named: Whether the user named the columns: then only a note tells of the latter.
    """
    kinds: dict[str, list[str]] = {"empty": [], "constant": [], "number": [], "outcome": []}
    for name in values.columns:
        if kind := _uninformative(values[name], patients, label):
            kinds[kind].append(str(name))
    left_out = "" if named else ", left out (--columns takes it)"
    texts = {
        "empty": "Features without any value, left out: {}.",
        "constant": "Constant features, left out: {}.",
        "number": f"Numbers of the patients or rows, which measure nothing{left_out}: {{}}.",
        "outcome": f"One value for each class: the outcome under another name{left_out}: {{}}.",
    }
    notes = [texts[kind].format(some(names)) for kind, names in kinds.items() if names]
    dropped = [
        name for kind, names in kinds.items() for name in names if not named or kind in ("empty", "constant")
    ]
    return values.drop(columns=dropped), notes


def _uninformative(column: pd.Series[float], patients: pd.Series[str], label: pd.Series[str]) -> str:
    """Return ``empty``, ``constant``, ``number`` or ``outcome``, or nothing for a measure."""
    different = column.nunique()
    if different <= 1:
        return "constant" if different else "empty"
    if column.isna().any() or patients.nunique() < FEWEST_VALUES:
        return ""
    if different == label.nunique() == len({*zip(column, label, strict=True)}):
        return "outcome"
    return "number" if is_numbering(column, patients) else ""


def is_numbering(column: pd.Series[float], patients: pd.Series[Any]) -> bool:
    """Tell whether numbers count or name patients or rows: whole, none twice, and without a gap or named so."""
    if (column % 1 != 0).any():
        return False
    different = column.nunique()
    by_patient = different == patients.nunique() == len({*zip(column, patients, strict=True)})
    if different != len(column) and not by_patient:
        return False
    name = str(column.name).strip().casefold()
    without_gap = column.max() - column.min() == different - 1
    return bool(without_gap or name in _NUMBERS or name.startswith("unnamed:"))


def remarks(
    values: pd.DataFrame,
    label: pd.Series[str],
    patients: pd.Series[str],
    classes: tuple[str, ...],
    differing: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return in words what is remarkable: several rows of a patient, imbalance, few patients, gaps, twins.

    Args:
        values: The features.
        label: Class of each row.
        patients: Patient of each row.
        classes: The classes in order.
        differing: Columns in which rows of the same patient differ, such as reader or side.
    """
    notes = []
    firsts = label[~patients.duplicated()]
    counts = [int((firsts == name).sum()) for name in classes]
    if len(patients) > len(firsts):
        notes.append(
            f"{len(patients)} rows of {len(firsts)} patients"
            + (f", which differ in {', '.join(differing)}" if differing else "")
            + "; a patient's rows stay together in every split."
        )
    different = label.groupby(patients.to_numpy()).nunique()
    mixed = different.index[different > 1].tolist()
    if mixed:
        notes.append(
            f"{len(mixed)} {'patient has' if len(mixed) == 1 else 'patients have'} rows of different outcomes "
            f"({some(mixed)}): counted under the first, while each row is learned and tested by its own. "
            "Classifiers are not compared on such patients."
        )
    if max(counts) > 1.5 * min(counts):
        named = ", ".join(f"{count} {name}" for name, count in zip(classes, counts, strict=True))
        notes.append(f"The classes are not balanced ({named}): judge by the macro averages, not by the accuracy.")
    if values.shape[1] > len(firsts):
        notes.append(
            f"{values.shape[1]} features of {len(firsts)} patients: chance alone makes some of them fit. Trust "
            "the nested figures only."
        )
    missing = int(values.isna().to_numpy().sum())
    if missing:
        notes.append(f"{missing} values are missing in {some(list(values.columns[values.isna().any()]))}.")
    twins = _twins(values, patients)
    if twins:
        notes.append(f"Different patients have the very same values ({twins}): is one person in the table twice?")
    return tuple(notes)


def _twins(values: pd.DataFrame, patients: pd.Series[str]) -> str:
    """Return pairs of patients with equal rows; whole numbers such as Mercuri scores may well agree by chance."""
    whole = bool((values.fillna(0).to_numpy() % 1 == 0).all())
    if whole or values.shape[1] < 3:
        return ""
    digests = pd.util.hash_pandas_object(values, index=False)
    pairs = []
    for rows in pd.Series(range(len(values))).groupby(digests.to_numpy()):
        names = patients.iloc[rows[1].to_numpy()].unique()
        if len(names) > 1:
            pairs.append(" and ".join(names))
    return some(pairs)


def some(names: Sequence[object]) -> str:
    """Return the first names and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more
