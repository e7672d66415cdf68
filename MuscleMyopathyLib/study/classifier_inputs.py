"""The tables of a classifier from disk: features with their preset, outcomes of the patients, readings, ICC."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.score_columns import is_score_table, score_columns
from MuscleMyopathyLib.radiomics.feature_table import KEY_COLUMNS
from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters
from MuscleMyopathyLib.reproducibility.feature_agreement import feature_agreement
from MuscleMyopathyLib.reproducibility.reading_tables import read_reading_tables
from MuscleMyopathyLib.study.feature_cohort_table import read_feature_table

_MADE_WITH = ("preset", "preset_sha256", "phantom", "parameters", "drawn_levels")
_NAMES = ("case", "participant_id", "patient", "reader", "sequence", "region", "structure", "side")

# Before pandas 3.1 numbers came back with another last digit unless asked for exactly; since then asking warns.
_PANDAS = tuple(int(number) for number in pd.__version__.split(".")[:2])
_EXACT: dict[str, Any] = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}


@dataclass(frozen=True)
class CohortFiles:
    """Where a cohort for a classifier comes from, and how its columns are meant.

    Attributes:
        table: CSV or TSV of features: a feature table, or one row per sample with any numeric columns.
        outcome: Column of the outcome.
        outcomes: Table of the patients that has it, e.g. participants.tsv; None where ``table`` has it.
        patient: Column of the patient; empty for case, participant_id or patient.
        centre: Column of the centre; empty for none.
        classes: In order; empty for all in alphabetic order.
        leave_out: Outcomes that are left out.
        columns: Patterns of the features; empty for all.
        reading: Reader and session whose rows are taken; None for all rows.
        scores: Scores of a reading form as further features, e.g. Mercuri's (`score export`); None for none.
        scores_reading: Reader and session whose scores are taken; None for all rows.
    """

    table: Path
    outcome: str
    outcomes: Path | None = None
    patient: str = ""
    centre: str = ""
    classes: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    reading: tuple[str, int] | None = None
    scores: Path | None = None
    scores_reading: tuple[str, int] | None = None


def read_cohort_files(files: CohortFiles) -> CohortData:
    """Read a cohort; the preset and whether it is a phantom's stand in the JSON file beside the features.

    Raises:
        InputError: A file is no table, or as `read_cohort`.
    """
    data = _one_table(files.table, files, files.reading)
    if files.scores is None:
        return data
    if files.outcomes is None:
        raise InputError(
            "Scores beside features need the outcomes in a table of their own: give the table of the patients "
            "(--outcomes)."
        )
    return data.beside(_one_table(files.scores, files, files.scores_reading))


def read_external(files: CohortFiles, data: CohortData, table: Path, outcomes: Path | None) -> CohortData:
    """Read the table of other patients on whom the classifiers of a cohort are tested.

    Args:
        files: How the cohort was read; the other table is read likewise.
        data: The cohort.
        table: Features of the other patients.
        outcomes: Their table, where ``table`` lacks the outcome.

    Raises:
        InputError: As `read_cohort_files`.
    """
    own = replace(files, table=table, outcomes=outcomes, classes=data.classes, columns=(), scores=None)
    return _one_table(own.table, own, own.reading, exactly=tuple(data.features.columns))


def _one_table(
    table: Path, files: CohortFiles, reading: tuple[str, int] | None, exactly: tuple[str, ...] = ()
) -> CohortData:
    features = read_any_table(table, files.patient)
    if reading is not None:
        features = _of_reading(features, reading)
    if is_score_table(features):
        features = score_columns(features)
    made = made_with(table)
    return read_cohort(
        features,
        None if files.outcomes is None else read_any_table(files.outcomes, files.patient),
        files.outcome,
        patient=files.patient,
        centre=files.centre,
        classes=files.classes,
        leave_out=files.leave_out,
        columns=files.columns,
        exactly=exactly,
        preset=str(made.get("preset") or ""),
        preset_sha256=str(made.get("preset_sha256") or ""),
        phantom=bool(made.get("phantom")),
    )


def read_any_table(path: Path, patient: str = "") -> pd.DataFrame:
    """Read a feature table, or any table with commas, semicolons or tabs between its columns.

    The names of patients are texts (007 stays 007), and BIDS's ``n/a`` is a missing value. With semicolons or tabs
    the decimal sign may be a comma, as spreadsheets of many countries write it.

    Raises:
        InputError: It is no such table, has decimal points and commas, or is empty.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                raise InputError(f"{path} is a workbook, no text: save the sheet as 'CSV UTF-8' and give that.")
        with path.open(encoding="utf-8-sig") as lines:
            separator = _separator(next(lines, ""))
        header = pd.read_csv(path, sep=separator, nrows=0, encoding="utf-8-sig").columns
        if set(KEY_COLUMNS) <= set(header) and separator == ",":
            return read_feature_table(path)
        texts = {name: str for name in (*_NAMES, patient) if name in header}
        options: dict[str, Any] = {"sep": separator, "encoding": "utf-8-sig", "dtype": texts, **_EXACT}
        table: pd.DataFrame = pd.read_csv(path, decimal=_decimal(path, separator, texts), **options)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not written in UTF-8: save it as 'CSV UTF-8' in the spreadsheet.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table ({error}).") from error
    if table.empty:
        raise InputError(f"{path} holds no row.")
    return table


