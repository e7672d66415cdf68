"""The readers' scores of one case: from a study of readings, or from the table that ``score export`` writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_readings import forms_of_study, study_scores
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.scoring.scale_files import available_scales, read_scale

COLUMNS = (
    "case",
    "reader",
    "session",
    "scale",
    "structure",
    "side",
    "state",
    "code",
    "score",
    "reason",
    "suggested_code",
    "suggested_share_percent",
)
"""What the report needs of a table of scores."""

_TEXTS = ("case", "reader", "scale", "structure", "side", "state", "code", "reason", "suggested_code")


def read_case_scores(path: Path, identifier: str) -> pd.DataFrame:
    """Return all scores of a case, as the report takes them.

    Args:
        path: Folder of a study of readings, or a CSV file of ``score export``.
        identifier: The case.

    Raises:
        InputError: There are no scores, none of this case, or the table lacks a column.
    """
    scores = _of_study(path) if path.is_dir() else _of_table(path)
    own = scores[scores["case"] == identifier].reset_index(drop=True)
    if own.empty:
        cases = ", ".join(sorted(scores["case"].unique()))
        raise InputError(f"{path} holds no scores of the case {identifier}; it holds those of: {cases}.")
    return own


def _of_study(folder: Path) -> pd.DataFrame:
    study = ReadingStudy(folder)
    tables = []
    for name in available_scales():
        forms, _ = forms_of_study(study, read_scale(name))
        if forms:
            tables.append(study_scores(forms))
    if not tables:
        raise InputError(f"{folder} holds no form on a shipped scale. Give the study's folder.")
    return pd.concat(tables, ignore_index=True)


def _of_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(_TEXTS, str))
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no CSV table: {error}") from error
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"{path} is no table of scores: it lacks {', '.join(missing)}. "
            "Write it with 'muscle-myopathy score export'."
        )
    table[list(_TEXTS)] = table[list(_TEXTS)].fillna("")
    return table
