"""Tables of features or measures of several readings: read, checked, and turned into arrays per group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.radiomics.feature_table import INFORMATION_COLUMNS, KEY_COLUMNS
from MuscleMyopathyLib.reproducibility.comparisons import Comparison, reading_name

GROUP_COLUMNS = ("sequence", "region", "structure", "side")
PROBLEM_COLUMNS = ["comparison", "case", *GROUP_COLUMNS, "problem"]
_NO_VALUES = (*KEY_COLUMNS, *INFORMATION_COLUMNS, "slice", "position_mm")


@dataclass(frozen=True)
class Group:
    """One sequence, region, structure and side under the readings of a comparison.

    Attributes:
        keys: Sequence, region, structure and side.
        cases: The cases, each with a row in at least one of the readings.
        values: Shape (cases, readings, features); NaN where a reading lacks the case or the value.
        missing: For each reading, the cases that it has no row for.
    """

    keys: dict[str, str]
    cases: list[str]
    values: npt.NDArray[np.float64]
    missing: tuple[tuple[str, ...], ...]


def read_reading_tables(paths: Iterable[Path]) -> pd.DataFrame:
    """Read CSV files of features or measures and put them under one another.

    Raises:
        InputError: A file is no table, or lacks the columns that `checked_table` needs.
    """
    tables = []
    texts: dict[str, type] = {name: str for name in KEY_COLUMNS if name != "session"}
    for path in paths:
        try:
            tables.append(pd.read_csv(path, dtype=texts))
        except (OSError, ValueError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read as a table ({error}).") from error
    if not tables:
        raise InputError("There is no table of readings.")
    return checked_table(pd.concat(tables, ignore_index=True))


def checked_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of readings with all key columns and ``problem``: texts, and the session as a whole number.

    ``sequence``, ``region`` and ``side`` may be absent; they are then empty.

    Raises:
        InputError: ``case``, ``reader``, ``session`` or ``structure`` is absent or empty in a row, a session is no
            number, or a row occurs twice.
    """
    needed = ("case", "reader", "session", "structure")
    if absent := [name for name in needed if name not in table.columns]:
        raise InputError(
            f"The table has no column {', '.join(absent)}. Each row needs {', '.join(needed)}, then its values."
        )
    checked = table.copy()
    for name in (*KEY_COLUMNS, "problem"):
        if name not in checked.columns:
            checked[name] = ""
        elif name != "session":
            checked[name] = checked[name].astype("object").where(checked[name].notna(), "").astype(str)
    for name in needed:
        empty = checked[name].isna() | (checked[name].astype(str) == "")
        if empty.any():
            raise InputError(
                f"Row {int(np.argmax(empty)) + 1} of the table has no {name}. Each row needs {', '.join(needed)}. "
                "Features carry reader and session where the table of their cohort has the columns Reader and "
                "Session, or where the labels are named after them (on the command line: --labels R1:2=FILE)."
            )
    sessions = pd.to_numeric(checked["session"], errors="coerce")
    if sessions.isna().any() or (sessions % 1 != 0).any():
        wrong = checked["session"][sessions.isna() | (sessions % 1 != 0)].iloc[0]
        raise InputError(f"Sessions are counted 1, 2, 3 …; the table holds {wrong!r}.")
    checked["session"] = sessions.astype(int)
    twice = checked.duplicated(list(KEY_COLUMNS))
    if twice.any():
        row = checked[twice].iloc[0]
        where = ", ".join(f"{name} {row[name]}" for name in KEY_COLUMNS if row[name] != "")
        hint = " It has one row per slice; use the table of whole volumes." if "slice" in checked.columns else ""
        raise InputError(f"The table holds a row twice ({where}): it is not clear which one is meant.{hint}")
    return checked


def value_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that hold features or measures: numbers, but neither keys nor diagnostics."""
    return [
        name
        for name in table.columns
        if name not in _NO_VALUES
        and not name.startswith("diagnostics_")
        and pd.api.types.is_numeric_dtype(table[name])
        and not pd.api.types.is_bool_dtype(table[name])
    ]


def columns_of_text(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns that are no numbers although they are neither keys nor diagnostics, with an example."""
    known = {*value_columns(table), *_NO_VALUES}
    unusable = [name for name in table.columns if name not in known and not name.startswith("diagnostics_")]
    return {name: str(next(iter(table[name].dropna()), "")) for name in unusable}


def groups_of(table: pd.DataFrame, comparison: Comparison, columns: Sequence[str]) -> Iterator[Group]:
    """Yield the table's groups (sequence, region, structure, side) under the readings of a comparison.

    Args:
        table: A checked table.
        comparison: Which readings.
        columns: The features.

    Raises:
        InputError: Fewer than two cases were read in all of these readings.
    """
    keys = pd.MultiIndex.from_frame(table[["reader", "session"]])
    compared = table[keys.isin(list(comparison.readings))]
    _refuse_few_cases(compared, comparison)
    for key, rows in compared.groupby(list(GROUP_COLUMNS), sort=False):
        cases = list(dict.fromkeys(rows["case"]))
        values = np.full((len(cases), len(comparison.readings), len(columns)), np.nan)
        missing = []
        for number, (reader, session) in enumerate(comparison.readings):
            own = rows[(rows["reader"] == reader) & (rows["session"] == session)]
            places = pd.Index(cases).get_indexer(pd.Index(own["case"]))
            values[places, number] = own[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)
            missing.append(tuple(case for case in cases if case not in set(own["case"])))
        yield Group(dict(zip(GROUP_COLUMNS, map(str, key), strict=True)), cases, values, tuple(missing))


def problems_of(table: pd.DataFrame, comparison: Comparison, groups: Iterable[Group]) -> list[dict[str, str]]:
    """Return what the comparison lacks, in rows: cases and structures not read by all, and rows with a problem."""
    names = [reading_name(*reading) for reading in comparison.readings]
    read = _cases_by_reading(table, comparison)
    everyone = set().union(*read)
    rows = []
    for name, cases in zip(names, read, strict=True):
        for case in sorted(everyone - cases):
            rows.append({"case": case, "problem": f"not read by {name}"})
    for group in groups:
        for name, cases, missing in zip(names, read, group.missing, strict=True):
            for case in missing:
                if case in cases:
                    rows.append({"case": case, **group.keys, "problem": f"this structure was not drawn by {name}"})
    for (reader, session), name in zip(comparison.readings, names, strict=True):
        own = table[(table["reader"] == reader) & (table["session"] == session) & (table["problem"] != "")]
        for row in own[["case", *GROUP_COLUMNS, "problem"]].to_dict("records"):
            rows.append(
                {**{str(key): str(value) for key, value in row.items()}, "problem": f"{name}: {row['problem']}"}
            )
    return [{"comparison": comparison.name, **row} for row in rows]


def _cases_by_reading(table: pd.DataFrame, comparison: Comparison) -> list[set[str]]:
    return [
        set(table.loc[(table["reader"] == reader) & (table["session"] == session), "case"])
        for reader, session in comparison.readings
    ]


def _refuse_few_cases(compared: pd.DataFrame, comparison: Comparison) -> None:
    read = _cases_by_reading(compared, comparison)
    common = set.intersection(*read)
    if len(common) < 2:
        counts = ", ".join(
            f"{reading_name(*reading)} {len(cases)}"
            for reading, cases in zip(comparison.readings, read, strict=True)
        )
        shared = f"only {next(iter(common))}" if common else "none"
        raise InputError(
            f"Agreement needs at least two cases read in every reading; {comparison.name} share {shared}. "
            f"Cases read: {counts}."
        )
