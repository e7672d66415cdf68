"""The table of measures as it stands on the page: a row per structure, left and right side by side."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Kind, Side, structure_type
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.report.formatting import number, text

READING_KEYS = ["case", "reader", "session", "sequence", "region"]


@dataclass(frozen=True)
class Column:
    """A column of the table: its header, its unit, the measure that the glossary explains."""

    title: str
    unit: str
    measure: str


COLUMNS = (
    Column("Volume", "cm³", "volume"),
    Column("CSA max", "cm²", "csa"),
    Column("FF mean ± SD", "%", "ff-mean"),
    Column("FF ratio of sums", "%", "ff-ratio"),
    Column("FF median", "%", "ff-percentiles"),
    Column("Lean volume", "cm³", "lean"),
)


@dataclass(frozen=True)
class Row:
    """One structure: the cells of each side, in the order of the table's sides; None where not measured there."""

    code: str
    name: str
    cells: tuple[tuple[str, ...] | None, ...]
    has_problem: bool


@dataclass(frozen=True)
class SideTable:
    """Rows in groups (title, rows), for the sides that the columns repeat for."""

    sides: tuple[Side, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


def side_tables(measures: pd.DataFrame) -> list[SideTable]:
    """Return the table of left and right, and the table of what is not divided, each where there is any.

    Raises:
        InputError: The measures are of several readings, which one report cannot show.
    """
    if len(measures) and len(measures[READING_KEYS].drop_duplicates()) > 1:
        raise InputError(
            "A report shows one reading of one sequence, and these measures are of several "
            f"({', '.join(READING_KEYS)} differ between rows). Make a report of each."
        )
    tables = []
    for sides in ((Side.LEFT, Side.RIGHT), (Side.BOTH,)):
        part = measures[measures["side"].isin(sides)]
        if len(part):
            tables.append(SideTable(sides, _groups(part, sides)))
    return tables


def _groups(measures: pd.DataFrame, sides: tuple[Side, ...]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    rows = {(row["structure"], row["side"]): row for _, row in measures.iterrows()}
    groups: dict[str, list[Row]] = {"Whole muscle": [], "Muscles": [], "Compartments": []}
    for kind in STRUCTURE_TYPES:
        found = [rows.get((kind.code, side)) for side in sides]
        if all(row is None for row in found):
            continue
        groups[_group(kind.code)].append(
            Row(
                kind.code,
                kind.name,
                tuple(None if row is None else _cells(row) for row in found),
                any(row is not None and text(row["problem"]) != "" for row in found),
            )
        )
    return tuple((title, tuple(members)) for title, members in groups.items() if members)


def _group(code: str) -> str:
    if code == "MUSCLE":
        return "Whole muscle"
    return "Muscles" if structure_type(code).kind is Kind.MUSCLE else "Compartments"


def _cells(row: pd.Series) -> tuple[str, ...]:
    mean, sd = number(row["ff_mean_percent"]), number(row["ff_sd_percent"])
    return (
        number(row["volume_cm3"]),
        number(row["area_max_cm2"]),
        f"{mean} ± {sd}" if pd.notna(row["ff_mean_percent"]) else mean,
        number(row["ff_ratio_of_sums_percent"]),
        number(row["ff_median_percent"]),
        number(row["lean_volume_cm3"]),
    )