def _separator(header: str) -> str:
    """Return the sign between the columns: the most frequent of comma, semicolon and tab outside quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=bare.count)


def _decimal(path: Path, separator: str, texts: Collection[str]) -> str:
    """Return the decimal sign of a table, whatever the names in its columns of texts look like.

    Raises:
        InputError: Some numbers have a point and others a comma.
    """
    if separator == ",":
        return "."
    cells = pd.read_csv(path, sep=separator, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    written = pd.Series(cells.drop(columns=[*texts]).to_numpy().ravel(), dtype=str).str.strip()
    commas, points = (
        written[written.str.fullmatch(rf"[+-]?\d+{sign}\d+(?:[eE][+-]?\d+)?")] for sign in (",", r"\.")
    )
    if len(commas) and len(points):
        raise InputError(
            f"{path} holds numbers with a decimal comma ({commas.iloc[0]}) and with a point ({points.iloc[0]}): "
            "write all of them alike."
        )
    return "," if len(commas) else "."


def made_with(table: Path) -> dict[str, Any]:
    """Return what the JSON file beside a feature table says: ``preset``, ``preset_sha256``, ``phantom``.

    Also ``parameters`` (the whole preset) and ``drawn_levels`` (which slices the readers drew), where it says so.

    It bears the table's name, or stands as ``provenance.json`` in its folder; empty where there is none.
    """
    for beside in (table.with_suffix(".json"), table.parent / "provenance.json"):
        try:
            record = json.loads(beside.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(record, dict):
            return {name: record.get(name) for name in _MADE_WITH}
    return {}


def read_reproducibility(
    icc: Path | None, readings: Sequence[Path], *, of_others: bool = False
) -> ReproducibilityTable | None:
    """Return where the ICC filter's numbers come from; None where nothing was given.

    Args:
        icc: A table as ``icc.csv`` of the command ``agreement``.
        readings: Feature tables of all readings, from which the ICC is computed in each training set anew.
        of_others: Whether none of the people behind ``icc`` is in the cohort.

    Raises:
        InputError: Both are given, or a file is no such table.
    """
    if icc is not None and readings:
        raise InputError("Give either an ICC table or the tables of all readings, not both.")
    if icc is not None:
        return ReproducibilityTable(icc=read_any_table(icc), of_others=of_others)
    if readings:
        return ReproducibilityTable(readings=read_reading_tables(readings), agreement=icc_of_readings)
    return None


def icc_of_readings(readings: pd.DataFrame) -> pd.DataFrame:
    """Return the ICC of every feature in all intra- and inter-reader comparisons, ICC(2,1)."""
    return feature_agreement(readings, AgreementParameters()).icc


def _of_reading(table: pd.DataFrame, reading: tuple[str, int]) -> pd.DataFrame:
    if not {"reader", "session"} <= set(table.columns):
        raise InputError("The table has no columns reader and session: no reading can be chosen.")
    name, session = reading
    chosen = (table["reader"].astype(str) == name) & (pd.to_numeric(table["session"]) == session)
    if not chosen.any():
        there = table[["reader", "session"]].drop_duplicates().astype(str).agg(":".join, axis="columns")
        raise InputError(f"The table has no reading {name}:{session}. There are: {', '.join(there)}.")
    return table[chosen]
