"""A form as tidy tables: one row per target, and its sum scores."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.scoring.answers import State
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.scale import Target, TargetKind


def score_table(form: Form) -> pd.DataFrame:
    """Return one row per target of the scale, also of those that are not scored.

    Returns:
        Columns ``scale``, ``version``, ``region``, ``structure`` (the item's id where the target is no muscle),
        ``side``, ``state``, ``code``, ``score`` (rank of the level, or the number; NaN without a score),
        ``unit``, ``outside_normal`` (below, above or ""), ``reason`` (why not assessable), ``suggested_code``,
        ``suggested_score`` and ``suggested_share_percent`` (of fat voxels).
    """
    rows = []
    for target in form.scale.targets:
        answer, suggestion = form.answer(target.id), form.suggestions.get(target.id)
        rows.append(
            {
                "scale": form.scale.id,
                "version": form.scale.version,
                "region": str(_region(target) or ""),
                "structure": target.structure.code if target.structure else target.id,
                "side": str(target.side or ""),
                "state": str(answer.state),
                "code": _code(target, answer.value),
                "score": _score(target, answer.value),
                "unit": target.unit,
                "outside_normal": _outside_normal(target, answer.value),
                "reason": answer.reason,
                "suggested_code": suggestion.code if suggestion else "",
                "suggested_score": target.level(suggestion.code).value if suggestion else float("nan"),
                "suggested_share_percent": suggestion.share_percent if suggestion else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def sum_scores(form: Form) -> pd.DataFrame:
    """Return the sum scores of a form, such as the T1 sum score of all muscles, by region and side.

    Returns:
        Columns ``scale``, ``sum`` (its name), ``region`` ("" for all), ``side`` ("both" for both together, "" for
        items), ``score`` (sum of the levels' values over the targets scored), ``maximum`` (if all of these were at
        the highest level), ``scored``, ``targets`` and ``problem`` in words where not all are scored: then the sum
        is too low to be compared. No row where the scale has no sum.
    """
    if not form.scale.sum_name:
        return pd.DataFrame(columns=_SUM_COLUMNS)
    sides = list(dict.fromkeys(target.side for target in form.scale.targets if target.side))
    regions = list(dict.fromkeys(region for target in form.scale.targets if (region := _region(target))))
    if not sides:
        return pd.DataFrame([_sum_row(form, form.scale.targets, None, "")], columns=_SUM_COLUMNS)
    rows = []
    for region in [None, *regions] if len(regions) > 1 else [None]:
        of_region = [target for target in form.scale.targets if region in (None, _region(target))]
        for side in dict.fromkeys([Side.BOTH, *sides]):
            chosen = [target for target in of_region if side in (Side.BOTH, target.side)]
            rows.append(_sum_row(form, chosen, region, str(side)))
    return pd.DataFrame(rows, columns=_SUM_COLUMNS)


_SUM_COLUMNS = ["scale", "sum", "region", "side", "score", "maximum", "scored", "targets", "problem"]


def _sum_row(form: Form, targets: Iterable[Target], region: Region | None, side: str) -> dict[str, object]:
    targets = list(targets)
    scored = [target for target in targets if form.answer(target.id).state is State.SCORED]
    missing = len(targets) - len(scored)
    return {
        "scale": form.scale.id,
        "sum": form.scale.sum_name,
        "region": str(region or ""),
        "side": side,
        "score": sum(target.level(str(form.answer(target.id).value)).value for target in scored),
        "maximum": sum(target.levels[-1].value for target in scored),
        "scored": len(scored),
        "targets": len(targets),
        "problem": f"{missing} of {len(targets)} targets have no score" if missing else "",
    }


def _region(target: Target) -> Region | None:
    return target.structure.type.regions[0] if target.structure else None


def _code(target: Target, value: object) -> str:
    if value is None or target.kind is TargetKind.NUMBER:
        return ""
    if target.kind is TargetKind.YES_NO:
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _score(target: Target, value: object) -> float:
    if target.kind is TargetKind.LEVEL and isinstance(value, str):
        return float(target.level(value).value)
    if target.kind is TargetKind.NUMBER and isinstance(value, float):
        return value
    return float("nan")


def _outside_normal(target: Target, value: object) -> str:
    if target.normal is None or not isinstance(value, float) or value in target.normal:
        return ""
    below = target.normal.low is not None and value < target.normal.low
    return "below" if below else "above"
