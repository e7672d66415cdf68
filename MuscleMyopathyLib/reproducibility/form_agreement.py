"""Agreement of two raters' forms: kappa per muscle and side and overall, percent agreement, cross-tables.

A rater is a reader in one session, or the scores suggested from the fat-fraction map. Sides and muscles of one
case are not independent: where several targets of a case are pooled, the confidence interval comes from leaving
out one case at a time (jackknife; Efron & Tibshirani 1993, chapter 11), not from the large-sample formula,
which would be too narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.kappa import Kappa, Weights, kappa_of_table
from MuscleMyopathyLib.scoring.scale import Level, Scale, TargetKind

ALL = "all"


class Rater(NamedTuple):
    """A reader in one session."""

    reader: str
    session: int

    def __str__(self) -> str:
        return f"{self.reader}, session {self.session}"


SUGGESTED = Rater("suggested", 0)
"""Stands for the scores suggested to the first rater, read from the same forms."""


@dataclass(frozen=True)
class FormAgreement:
    """Agreement of two raters on one scale.

    Attributes:
        kappa: One row per target set and weighting: ``structure`` (``all`` pools the muscles), ``side`` (``both``
            pools the sides; "" for items), ``weights``, ``kappa``, ``ci_low``, ``ci_high``, ``ci_method``,
            ``agreement_percent``, ``count`` (scored by both), ``cases``, ``band`` (Landis & Koch 1977),
            ``problem``.
        cross_tables: ``structure``, ``side``, ``first_code``, ``second_code``, ``count``: how often the raters
            gave each pair of levels; every pair has a row.
    """

    kappa: pd.DataFrame
    cross_tables: pd.DataFrame


def form_agreement(
    scores: pd.DataFrame, scale: Scale, first: Rater, second: Rater, confidence: float = 0.95
) -> FormAgreement:
    """Compare two raters target by target over the cases that both scored.

    Args:
        scores: As `form_readings.study_scores` returns it.
        scale: The scale of the scores; its targets must be scored by levels.
        first: First rater.
        second: Second rater, or `SUGGESTED` for what was suggested to the first.
        confidence: Level of the confidence intervals.

    Raises:
        InputError: A rater has no form, the raters share no case, or the scale has no levels.
    """
    pairs = _pairs(scores, scale, first, second)
    kappas: list[dict[str, object]] = []
    crossed = []
    for structure, side, levels, group in _groups(pairs, scale):
        counts = _counts(group, levels)
        table = counts.sum(axis=0)
        key = {"structure": structure, "side": side}
        for weights in Weights:
            kappas.append({**key, "weights": str(weights), **_row(counts, weights, confidence)})
        crossed += [
            {**key, "first_code": one.code, "second_code": other.code, "count": int(table[i, j])}
            for i, one in enumerate(levels)
            for j, other in enumerate(levels)
        ]
    return FormAgreement(pd.DataFrame(kappas), pd.DataFrame(crossed))


def raters_of(scores: pd.DataFrame) -> list[Rater]:
    """Return the readers and sessions in a table of scores, in alphabetical order."""
    pairs = scores[["reader", "session"]].drop_duplicates().itertuples(index=False)
    return sorted(Rater(str(reader), int(session)) for reader, session in pairs)


def landis_koch_band(kappa: float) -> str:
    """Return the words of Landis & Koch (Biometrics 1977;33:159) for a kappa; "" for NaN.

    >>> landis_koch_band(0.83), landis_koch_band(0.45)
    ('almost perfect', 'moderate')
    """
    if np.isnan(kappa):
        return ""
    for upper, band in ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial")):
        if kappa <= upper:
            return band
    return "almost perfect"


def _pairs(scores: pd.DataFrame, scale: Scale, first: Rater, second: Rater) -> pd.DataFrame:
    """Return one row per case and target: structure, side, first_score, second_score (NaN: not scored)."""
    keys = ["case", "structure", "side"]
    one = _of_rater(scores, first)
    if second == SUGGESTED:
        merged = one.assign(first_score=one["score"], second_score=one["suggested_score"])
    else:
        other = _of_rater(scores, second)[[*keys, "score"]]
        merged = one[[*keys, "score"]].merge(other, on=keys, suffixes=("_first", "_second"))
        merged = merged.rename(columns={"score_first": "first_score", "score_second": "second_score"})
    if merged.empty:
        raise InputError(f"{first} and {second} scored no case in common.")
    ordinal = [target for target in scale.targets if target.kind is TargetKind.LEVEL]
    if not ordinal:
        raise InputError(f"{scale.name} has no targets that are scored by levels: there is no kappa.")
    names = {(t.structure.code if t.structure else t.id) for t in ordinal}
    return merged[merged["structure"].isin(names)][[*keys, "first_score", "second_score"]]


def _of_rater(scores: pd.DataFrame, rater: Rater) -> pd.DataFrame:
    chosen = scores[(scores["reader"] == rater.reader) & (scores["session"] == rater.session)]
    if chosen.empty:
        known = "; ".join(map(str, raters_of(scores))) or "nobody"
        raise InputError(f"There is no form by {rater}. There are forms by: {known}.")
    return chosen


def _groups(pairs: pd.DataFrame, scale: Scale) -> Iterator[tuple[str, str, Sequence[Level], pd.DataFrame]]:
    """Yield every target, every muscle with its sides pooled, and everything pooled where one scale serves all."""
    targets = [target for target in scale.targets if target.kind is TargetKind.LEVEL]
    by_name: dict[str, list[tuple[str, Sequence[Level]]]] = {}
    for target in targets:
        name = target.structure.code if target.structure else target.id
        by_name.setdefault(name, []).append((str(target.side or ""), target.levels))
    for name, sides in by_name.items():
        of_structure = pairs[pairs["structure"] == name]
        for side, levels in sides:
            yield name, side, levels, of_structure[of_structure["side"] == side]
        if len(sides) > 1:
            yield name, "both", sides[0][1], of_structure
    if len({target.levels for target in targets}) == 1 and len(by_name) > 1:
        yield ALL, "both" if targets[0].structure else "", targets[0].levels, pairs


def _counts(group: pd.DataFrame, levels: Sequence[Level]) -> npt.NDArray[np.int64]:
    """Return a table of counts for each case: (case, first rater's level, second rater's level)."""
    scored = group.dropna(subset=["first_score", "second_score"])
    cases = {case: number for number, case in enumerate(scored["case"].unique())}
    rank = {level.value: position for position, level in enumerate(levels)}
    counts = np.zeros((len(cases), len(levels), len(levels)), dtype=np.int64)
    for case, one, other in zip(scored["case"], scored["first_score"], scored["second_score"], strict=True):
        counts[cases[case], rank[int(one)], rank[int(other)]] += 1
    return counts


def _row(counts: npt.NDArray[np.int64], weights: Weights, confidence: float) -> dict[str, object]:
    total = counts.sum(axis=0)
    found = kappa_of_table(total, weights, confidence)
    pooled = bool((counts.sum(axis=(1, 2)) > 1).any())
    low, high, problem = found.ci_low, found.ci_high, found.problem
    if pooled and not problem:
        low, high, problem = _jackknife_interval(counts, total, found, weights, confidence)
    return {
        "kappa": found.kappa,
        "ci_low": low,
        "ci_high": high,
        "ci_method": "jackknife over cases" if pooled else "large-sample",
        "agreement_percent": 100 * found.agreement,
        "count": found.count,
        "cases": len(counts),
        "band": landis_koch_band(found.kappa),
        "problem": problem,
    }


def _jackknife_interval(
    counts: npt.NDArray[np.int64],
    total: npt.NDArray[np.int64],
    found: Kappa,
    weights: Weights,
    confidence: float,
) -> tuple[float, float, str]:
    left_out = np.array([kappa_of_table(total - of_case, weights).kappa for of_case in counts])
    n = len(left_out)
    if n < 2 or not np.isfinite(left_out).all():
        return np.nan, np.nan, "too few cases for a confidence interval of pooled targets"
    standard_error = np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean()) ** 2))
    reach = float(stats.t.ppf((1 + confidence) / 2, n - 1) * standard_error)
    return max(-1.0, found.kappa - reach), min(1.0, found.kappa + reach), ""


def kappa_range(agreement: FormAgreement, weights: Weights) -> tuple[float, float]:
    """Return the least and greatest kappa of a muscle (its sides pooled) or item; Wei reports 0.826–0.933."""
    table = agreement.kappa
    single = table[(table["weights"] == str(weights)) & (table["structure"] != ALL)]
    pooled = single[single["side"] == "both"]
    chosen = single if pooled.empty else pooled
    return float(chosen["kappa"].min()), float(chosen["kappa"].max())
