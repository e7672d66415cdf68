"""What a radiologist reads first: fat fraction of the whole muscle, the most affected muscles, asymmetry."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from MuscleMyopathyLib.anatomy import Kind, Side, structure_type
from MuscleMyopathyLib.report.formatting import number


@dataclass(frozen=True)
class WholeMuscle:
    """The whole muscle of one side, as text; ``times`` are name, glossary key and median of T2 and water T2."""

    side: Side
    ff_mean: str
    ff_ratio_of_sums: str
    volume: str
    times: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Summary:
    """The report's first lines.

    Attributes:
        whole_muscle: Left and right, or what is undivided; empty without a whole-muscle region.
        most_affected: The muscles with the highest mean fat fraction, highest first: name and percent.
        most_different: The muscle whose sides differ most: name, difference in percentage points and the side with
            more fat; None without a muscle measured on both sides.
        problem_count: Rows of the problem table.
    """

    whole_muscle: tuple[WholeMuscle, ...]
    most_affected: tuple[tuple[str, str], ...]
    most_different: tuple[str, str, Side] | None
    problem_count: int


def summarize(
    measures: pd.DataFrame, problems: pd.DataFrame, map_measures: pd.DataFrame | None = None, affected: int = 3
) -> Summary:
    """Return the summary of a case's measures; fat fractions are means of the voxelwise ratios."""
    whole = measures[measures["structure"] == "MUSCLE"]
    by_whole = {Side(row["side"]): row for _, row in whole.iterrows()}
    divided = any(side is not Side.BOTH for side in by_whole)
    muscles = measures[
        measures["structure"].map(lambda code: structure_type(code).kind is Kind.MUSCLE)
        & measures["ff_mean_percent"].notna()
    ]
    by_side = muscles[muscles["side"] != Side.BOTH]
    ranked = (muscles if by_side.empty else by_side).sort_values("ff_mean_percent", ascending=False)
    return Summary(
        whole_muscle=tuple(
            WholeMuscle(
                side,
                number(row["ff_mean_percent"]),
                number(row["ff_ratio_of_sums_percent"]),
                number(row["volume_cm3"], 0),
                _times(map_measures, side),
            )
            for side, row in sorted(by_whole.items())
            if (side is not Side.BOTH) == divided
        ),
        most_affected=tuple(
            (_name(row["structure"], Side(row["side"])), number(row["ff_mean_percent"]))
            for _, row in ranked.head(affected).iterrows()
        ),
        most_different=_most_different(by_side),
        problem_count=len(problems),
    )


def _times(measures: pd.DataFrame | None, side: Side) -> tuple[tuple[str, str, str], ...]:
    """Return the median T2 and water T2 of the whole muscle of a side, of the first sequence that gives them."""
    if measures is None or measures.empty:
        return ()
    own = measures[(measures["structure"] == "MUSCLE") & (measures["side"] == side)]
    found = []
    for name, measure, column in (
        ("water T2", "water-t2", "water_t2_median_ms"),
        ("T2", "t2", "t2_median_ms"),
    ):
        values = own[column].dropna() if column in own else own["volume_cm3"].iloc[:0]
        if len(values):
            found.append((name, measure, number(float(values.iloc[0]))))
    return tuple(found)


def _name(code: str, side: Side) -> str:
    name = structure_type(code).name
    return name if side is Side.BOTH else f"{name}, {side}"


def _most_different(by_side: pd.DataFrame) -> tuple[str, str, Side] | None:
    means = by_side.pivot(index="structure", columns="side", values="ff_mean_percent")
    if not {Side.LEFT, Side.RIGHT} <= set(means.columns):
        return None
    difference = (means[Side.LEFT] - means[Side.RIGHT]).dropna()
    if difference.empty:
        return None
    code = str(difference.abs().idxmax())
    side = Side.LEFT if difference[code] > 0 else Side.RIGHT
    return structure_type(code).name, number(abs(difference[code])), side
