"""Cohorts with a known truth, as tables: what a classifier can and cannot find in them is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort


def signal_table(
    counts: Mapping[str, int], features: int = 6, shift: float = 1.5, seed: int = 0, per_patient: int = 1
) -> pd.DataFrame:
    """Return normal features; class number k lies ``shift`` higher in feature k. Rows of a patient are alike."""
    rng = np.random.default_rng(seed)
    outcome = np.repeat(list(counts), list(counts.values()))
    values = rng.normal(size=(len(outcome), features))
    for number, name in enumerate(counts):
        values[outcome == name, number % features] += shift
    patients = np.array([f"patient-{number:03d}" for number in range(len(outcome))])
    rows = np.repeat(np.arange(len(outcome)), per_patient)
    values = values[rows] + (0.01 * rng.normal(size=(len(rows), features)) if per_patient > 1 else 0.0)
    table = pd.DataFrame(values, columns=[f"feature_{number}" for number in range(features)])
    return table.assign(case=patients[rows], group=outcome[rows])


def signal_cohort(
    counts: Mapping[str, int], features: int = 6, shift: float = 1.5, seed: int = 0, per_patient: int = 1
) -> CohortData:
    """Return `signal_table` as a cohort."""
    return read_cohort(signal_table(counts, features, shift, seed, per_patient), None, "group")
