"""Univariate filter and cap: features one by one, by Mann–Whitney U (two classes) or Kruskal–Wallis (more)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from MuscleMyopathyLib.modeling.patient_folds import patients_of
from MuscleMyopathyLib.modeling.selection.step import FloatArray, Mask, SelectionStep


def class_difference_p(values: FloatArray, outcome: Any) -> FloatArray:
    """Return for each feature the p value of a difference between the classes; 1 where it is constant.

    Two classes: Mann–Whitney U, two-sided (exact for small groups without ties, as scipy decides). More classes:
    Kruskal–Wallis H with the correction for ties.

    Args:
        values: Shape (rows, features).
        outcome: Class of each row.
    """
    names = np.unique(outcome)
    groups = [values[outcome == name] for name in names]
    varies = values.max(axis=0) > values.min(axis=0)
    p = np.ones(values.shape[1])
    if not varies.any():
        return p
    if len(names) == 2:
        found = stats.mannwhitneyu(groups[0][:, varies], groups[1][:, varies], alternative="two-sided", axis=0)
        p[varies] = found.pvalue
        return p
    ranks = stats.rankdata(values[:, varies], axis=0)
    count = len(values)
    sums = sum(ranks[outcome == name].sum(axis=0) ** 2 / (outcome == name).sum() for name in names)
    h = 12 / (count * (count + 1)) * sums - 3 * (count + 1)
    p[varies] = stats.chi2.sf(h / _tie_correction(ranks), len(names) - 1)
    return p


def _tie_correction(ranks: FloatArray) -> FloatArray:
    count = len(ranks)
    ordered = np.sort(ranks, axis=0)
    ties = np.zeros(ranks.shape[1])
    for column in np.flatnonzero((np.diff(ordered, axis=0) == 0).any(axis=0)):
        _, sizes = np.unique(ordered[:, column], return_counts=True)
        ties[column] = (sizes.astype(np.float64) ** 3 - sizes).sum()
    return 1 - ties / (float(count) ** 3 - count)


class UnivariateFilter(SelectionStep):
    """Keeps features whose p value lies below a limit; no correction for their number, as in the papers.

    Args:
        p: The limit.
        fewest: Where fewer lie below it, so many with the lowest p are kept, and `note_` says so.
    """

    def __init__(self, p: float = 0.05, fewest: int = 1) -> None:
        self.p = p
        self.fewest = fewest

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        found = class_difference_p(values, outcome)
        chosen = found < self.p
        if chosen.sum() < min(self.fewest, len(found)):
            self.note_ = (
                f"{int(chosen.sum())} features reached p < {self.p:g}; {self.fewest} with the lowest p stayed"
            )
            chosen = _lowest(found, self.fewest)
        return chosen


class SampleSizeCap(SelectionStep):
    """Keeps no more features than the rarest class bears, those with the lowest p.

    Args:
        patients_per_feature: Patients of the rarest class for each feature.
        fewest: At least so many are kept.
    """

    def __init__(self, patients_per_feature: float = 10.0, fewest: int = 1) -> None:
        self.patients_per_feature = patients_per_feature
        self.fewest = fewest

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        most = max(self.fewest, int(rarest_class(outcome, table) / self.patients_per_feature))
        return _lowest(class_difference_p(values, outcome), most)


def rarest_class(outcome: Any, table: Any) -> int:
    """Return the number of patients of the rarest class; each row is one where the patients are not known."""
    patients = patients_of(table)
    _, counts = (
        np.unique(outcome, return_counts=True)
        if patients is None
        else (None, [len(set(patients[outcome == name])) for name in np.unique(outcome)])
    )
    return int(min(counts))


def _lowest(p: FloatArray, count: int) -> Mask:
    chosen = np.zeros(len(p), dtype=bool)
    chosen[np.argsort(p, kind="stable")[:count]] = True
    return chosen
