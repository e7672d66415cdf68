"""The table of measures as it stands on the page: a row per structure, left and right side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Kind, Side, structure_type
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.qmri.measures import Quantity
from MuscleMyopathyLib.report.formatting import MISSING, number, text

READING_KEYS = ["case", "reader", "session", "sequence", "region"]


@dataclass(frozen=True)
class Column:
    """A column of the table: its header, its unit, the measure that the glossary explains, and its cells."""

    title: str
    unit: str
    measure: str
    cell: Callable[[pd.Series], str]


def value(name: str) -> Callable[[pd.Series], str]:
    """Return the cells of a column of the measures."""
    return lambda row: number(row[name])


def mean_and_sd(quantity: Quantity) -> Callable[[pd.Series], str]:
    """Return cells with mean ± SD of a quantity."""

    def cell(row: pd.Series) -> str:
        mean = number(row[quantity.column("mean")])
        return f"{mean} ± {number(row[quantity.column('sd')])}" if mean != MISSING else mean

    return cell


SIZES = (
    Column("Volume", "cm³", "volume", value("volume_cm3")),
    Column("CSA max", "cm²", "csa", value("area_max_cm2")),
)

COLUMNS = (
    *SIZES,
    Column("FF mean ± SD", "%", "ff-mean", mean_and_sd(Quantity.FAT_FRACTION)),
    Column("FF ratio of sums", "%", "ff-ratio", value("ff_ratio_of_sums_percent")),
    Column("FF median", "%", "ff-percentiles", value("ff_median_percent")),
    Column("Lean volume", "cm³", "lean", value("lean_volume_cm3")),
)

_OF_MAPS = (
    (Quantity.T2, "T2", "ms", "t2"),
    (Quantity.WATER_T2, "Water T2", "ms", "water-t2"),
    (Quantity.R2STAR, "R2*", "1/s", "r2star"),
    (Quantity.FAT_FRACTION, "FF", "%", "ff-mean"),
)


def map_columns(measures: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns for what was measured of the maps of one sequence."""
    columns = [SIZES[0]]
    means = {entry: entry[0].column("mean") for entry in _OF_MAPS}
    present = [entry for entry, mean in means.items() if mean in measures and measures[mean].notna().any()]
    for quantity, name, unit, measure in present:
        columns.append(Column(f"{name} mean ± SD", unit, measure, mean_and_sd(quantity)))
        columns.append(Column(f"{name} median", unit, "ff-percentiles", value(quantity.column("median"))))
        above = f"{quantity.prefix}_share_above_percent"
        # A page has no room for it beside two quantities; the CSV holds it always.
        if quantity in (Quantity.T2, Quantity.WATER_T2) and len(present) == 1:
            columns.append(Column(f"{name} above cut-off", "% of voxels", "share-above", value(above)))
    return tuple(columns)


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


def side_tables(measures: pd.DataFrame, columns: Sequence[Column] = COLUMNS) -> list[SideTable]:
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
            tables.append(SideTable(sides, _groups(part, sides, columns)))
    return tables


def _groups(
    measures: pd.DataFrame, sides: tuple[Side, ...], columns: Sequence[Column]
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
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
                tuple(None if row is None else tuple(column.cell(row) for column in columns) for row in found),
                any(row is not None and text(row["problem"]) != "" for row in found),
            )
        )
    return tuple((title, tuple(members)) for title, members in groups.items() if members)


def _group(code: str) -> str:
    if code == "MUSCLE":
        return "Whole muscle"
    return "Muscles" if structure_type(code).kind is Kind.MUSCLE else "Compartments"
