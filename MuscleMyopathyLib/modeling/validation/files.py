"""A validation on disk: one folder, tables as CSV, the rest as JSON; read back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.recipe import recipe_from_mapping, recipe_to_mapping
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import PREDICTION_KEYS, ValidationResult
from MuscleMyopathyLib.output import write_json, write_table

RECORD = "validation.json"
_TABLES = ("predictions", "scores", "summary", "confusion", "stability", "problems", "permutation")
_TEXTS = {*PREDICTION_KEYS, "metric", "class", "interval", "feature", "problem"} - {"repeat", "fold", "sample"}

# Before pandas 3.1 numbers came back with another last digit unless asked for exactly; since then asking warns.
_PANDAS = tuple(int(number) for number in pd.__version__.split(".")[:2])
_EXACT: dict[str, Any] = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}


def write_validation(result: ValidationResult, folder: Path) -> None:
    """Write a result: one CSV file per table, and ``validation.json`` last.

    Raises:
        OutputError: The folder cannot be written.
    """
    for name in _TABLES:
        table = getattr(result, name)
        if table.columns.empty:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        else:
            write_table(table, folder / f"{name}.csv")
    write_json(
        {
            "version": __version__,
            "recipe": recipe_to_mapping(result.recipe),
            "mode": str(result.mode),
            "classes": list(result.classes),
            "data": result.data_note,
            "notes": list(result.notes),
            "phantom": result.phantom,
            "feature_set": result.feature_set,
            "seed": result.seed,
        },
        folder / RECORD,
    )


def read_validation(folder: Path) -> ValidationResult:
    """Read a result that `write_validation` wrote.

    Raises:
        InputError: The folder holds none, or a damaged one.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        tables = {name: _table(folder / f"{name}.csv") for name in _TABLES}
        return ValidationResult(
            recipe=recipe_from_mapping(record["recipe"]),
            mode=Mode(record["mode"]),
            classes=tuple(record["classes"]),
            data_note=record["data"],
            notes=tuple(record["notes"]),
            phantom=bool(record["phantom"]),
            feature_set=record["feature_set"],
            seed=int(record["seed"]),
            **tables,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder} holds no validation that can be read ({error}).") from error


def _table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame()
    header = pd.read_csv(path, nrows=0).columns
    texts = [name for name in header if name in _TEXTS]
    table: pd.DataFrame = pd.read_csv(path, dtype=dict.fromkeys(texts, str), keep_default_na=True, **_EXACT)
    for name in texts:
        # An empty class means "of the whole"; a text that a spreadsheet would run has an apostrophe before it.
        table[name] = table[name].fillna("").str.replace(r"^'(?=[=+\-@\t\r])", "", regex=True).astype(object)
    return table
