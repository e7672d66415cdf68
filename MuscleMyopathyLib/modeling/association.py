"""Associations of the measures in a user's own cohort table: with groups, laboratory values, scores, and the side.

One row per case and, where the table has them, per structure and side. Every comparison keeps its row: what cannot
be computed has NaN and the reason in ``problem``. p values are not corrected for their number, which is stated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.group_comparison import GroupComparison, compare_groups, compare_pairs
from MuscleMyopathyLib.modeling.rank_correlation import rank_correlation
from MuscleMyopathyLib.modeling.roc import roc_curve

Row = dict[str, Any]
FloatArray = npt.NDArray[np.float64]

KEYS = ("region", "structure", "side")


@dataclass(frozen=True)
class AssociationParameters:
    """What is associated with what.

    Attributes:
        measures: Columns of measures, e.g. ``t2_median_ms``.
        group: Column that tells patients from controls; empty for none.
        patients: Value of ``group`` for patients.
        controls: Value of ``group`` for controls.
        covariates: Columns of laboratory values, scores, age or duration, for Spearman's correlation.
        confidence: Of all intervals.
    """

    measures: tuple[str, ...]
    group: str = ""
    patients: str = "patient"
    controls: str = "control"
    covariates: tuple[str, ...] = ()
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not self.measures:
            raise ParameterError("Name at least one measure (a column of the table).")
        if not 0 < self.confidence < 1:
            raise ParameterError(f"The confidence {self.confidence} must lie between 0 and 1.")


@dataclass(frozen=True)
class Associations:
    """Tidy tables; each begins with ``measure``, ``region``, ``structure``, ``side`` as far as the table has them.

    Attributes:
        roc: Area with interval, Youden's cut-off, sensitivity, specificity.
        roc_points: The curves: ``false_positive_rate``, ``true_positive_rate``.
        groups: Patients against controls by Mann–Whitney.
        sides: Left against right within the patients by Wilcoxon.
        correlations: Spearman's rho with interval and p, by ``covariate``.
        tests: How many p values all tables hold.
    """

    roc: pd.DataFrame
    roc_points: pd.DataFrame
    groups: pd.DataFrame
    sides: pd.DataFrame
    correlations: pd.DataFrame
    tests: int


def associate(table: pd.DataFrame, parameters: AssociationParameters) -> Associations:
    """Compute all associations of a cohort table.

    Raises:
        InputError: A column is missing or holds no numbers, or a group's name stands nowhere.
    """
    _require(table, parameters)
    keys = [key for key in KEYS if key in table.columns]
    found = _Rows()
    for measure in parameters.measures:
        for place, rows in _places(table, keys):
            named = {"measure": measure, **place}
            values = rows[measure].to_numpy(dtype=float)
            if parameters.group:
                label = rows[parameters.group].astype(str)
                groups = (parameters.patients, parameters.controls)
                sick, well = (values[(label == name).to_numpy()] for name in groups)
                found.add_groups(named, sick, well, parameters.confidence)
            for covariate in parameters.covariates:
                other = rows[covariate].to_numpy(dtype=float)
                found.add_correlation({**named, "covariate": covariate}, values, other, parameters.confidence)
        if "side" in keys and "case" in table.columns:
            patients = (
                table[table[parameters.group].astype(str) == parameters.patients] if parameters.group else table
            )
            found.add_sides(patients, measure, [key for key in keys if key != "side"])
    tested = [row for rows in (found.groups, found.sides, found.correlations) for row in rows]
    return Associations(
        roc=pd.DataFrame(found.roc),
        roc_points=pd.DataFrame(found.points),
        groups=pd.DataFrame(found.groups),
        sides=pd.DataFrame(found.sides),
        correlations=pd.DataFrame(found.correlations),
        tests=sum(1 for row in tested if np.isfinite(row["p"])),
    )


class _Rows:
    """The rows of all tables as they come."""

    def __init__(self) -> None:
        self.roc: list[Row] = []
        self.points: list[Row] = []
        self.groups: list[Row] = []
        self.sides: list[Row] = []
        self.correlations: list[Row] = []

    def add_groups(self, named: Row, sick: FloatArray, well: FloatArray, confidence: float) -> None:
        try:
            curve = roc_curve(sick, well, confidence)
            comparison = compare_groups(sick, well)
        except InputError as reason:
            numbers = dict.fromkeys(
                ("area", "area_low", "area_high", "cut_off", "sensitivity", "specificity"), np.nan
            )
            self.roc.append({**named, **numbers, "problem": str(reason)})
            self.groups.append({**named, "shift": np.nan, "p": np.nan, "problem": str(reason)})
            return
        summary = asdict(curve)
        rates = {name: summary.pop(name) for name in ("false_positive_rate", "true_positive_rate")}
        self.roc.append({**named, **summary, "problem": ""})
        self.points += [
            {**named, "false_positive_rate": x, "true_positive_rate": y}
            for x, y in zip(*rates.values(), strict=True)
        ]
        self.groups.append({**named, **_renamed(comparison, "patients", "controls"), "problem": ""})

    def add_correlation(self, named: Row, values: FloatArray, other: FloatArray, confidence: float) -> None:
        try:
            self.correlations.append(
                {**named, **asdict(rank_correlation(values, other, confidence)), "problem": ""}
            )
        except InputError as reason:
            numbers = dict.fromkeys(("rho", "low", "high", "p"), np.nan)
            self.correlations.append({**named, **numbers, "problem": str(reason)})

    def add_sides(self, patients: pd.DataFrame, measure: str, keys: list[str]) -> None:
        for place, rows in _places(patients, keys):
            named = {"measure": measure, **place}
            by_side = rows.pivot_table(index="case", columns="side", values=measure, aggfunc="mean")
            try:
                if not {"left", "right"} <= set(by_side.columns):
                    raise InputError("The table holds no pairs of left and right.")
                comparison = compare_pairs(by_side["left"], by_side["right"])
            except InputError as reason:
                self.sides.append({**named, "shift": np.nan, "p": np.nan, "problem": str(reason)})
                continue
            self.sides.append({**named, **_renamed(comparison, "left", "right"), "problem": ""})


def _renamed(comparison: GroupComparison, first: str, second: str) -> Row:
    return {
        name.replace("first", first).replace("second", second): value for name, value in asdict(comparison).items()
    }


def _places(table: pd.DataFrame, keys: list[str]) -> Iterator[tuple[Row, pd.DataFrame]]:
    """Yield the rows of every combination of the keys, or all rows where there are none."""
    if not keys:
        yield {}, table
        return
    for values, rows in table.groupby(keys, sort=False, dropna=False):
        yield dict(zip(keys, values, strict=True)), rows


def _require(table: pd.DataFrame, parameters: AssociationParameters) -> None:
    """Refuse a table that lacks what the parameters name."""
    named = [*parameters.measures, *parameters.covariates, *([parameters.group] if parameters.group else [])]
    missing = [name for name in named if name not in table.columns]
    if missing:
        raise InputError(
            f"The table has no column {', '.join(missing)}. It has: {', '.join(map(str, table.columns))}."
        )
    for name in (*parameters.measures, *parameters.covariates):
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise InputError(f"The column {name} holds no numbers only. Empty cells may stay; words may not.")
    if parameters.group:
        present = table[parameters.group].astype(str).unique().tolist()
        for name in (parameters.patients, parameters.controls):
            if name not in present:
                raise InputError(
                    f"The column {parameters.group} holds no {name!r}; it holds: {', '.join(present)}. Say which "
                    "values mean patients and controls (on the command line: --patients, --controls)."
                )
