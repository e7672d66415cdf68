"""Agreement of measures (fat fraction, T2, volume) between readings: ICC and Bland–Altman per structure."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.agreement_bands import agreement_band
from MuscleMyopathyLib.reproducibility.bland_altman import bland_altman
from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters, Comparison, find_comparisons
from MuscleMyopathyLib.reproducibility.intraclass_correlation import intraclass_correlation
from MuscleMyopathyLib.reproducibility.reading_tables import (
    GROUP_COLUMNS,
    Group,
    checked_table,
    groups_of,
    value_columns,
)

UNITS = ("_percent", "_ms", "_cm2", "_cm3")
ICC_COLUMNS = ["form", "icc", "ci_low", "ci_high", "band", "cases"]
BLAND_ALTMAN_COLUMNS = [
    "bias",
    "bias_ci_low",
    "bias_ci_high",
    "sd",
    "lower_limit",
    "lower_limit_ci_low",
    "lower_limit_ci_high",
    "upper_limit",
    "upper_limit_ci_low",
    "upper_limit_ci_high",
]


def measure_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that are measures: numbers with one of `UNITS` at the end of their name."""
    return [name for name in value_columns(table) if name.endswith(UNITS)]


def measure_agreement(table: pd.DataFrame, parameters: AgreementParameters | None = None) -> pd.DataFrame:
    """Compare the measures of two readings at a time, for every structure and side.

    Args:
        table: One row per case, reader, session, sequence, region, structure and side.
        parameters: Which comparisons, and the form of the ICC.

    Returns:
        One row per pair of readings, sequence, region, structure, side and measure: ``analysis``, ``comparison``,
        the group columns, ``measure``, `ICC_COLUMNS`, `BLAND_ALTMAN_COLUMNS` (the first reading minus the second,
        in the unit of the measure; limits of agreement hold 95 % of the differences) and ``problem``.

    Raises:
        InputError: As `feature_agreement.feature_agreement`.
    """
    parameters = parameters or AgreementParameters()
    checked = checked_table(table)
    measures = measure_columns(checked)
    if not measures:
        raise InputError(
            f"The table holds no measure: none of its columns is a number whose name ends in {', '.join(UNITS)}."
        )
    readings = zip(checked["reader"], checked["session"].tolist(), strict=True)
    rows = [
        {"analysis": str(pair.kind), "comparison": pair.name, **group.keys, **row}
        for comparison in find_comparisons(readings, parameters)
        for pair in (Comparison(comparison.kind, two) for two in combinations(comparison.readings, 2))
        for group in groups_of(checked, pair, measures)
        for row in _rows(group, measures, parameters)
    ]
    names = ["analysis", "comparison", *GROUP_COLUMNS, "measure", *ICC_COLUMNS, *BLAND_ALTMAN_COLUMNS, "problem"]
    return pd.DataFrame(rows, columns=names)


def _rows(group: Group, measures: list[str], parameters: AgreementParameters) -> list[dict[str, object]]:
    icc = intraclass_correlation(group.values, measures, [parameters.form], parameters.confidence)
    rows: list[dict[str, object]] = []
    for number, found in enumerate(icc.to_dict("records")):
        row: dict[str, object] = {str(name): value for name, value in found.items() if name in ICC_COLUMNS}
        row |= {"measure": measures[number], "band": agreement_band(found["icc"]), "problem": found["problem"]}
        if found["cases"] >= 2:
            row |= _bland_altman(group.values[:, :, number], parameters.confidence)
        rows.append(row)
    return rows


def _bland_altman(values: np.ndarray, confidence: float) -> dict[str, float]:
    found = bland_altman(values[:, 0], values[:, 1], confidence)
    row = {"bias": found.bias, "sd": found.sd, "lower_limit": found.lower_limit, "upper_limit": found.upper_limit}
    for name in ("bias", "lower_limit", "upper_limit"):
        row[f"{name}_ci_low"], row[f"{name}_ci_high"] = getattr(found, f"{name}_ci")
    return row
