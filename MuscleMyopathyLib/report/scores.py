"""The readers' scores as they stand on the page: a row per muscle, left and right, beside the fat fraction."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Side, structure_type
from MuscleMyopathyLib.report.formatting import MISSING, number, text

READING = ["scale", "reader", "session"]
SIDES = (Side.LEFT, Side.RIGHT)
_STATES = {"not scored": MISSING, "not assessable": "n. a."}


@dataclass(frozen=True)
class ScoreCell:
    """One muscle of one side.

    Attributes:
        score: Code that the reader gave; "n. a." where it is not assessable, a dash where it is not scored.
        reason: Why it is not assessable.
        suggested: Suggested code with the share of fat voxels, or "".
        differs: Whether the suggestion is another level than the reader's.
        ff_mean: Mean fat fraction in percent, or a dash.
    """

    score: str
    reason: str
    suggested: str
    differs: bool
    ff_mean: str


_NOTHING = ScoreCell(MISSING, "", "", False, MISSING)


@dataclass(frozen=True)
class ScoreRow:
    """A muscle by side (left, right), or an item with one cell; None where the scale has no such target."""

    name: str
    cells: tuple[ScoreCell | None, ...]


@dataclass(frozen=True)
class ScoreTable:
    """The scores of one reading on one scale.

    Attributes:
        title: Scale, reader, session.
        sides: ``left`` and ``right``; empty for a scale of items.
        rows: Muscles in anatomical order, or items in the order of the scale; those of which nothing is known,
            such as the calf in an examination of the thigh, are left out.
        has_suggestions: Whether any score was suggested.
        progress: How many were answered, e.g. "33 of 34".
    """

    title: str
    sides: tuple[Side, ...]
    rows: tuple[ScoreRow, ...]
    has_suggestions: bool
    progress: str


def score_tables(scores: pd.DataFrame, measures: pd.DataFrame) -> list[ScoreTable]:
    """Return a table per reading and scale.

    Args:
        scores: Columns of `scoring.score_tables.score_table` and ``reader``, ``session``.
        measures: The case's measures; a muscle's mean fat fraction stands beside its score where it was measured.
    """
    fractions = {(row["structure"], row["side"]): row["ff_mean_percent"] for row in measures.to_dict("records")}
    tables = []
    for (scale, reader, session), group in scores.groupby(READING, sort=False):
        by_target = {(row["structure"], text(row["side"])): row for row in group.to_dict("records")}
        sided = any(side for _structure, side in by_target)
        rows = []
        for structure in _in_order(group["structure"]):
            keys = [(structure, str(side)) for side in SIDES] if sided else [(structure, "")]
            cells = tuple(_cell(by_target[key], fractions.get(key)) if key in by_target else None for key in keys)
            if any(cell and cell != _NOTHING for cell in cells):
                rows.append(ScoreRow(structure_type(structure).name if sided else structure, cells))
        answered = int((group["state"] != "not scored").sum())
        tables.append(
            ScoreTable(
                title=f"{scale}, reader {reader}, session {session}",
                sides=SIDES if sided else (),
                rows=tuple(rows),
                has_suggestions=any(cell.suggested for row in rows for cell in row.cells if cell),
                progress=f"{answered} of {len(group)}",
            )
        )
    return tables


def _in_order(structures: pd.Series) -> list[str]:
    """Return the muscles in the order of `anatomy`; items, which are none of these, as they come."""
    order = {kind.code: place for place, kind in enumerate(STRUCTURE_TYPES)}
    return sorted(dict.fromkeys(structures), key=lambda code: order.get(code, len(order)))


def _cell(row: dict[Hashable, Any], fraction: float | None) -> ScoreCell:
    code, suggested = text(row["code"]), text(row["suggested_code"])
    state = str(row["state"])
    value = row["score"]
    scored = code or (number(value, 1) if isinstance(value, float) else MISSING)
    share = row["suggested_share_percent"]
    return ScoreCell(
        score=_STATES.get(state, scored),
        reason=text(row["reason"]),
        suggested=f"{suggested} ({number(share, 0)} %)" if suggested and isinstance(share, float) else "",
        differs=bool(suggested) and state == "scored" and suggested != code,
        ff_mean=number(fraction),
    )
