"""The group table of a cohort ("Table 1"): each variable by group, summarized and tested as its type asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.cohort_checks import FEWEST_VALUES, PATIENT_NAMES, is_numbering, some
from MuscleMyopathyLib.modeling.group_tests import (
    compare_counts,
    compare_means,
    compare_ranks,
    holm,
    looks_normal,
)

FloatArray = npt.NDArray[np.float64]

FEW_LEVELS = 5
"""A numeric column of at most so many different whole numbers is ordinal (a score), one of two is categorical."""


class Kind(StrEnum):
    """What a variable is."""

    NORMAL = "normal"
    SKEWED = "skewed"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"


class Rule(StrEnum):
    """How continuous variables are told apart."""

    SHAPIRO = "shapiro"
    NORMAL = "normal"
    RANK = "rank"


RULES = {
    Rule.SHAPIRO: "Continuous variables are taken for normal where Shapiro–Wilk's p is above 0.05 in every group.",
    Rule.NORMAL: "Continuous variables are all taken for normal.",
    Rule.RANK: "Continuous variables are all compared by ranks.",
}


@dataclass(frozen=True)
class GroupTableParameters:
    """What the table shows.

    Attributes:
        group: Column of the groups.
        variables: Columns, in the order of the rows; empty for all but the group, those left out, and identifiers
            (texts of which no two are alike, running numbers).
        leave_out: Columns that are not shown.
        categorical: Columns that are categories although they hold numbers.
        ordinal: Columns that are ordered scores.
        rule: How continuous variables are told apart.
        holm: Whether p values adjusted for their number stand beside the plain ones.
        seed: Of the tables drawn for Freeman–Halton's test.
    """

    group: str
    variables: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    ordinal: tuple[str, ...] = ()
    rule: Rule = Rule.SHAPIRO
    holm: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        both = sorted(set(self.categorical) & set(self.ordinal))
        if both:
            raise ParameterError(f"{', '.join(both)} cannot be both categorical and ordinal.")


@dataclass(frozen=True)
class GroupRow:
    """One variable, or one level of a categorical variable below its variable's row.

    Attributes:
        variable: Name of the column.
        level: Category; empty in a variable's own row.
        kind: Type of the variable.
        cells: By group: mean ± SD, median [quartiles], or n (%); empty in the own row of a categorical variable.
        overall: Likewise for all groups together.
        missing: Values missing, by group.
        test: Name of the test; empty in a level's row.
        p: Two-sided; NaN in a level's row and where no test could be made.
        p_holm: Adjusted for the number of variables; NaN unless asked for.
        problem: Why there is no p.
    """

    variable: str
    level: str
    kind: Kind
    cells: tuple[str, ...]
    overall: str
    missing: tuple[int, ...]
    test: str = ""
    p: float = np.nan
    p_holm: float = np.nan
    problem: str = ""


@dataclass(frozen=True)
class GroupTable:
    """A table ready to be shown.

    Attributes:
        group: Column of the groups.
        groups: Their names, in the order of the columns.
        counts: Patients in each.
        rows: Variables and levels.
        notes: How the table was made, in sentences.
    """

    group: str
    groups: tuple[str, ...]
    counts: tuple[int, ...]
    rows: tuple[GroupRow, ...]
    notes: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """Return the rows as a table: ``variable``, ``level``, ``kind``, a column per group, ``overall``, …"""
        return pd.DataFrame(
            [
                {
                    "variable": row.variable,
                    "level": row.level,
                    "kind": str(row.kind),
                    **{
                        f"{n} (n = {c})": cell
                        for n, c, cell in zip(self.groups, self.counts, row.cells, strict=True)
                    },
                    "overall": row.overall,
                    **{f"missing {n}": missing for n, missing in zip(self.groups, row.missing, strict=True)},
                    "test": row.test,
                    "p": row.p,
                    "p_holm": row.p_holm,
                    "problem": row.problem,
                }
                for row in self.rows
            ]
        )


def group_table(cohort: pd.DataFrame, parameters: GroupTableParameters, groups: Sequence[str] = ()) -> GroupTable:
    """Return the group table of a cohort with one row per patient.

    Args:
        cohort: One row per patient; rows without a group are left out, and counted in the notes.
        parameters: What is shown.
        groups: Names of the groups in the order of the columns; empty for the order of their first rows.

    Raises:
        InputError: A column is missing, there are fewer than two groups, a named group has no patients, or a
            patient has several rows.
    """
    columns = _columns(cohort, parameters)
    known = cohort[cohort[parameters.group].notna()]
    _require_one_row_each(known)
    labels = known[parameters.group].map(_level).astype(str)
    names = tuple(groups) or tuple(dict.fromkeys(labels))
    absent = [name for name in names if name not in set(labels)]
    if absent or len(names) < 2:
        raise InputError(
            f"The column {parameters.group} must hold two or more groups"
            + (f"; it has no {', '.join(absent)}" if absent else "")
            + f". It holds: {', '.join(f'{name} ({n})' for name, n in labels.value_counts(sort=False).items())}."
        )
    parts = [known[labels == name] for name in names]
    rows = [row for column in columns for row in _rows(parts, column, parameters)]
    if parameters.holm:
        adjusted = holm([row.p for row in rows])
        rows = [replace(row, p_holm=float(p)) for row, p in zip(rows, adjusted, strict=True)]
    return GroupTable(
        parameters.group,
        names,
        tuple(len(part) for part in parts),
        tuple(rows),
        (*_notes(rows, parameters, len(cohort) - len(known)), *_not_shown(cohort, columns, parameters)),
    )


def _columns(cohort: pd.DataFrame, parameters: GroupTableParameters) -> list[str]:
    columns = list(parameters.variables) or [
        name
        for name in map(str, cohort.columns)
        if name not in (parameters.group, "phantom", *PATIENT_NAMES, *parameters.leave_out)
        and not _identifies(cohort[name])
    ]
    named = [parameters.group, *columns, *parameters.categorical, *parameters.ordinal]
    missing = sorted({name for name in named if name not in cohort.columns})
    if missing:
        raise InputError(
            f"The table has no column {', '.join(missing)}. It has: {', '.join(map(str, cohort.columns))}."
        )
    return columns


def _not_shown(cohort: pd.DataFrame, columns: list[str], parameters: GroupTableParameters) -> Iterator[str]:
    chosen = {*columns, parameters.group, "phantom", *parameters.leave_out}
    identifiers = [name for name in map(str, cohort.columns) if name not in chosen]
    if identifiers and not parameters.variables:
        yield f"Not shown, since they tell who and not what (--variable shows them): {', '.join(identifiers)}."


def _require_one_row_each(cohort: pd.DataFrame) -> None:
    name = next((name for name in PATIENT_NAMES if name in cohort.columns), None)
    twice = [] if name is None else cohort[name][cohort[name].duplicated()].dropna().unique().tolist()
    if twice:
        raise InputError(
            f"{some(twice)} {'has' if len(twice) == 1 else 'have'} several rows. The tests of a group table take "
            "each row for another person: give one row per patient."
        )


def _identifies(column: pd.Series) -> bool:
    """Tell whether a column tells who and not what: texts of which no two are alike, or running numbers."""
    if not column.notna().all() or not column.is_unique:
        return False
    if not pd.api.types.is_numeric_dtype(column):
        return True
    return len(column) >= FEWEST_VALUES and is_numbering(column.astype(float), pd.Series(range(len(column))))


def _rows(parts: list[pd.DataFrame], column: str, parameters: GroupTableParameters) -> Iterator[GroupRow]:
    values = [part[column] for part in parts]
    missing = tuple(int(part.isna().sum()) for part in values)
    present = [part.dropna() for part in values]
    everything = pd.concat(present)
    kind = _kind(everything, column, parameters)
    if kind is Kind.CATEGORICAL:
        yield from _categorical(present, everything, column, missing, parameters.seed)
        return
    groups = [part.to_numpy(dtype=np.float64) for part in present]
    if kind is Kind.NORMAL and not (parameters.rule is Rule.NORMAL or looks_normal(groups)):
        kind = Kind.SKEWED
    result = compare_means(groups) if kind is Kind.NORMAL else compare_ranks(groups)
    show = _mean_sd if kind is Kind.NORMAL else _median_quartiles
    cells = tuple(show(group) for group in groups)
    overall = show(everything.to_numpy(dtype=np.float64))
    yield GroupRow(column, "", kind, cells, overall, missing, result.name, result.p, problem=result.problem)


def _kind(values: pd.Series, column: str, parameters: GroupTableParameters) -> Kind:
    if column in parameters.categorical:
        return Kind.CATEGORICAL
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if column in parameters.ordinal and not numeric:
        raise InputError(f"The ordinal column {column} must hold numbers.")
    if not numeric:
        return Kind.CATEGORICAL
    levels = values.unique()
    whole = bool(np.all(np.mod(levels.astype(float), 1) == 0))
    if column in parameters.ordinal or (whole and 2 < len(levels) <= FEW_LEVELS):
        return Kind.ORDINAL
    if whole and len(levels) <= 2:
        return Kind.CATEGORICAL
    return Kind.SKEWED if parameters.rule is Rule.RANK else Kind.NORMAL


def _categorical(
    present: list[pd.Series], everything: pd.Series, column: str, missing: tuple[int, ...], seed: int
) -> Iterator[GroupRow]:
    levels = sorted(everything.unique().tolist(), key=lambda level: (isinstance(level, str), level))
    counts = np.array([[int((part == level).sum()) for part in present] for level in levels], dtype=np.int64)
    result = compare_counts(counts.reshape(len(levels), len(present)), seed)
    blank = tuple("" for _ in present)
    yield GroupRow(column, "", Kind.CATEGORICAL, blank, "", missing, result.name, result.p, problem=result.problem)
    for level, row in zip(levels, counts, strict=True):
        cells = tuple(_count_percent(int(n), len(part)) for n, part in zip(row, present, strict=True))
        overall = _count_percent(int(row.sum()), len(everything))
        yield GroupRow(column, _level(level), Kind.CATEGORICAL, cells, overall, tuple(0 for _ in present))


def _level(level: object) -> str:
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level).strip()


def _digits(values: FloatArray) -> int:
    """Return decimals that show about three digits of the largest value."""
    largest = float(np.abs(values).max()) if values.size else 1.0
    return 0 if largest >= 1000 else 1 if largest >= 10 else 2 if largest >= 1 else 3


def _mean_sd(values: FloatArray) -> str:
    if not values.size:
        return "–"
    digits = _digits(values)
    spread = f"{values.std(ddof=1):.{digits}f}" if values.size > 1 else "–"
    return f"{values.mean():.{digits}f} ± {spread}"


def _median_quartiles(values: FloatArray) -> str:
    if not values.size:
        return "–"
    digits = _digits(values)
    low, middle, high = (f"{value:.{digits}f}" for value in np.quantile(values, [0.25, 0.5, 0.75]))
    if np.all(np.mod(values, 1) == 0):
        low, middle, high = (_without_zeros(value) for value in (low, middle, high))
    return f"{middle} [{low}, {high}]"


def _without_zeros(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _count_percent(count: int, of: int) -> str:
    return f"{count} ({100 * count / of:.0f} %)" if of else "0"


def _notes(rows: list[GroupRow], parameters: GroupTableParameters, without_group: int) -> Iterator[str]:
    kinds = {row.kind for row in rows}
    shown = [
        ("mean ± SD (variables taken for normal)", Kind.NORMAL in kinds),
        ("median [quartiles] (skewed or ordinal variables)", bool(kinds & {Kind.SKEWED, Kind.ORDINAL})),
        ("n (% of the values present) (categories)", Kind.CATEGORICAL in kinds),
    ]
    yield "Shown are " + ", ".join(text for text, applies in shown if applies) + "."
    if kinds & {Kind.NORMAL, Kind.SKEWED}:
        yield RULES[parameters.rule]
    if Kind.CATEGORICAL in kinds:
        yield (
            "Categories are compared by χ² without continuity correction, or exactly where an expected count is "
            "below 5 in a fourfold table, or below 1 or more than a fifth of them below 5 in a larger one."
        )
    tests = sum(np.isfinite(row.p) for row in rows)
    adjusted = (
        "; beside each stands the one adjusted by Holm" if parameters.holm else ", not adjusted for their number"
    )
    yield f"{tests} p value{'s' if tests != 1 else ''}, two-sided{adjusted}."
    if without_group:
        yield f"{without_group} row{'s' if without_group != 1 else ''} without a group left out."
