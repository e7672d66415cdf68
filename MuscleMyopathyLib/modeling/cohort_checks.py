"""What is asked of a cohort when it is read: classes without typos, and what deserves a remark."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pandas as pd

from MuscleMyopathyLib.errors import InputError

_NAMED = 5
_RARE = 2
_ALIKE = 0.75


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
            their counts), or there is one class only.
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
        if foreign or absent:
            raise InputError(
                f"The outcome {outcome} should be one of {', '.join(classes)}. The table holds: {listed}. Correct "
                "the typos, or leave values out (--leave-out)."
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


def remarks(
    values: pd.DataFrame, label: pd.Series[str], patients: pd.Series[str], classes: tuple[str, ...]
) -> tuple[str, ...]:
    """Return in words what is remarkable: several rows of a patient, imbalance, few patients, gaps, twins."""
    notes = []
    firsts = label[~patients.duplicated()]
    counts = [int((firsts == name).sum()) for name in classes]
    if len(patients) > len(firsts):
        notes.append(
            f"{len(patients)} rows of {len(firsts)} patients; a patient's rows stay together in every split."
        )
    different = label.groupby(patients.to_numpy()).nunique()
    mixed = different.index[different > 1].tolist()
    if mixed:
        notes.append(
            f"{len(mixed)} patients have rows of different outcomes ({some(mixed)}): they count to the first."
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
