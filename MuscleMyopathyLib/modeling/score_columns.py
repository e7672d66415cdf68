"""Scores of a reading form as features: a column per muscle and side (``thigh.mercuri-modified.VL_left``)."""

from __future__ import annotations

import pandas as pd

from MuscleMyopathyLib.errors import InputError

_KEYS = ("case", "scale", "region", "structure", "side", "score")
_READING = ("reader", "session")


def is_score_table(table: pd.DataFrame) -> bool:
    """Tell whether a table holds scores as ``muscle-myopathy score export`` writes them, one row per muscle."""
    return set(_KEYS) <= set(table.columns)


def score_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per case and reading, one column per scored target; what was not assessable is missing.

    Args:
        table: ``case``, ``scale``, ``region``, ``structure``, ``side``, ``score``; if there, ``reader`` and
            ``session``.

    Raises:
        InputError: A target is scored twice in one reading, or the table holds no score.
    """
    keys = ["case", *(name for name in _READING if name in table.columns)]
    region = table["region"].fillna("").astype(str)
    parts = (region + ".").where(region != "", "") + table["scale"].astype(str)
    side = table["side"].fillna("").astype(str)
    names = parts + "." + table["structure"].astype(str) + ("_" + side).where(side != "", "")
    rows = table[keys].assign(target=names, score=pd.to_numeric(table["score"], errors="coerce"))
    if rows["score"].notna().sum() == 0:
        raise InputError("The table of scores holds no score.")
    twice = rows[rows.duplicated([*keys, "target"])]
    if not twice.empty:
        first = twice.iloc[0]
        raise InputError(f"{first['target']} of {first['case']} is scored twice: which score is meant?")
    wide = rows.pivot(index=keys, columns="target", values="score")
    ordered = wide.reindex(columns=list(dict.fromkeys(rows["target"])))
    return ordered.rename_axis(columns=None).reset_index()
