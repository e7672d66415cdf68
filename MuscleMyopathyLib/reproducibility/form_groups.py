"""Scores of groups of cases: means per muscle with Mann–Whitney tests and Holm's correction, and the heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_agreement import Rater


def compare_groups(scores: pd.DataFrame, groups: Mapping[str, str], rater: Rater) -> pd.DataFrame:
    """Compare every muscle's score between every two groups, as Wei's group table.

    A case's score of a muscle is the mean over its sides that were scored. The test is the two-sided Mann–Whitney
    U test in its normal approximation with correction for ties and without that for continuity (as SPSS computes
    it); Holm's correction (Scand J Stat 1979;6:65) covers all rows of the table.

    Args:
        scores: As `form_readings.study_scores` returns it.
        groups: Diagnosis by case; cases that are missing here are left out.
        rater: Whose scores.

    Returns:
        Columns ``structure``, ``first_group``, ``second_group``, and for each of the two ``n``, ``mean``, ``sd``
        and ``median``; ``u``, ``p``, ``p_holm``, ``problem``.

    Raises:
        InputError: The rater's cases do not fall into at least two groups.
    """
    values = _case_scores(scores, groups, rater)
    names = list(dict.fromkeys(group for case, group in groups.items() if case in set(values["case"])))
    if len(names) < 2:
        raise InputError(f"Comparing groups needs at least two diagnoses among the cases; found: {names}.")
    rows = []
    for structure in dict.fromkeys(values["structure"]):
        of_structure = values[values["structure"] == structure]
        for first, second in combinations(names, 2):
            samples = [
                of_structure.loc[of_structure["group"] == name, "score"].to_numpy() for name in (first, second)
            ]
            row: dict[str, object] = {"structure": structure, "first_group": first, "second_group": second}
            for which, sample in zip(("first", "second"), samples, strict=True):
                row |= _summary(which, sample)
            rows.append({**row, **_mann_whitney(*samples)})
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"].to_numpy(dtype=np.float64))
    return table[[*(name for name in table if name != "problem"), "problem"]]


def holm(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return p-values corrected for multiple tests by Holm's step-down method; NaN is no test.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    corrected = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(np.isfinite(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return corrected


@dataclass(frozen=True)
class HeatMap:
    """Scores of one rater, ready to draw.

    Attributes:
        scores: Rows are muscles and sides (index ``structure``, ``side``, in the order of the scale), columns are
            cases: by diagnosis in the order given, within it by falling total. NaN is not scored.
        diagnoses: Diagnosis of each column.
    """

    scores: pd.DataFrame
    diagnoses: tuple[str, ...]


def heat_map(
    scores: pd.DataFrame, groups: Mapping[str, str], rater: Rater, order: Sequence[str] | None = None
) -> HeatMap:
    """Arrange the scores of one rater as muscle × case, ordered by diagnosis.

    Args:
        scores: As `form_readings.study_scores` returns it.
        groups: Diagnosis by case; a case that is missing here stands last, under "".
        rater: Whose scores.
        order: Diagnoses from left to right; by default as they first appear in ``groups``.

    Raises:
        InputError: The rater has no scores.
    """
    chosen = _of(scores, rater)
    wide = chosen.pivot(index=["structure", "side"], columns="case", values="score")
    rows = list(dict.fromkeys(zip(chosen["structure"], chosen["side"], strict=True)))
    ranks = {name: rank for rank, name in enumerate(order or dict.fromkeys(groups.values()))}
    totals = wide.sum()
    cases = sorted(
        wide.columns, key=lambda case: (ranks.get(groups.get(case, ""), len(ranks)), -totals[case], case)
    )
    arranged = wide.reindex(index=pd.MultiIndex.from_tuples(rows, names=["structure", "side"]), columns=cases)
    return HeatMap(arranged, tuple(groups.get(case, "") for case in cases))


def _of(scores: pd.DataFrame, rater: Rater) -> pd.DataFrame:
    chosen = scores[(scores["reader"] == rater.reader) & (scores["session"] == rater.session)]
    if chosen.empty:
        raise InputError(f"There are no scores by {rater}.")
    return chosen


def _case_scores(scores: pd.DataFrame, groups: Mapping[str, str], rater: Rater) -> pd.DataFrame:
    chosen = _of(scores, rater).dropna(subset=["score"])
    chosen = chosen[chosen["case"].isin(list(groups))]
    means = chosen.groupby(["structure", "case"], sort=False)["score"].mean().reset_index()
    return means.assign(group=means["case"].map(dict(groups)))


def _summary(which: str, sample: npt.NDArray[np.float64]) -> dict[str, object]:
    return {
        f"{which}_n": sample.size,
        f"{which}_mean": float(sample.mean()) if sample.size else np.nan,
        f"{which}_sd": float(sample.std(ddof=1)) if sample.size > 1 else np.nan,
        f"{which}_median": float(np.median(sample)) if sample.size else np.nan,
    }


def _mann_whitney(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> dict[str, object]:
    if min(first.size, second.size) == 0:
        return {"u": np.nan, "p": np.nan, "problem": "one of the groups has no score of this muscle"}
    if np.unique(np.concatenate([first, second])).size == 1:
        return {"u": np.nan, "p": np.nan, "problem": "every case has the same score"}
    test = stats.mannwhitneyu(first, second, alternative="two-sided", method="asymptotic", use_continuity=False)
    return {"u": float(test.statistic), "p": float(test.pvalue), "problem": ""}
