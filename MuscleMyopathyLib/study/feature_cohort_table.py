"""The cohort's table of features, to which one case after another is added: no row twice, no presets mixed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.output import write_json, write_table
from MuscleMyopathyLib.radiomics.feature_table import KEY_COLUMNS, feature_columns

_TEXTS = (*(name for name in KEY_COLUMNS if name != "session"), "problem", "warning")
_WHOLE = ("session", "voxel_count", "grey_levels")
_NAMED_DIFFERENCES = 3


@dataclass(frozen=True)
class Addition:
    """What became of the rows that were added.

    Attributes:
        added: Rows that the table did not have.
        replaced: Rows that it had with the same case, reading, sequence, structure and side, and other values.
        unchanged: Rows that it had already, value by value.
    """

    added: int
    replaced: int
    unchanged: int


def add_to_cohort_table(features: pd.DataFrame, provenance: dict[str, Any], path: Path) -> Addition:
    """Add a case's features to a CSV file, made if need be; the file is replaced whole or stays as it was.

    Args:
        features: A feature table (``radiomics.feature_table``).
        provenance: As `feature_outputs.write_features` leaves it; ``preset`` and ``preset_sha256`` decide whether
            the rows belong into this table, and stand beside it (``.json``).
        path: The CSV file.

    Raises:
        InputError: The file is no table of features, it was made with another preset, or its features differ.
        OutputError: It cannot be written.
    """
    beside = path.with_suffix(".json")
    preset = {name: provenance[name] for name in ("preset", "preset_sha256")}
    if not path.is_file():
        write_table(features, path)
        write_json(preset | {"parameters": provenance.get("parameters", {})}, beside)
        return Addition(len(features), 0, 0)
    _refuse_other_preset(path, beside, preset)
    there = read_feature_table(path)
    _refuse_other_features(path, there, features)
    columns = list(there.columns)
    new = _typed(features.reindex(columns=columns))
    keys, old_keys = _keys(new), _keys(there)
    present = keys.isin(old_keys)
    same = present & _same_rows(new, keys, there, old_keys)
    kept = there[~old_keys.isin(keys[~same])]
    table = pd.concat([kept, new[~same]], ignore_index=True)
    if not bool(same.all()):
        write_table(table, path)
    return Addition(int((~present).sum()), int((present & ~same).sum()), int(same.sum()))


def read_feature_table(path: Path) -> pd.DataFrame:
    """Read a feature table from CSV: key columns as texts, every number with all its digits.

    Raises:
        InputError: It cannot be read, or lacks a key column.
    """
    try:
        # As texts: a case may be called NA, and a number keeps all its digits only in Python's own reading.
        texts = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table ({error}).") from error
    missing = [name for name in KEY_COLUMNS if name not in texts.columns]
    if missing:
        raise InputError(
            f"{path} is no table of features: it has no column {', '.join(missing)}. Choose another file."
        )
    try:
        return _typed(texts)
    except ValueError as error:
        raise InputError(f"{path} holds a text where a feature should be ({error}).") from error


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with whole numbers as such, texts as they are, and features as decimal numbers."""
    columns: dict[str, pd.Series[Any]] = {}
    for name in table.columns:
        if name in _TEXTS:
            columns[name] = table[name].fillna("").astype(str)
        elif name in _WHOLE:
            columns[name] = pd.to_numeric(table[name]).astype("Int64")
        else:
            columns[name] = table[name].replace("", "nan").astype(float)
    return pd.DataFrame(columns)


def _refuse_other_preset(path: Path, beside: Path, preset: dict[str, Any]) -> None:
    if not beside.is_file():
        return
    try:
        of_table = json.loads(beside.read_text(encoding="utf-8"))
        made_with, name = of_table["preset_sha256"], of_table["preset"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{beside} does not say which preset {path.name} was made with ({error}).") from error
    if made_with != preset["preset_sha256"]:
        raise InputError(
            f"{path} holds features made with the preset {name}, and these were made with {preset['preset']} or "
            "another version of it. Features of different settings are not comparable: choose another file."
        )


def _refuse_other_features(path: Path, there: pd.DataFrame, features: pd.DataFrame) -> None:
    held, made = feature_columns(there), feature_columns(features)
    different = [name for name in held if name not in set(made)] + [name for name in made if name not in set(held)]
    if different:
        named = ", ".join(different[:_NAMED_DIFFERENCES])
        more = f" and {len(different) - _NAMED_DIFFERENCES} more" if len(different) > _NAMED_DIFFERENCES else ""
        raise InputError(
            f"{path} has other features than this case: {named}{more} are in one of them only. "
            "Choose another file, or extract with the same preset."
        )


def _keys(table: pd.DataFrame) -> pd.Series[Any]:
    texts = table[list(KEY_COLUMNS)].astype({"session": int}).astype(str)
    return texts.agg("\t".join, axis="columns") if len(table) else pd.Series([], dtype=str)


def _same_rows(
    new: pd.DataFrame, keys: pd.Series[Any], there: pd.DataFrame, old_keys: pd.Series[Any]
) -> pd.Series[Any]:
    """Tell for each new row whether the table holds it with the same value in every column."""
    columns = [name for name in there.columns if name not in KEY_COLUMNS]
    old = there.set_axis(old_keys)[columns]
    rows = []
    for key, (_, row) in zip(keys, new[columns].iterrows(), strict=True):
        held = old.loc[[key]].iloc[0] if key in old.index else None
        rows.append(held is not None and all(_equal(row[name], held[name]) for name in columns))
    return pd.Series(rows, index=new.index, dtype=bool)


def _equal(first: Any, second: Any) -> bool:
    if pd.isna(first) or pd.isna(second):
        return bool(pd.isna(first) and pd.isna(second))
    return bool(first == second)
