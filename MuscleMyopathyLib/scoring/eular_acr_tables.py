"""EULAR/ACR classification of a file: a CSV with one row per case, or one filled form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError, MuscleMyopathyError
from MuscleMyopathyLib.scoring.eular_acr import SCALE_ID, classify, sheet_of_form
from MuscleMyopathyLib.scoring.form_files import read_form
from MuscleMyopathyLib.scoring.scale_files import read_scale

_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": None, "n/a": None}


def classify_file(path: Path) -> pd.DataFrame:
    """Classify every case of a CSV, or the one of a form's JSON.

    Args:
        path: A CSV with the column ``case`` and items of the scale ``eular-acr-2017`` as columns (``yes``, ``no``,
            empty for unknown; ``age_at_onset`` in years), or a filled form of that scale.

    Returns:
        As `classification_table`; a row that cannot be classified says why in ``problem``.

    Raises:
        InputError: The file cannot be read, or lacks the column ``case``.
    """
    if path.suffix.lower() == ".json":
        return classification_table({"": sheet_of_form(read_form(read_scale(SCALE_ID), path))})
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}.") from error
    if "case" not in table:
        raise InputError(f"{path} has no column 'case'. It has: {', '.join(map(str, table.columns))}.")
    if table["case"].duplicated().any():
        raise InputError(f"{path} names the case {table['case'][table['case'].duplicated()].iloc[0]!r} twice.")
    rows = table.set_index("case").to_dict("index")
    return classification_table(
        {str(case): {str(k): _read(k, v) for k, v in row.items()} for case, row in rows.items()}
    )


def classification_table(sheets: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Classify many sheets.

    Args:
        sheets: By case, each as `eular_acr.classify` takes it.

    Returns:
        Columns ``case``, ``with_biopsy`` (yes, no or unknown), ``score_low``, ``score_high``,
        ``probability_low``, ``probability_high`` (0 to 1), ``category`` and ``subgroup`` (all that are open,
        separated by " or "), ``unknown`` (items without an answer), ``remarks``, ``problem``.
    """
    rows: list[dict[str, object]] = []
    for case, sheet in sheets.items():
        try:
            found = classify(sheet)
        except MuscleMyopathyError as error:
            rows.append({"case": case, "problem": str(error)})
            continue
        rows.append(
            {
                "case": case,
                "with_biopsy": {True: "yes", False: "no", None: "unknown"}[found.with_biopsy],
                "score_low": found.score.low,
                "score_high": found.score.high,
                "probability_low": found.probability.low,
                "probability_high": found.probability.high,
                "category": " or ".join(found.categories),
                "subgroup": " or ".join(found.subgroups),
                "unknown": " ".join(found.unknown),
                "remarks": " ".join(found.remarks),
                "problem": "",
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "case",
    "with_biopsy",
    "score_low",
    "score_high",
    "probability_low",
    "probability_high",
    "category",
    "subgroup",
    "unknown",
    "remarks",
    "problem",
]


def _read(item: Any, text: str) -> Any:
    """Return a cell's answer; what is no answer stays text, which the classification refuses in words."""
    word = text.strip().lower()
    if item == "age_at_onset" and word not in ("", "n/a"):
        try:
            return float(word)
        except ValueError:
            return text
    return _WORDS.get(word, text)
