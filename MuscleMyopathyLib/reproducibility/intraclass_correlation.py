"""Intraclass correlation of many features at once, in all six forms, with F tests and confidence intervals.

Forms and formulas: Shrout & Fleiss, Psychol Bull 1979;86:420, and McGraw & Wong, Psychol Methods 1996;1:30, from
the mean squares of the two-way analysis of variance without replication. The confidence interval of the absolute
agreement forms uses Satterthwaite's degrees of freedom (McGraw & Wong, table 7).

>>> judges = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
>>> table = intraclass_correlation(judges[:, :, None], ["rating"])
>>> {str(form): round(float(value), 2) for form, value in zip(table["form"], table["icc"])}
{'ICC(1,1)': 0.17, 'ICC(2,1)': 0.29, 'ICC(3,1)': 0.71, 'ICC(1,k)': 0.44, 'ICC(2,k)': 0.62, 'ICC(3,k)': 0.91}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from MuscleMyopathyLib.errors import InputError

FloatArray = npt.NDArray[np.float64]


class IccForm(StrEnum):
    """The six forms of Shrout & Fleiss, each of a single reading or of the mean of k readings.

    One-way: every case may have other readers. Agreement: readers drawn at random from many, and a constant
    difference between them counts. Consistency: these readers only, and a constant difference does not count.
    """

    ONE_WAY = "ICC(1,1)"
    AGREEMENT = "ICC(2,1)"
    CONSISTENCY = "ICC(3,1)"
    ONE_WAY_MEAN = "ICC(1,k)"
    AGREEMENT_MEAN = "ICC(2,k)"
    CONSISTENCY_MEAN = "ICC(3,k)"


@dataclass(frozen=True)
class _MeanSquares:
    """Two-way analysis of variance per feature, each of shape (features,)."""

    targets: npt.NDArray[np.int64]
    readings: int
    between_targets: FloatArray
    between_readings: FloatArray
    within_targets: FloatArray
    error: FloatArray
    constant: npt.NDArray[np.bool_]


def intraclass_correlation(
    values: npt.ArrayLike,
    features: Sequence[str],
    forms: Sequence[IccForm] = tuple(IccForm),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the intraclass correlation of every feature.

    Args:
        values: Shape (targets, readings, features): one value per case, reading and feature. A case with a value
            that is not finite in any of its readings is left out for that feature only.
        features: Name of each feature.
        forms: Which forms.
        confidence: Level of the confidence interval.

    Returns:
        One row per feature and form: ``feature``, ``form``, ``icc``, ``ci_low``, ``ci_high``, ``f``, ``df1``,
        ``df2``, ``p``, ``cases``, ``readings``, ``problem``. A constant feature has no correlation: NaN and
        "constant", never 1.

    Raises:
        InputError: Fewer than two readings, or the shape does not fit the names.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 3 or array.shape[2] != len(features):
        raise InputError(
            f"Expected values of shape (cases, readings, {len(features)} features), got {array.shape}."
        )
    if array.shape[1] < 2:
        raise InputError("Agreement needs at least two readings of the same cases; there is one.")
    squares = _mean_squares(array)
    tables = [_form(form, squares, confidence) for form in forms]
    table = pd.concat(tables, keys=[str(form) for form in forms], names=["form", "number"]).reset_index()
    table.insert(0, "feature", np.asarray(features, dtype=object)[table.pop("number")])
    order = {name: position for position, name in reversed(list(enumerate(features)))}
    return table.sort_values("feature", key=lambda name: name.map(order), kind="stable", ignore_index=True)


def _mean_squares(values: FloatArray) -> _MeanSquares:
    complete: npt.NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    n, k = complete.sum(axis=0), values.shape[1]
    kept = np.where(complete[:, None, :], values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        grand = kept.sum(axis=(0, 1)) / (n * k)
        # Deviations from the grand mean keep the sums of squares exact for features far from zero.
        deviation = np.where(complete[:, None, :], values - grand, 0.0)
        target_means = deviation.mean(axis=1)
        reading_means = deviation.sum(axis=0) / n
        total = (deviation**2).sum(axis=(0, 1))
        between_targets = k * (target_means**2).sum(axis=0)
        between_readings = n * (reading_means**2).sum(axis=0)
        residual = deviation - target_means[:, None, :] - reading_means
        error = np.where(complete[:, None, :], residual, 0.0)
        error_sum = (error**2).sum(axis=(0, 1))
        within = ((deviation - target_means[:, None, :]) ** 2).sum(axis=(0, 1))
        # Differences at the rounding error of the largest value are no differences.
        rounding = n * k * (1e-14 * np.abs(kept).max(axis=(0, 1), initial=0.0)) ** 2
        return _MeanSquares(
            targets=n,
            readings=k,
            between_targets=between_targets / (n - 1),
            between_readings=np.where(between_readings > rounding, between_readings, 0.0) / (k - 1),
            within_targets=np.where(within > rounding, within, 0.0) / (n * (k - 1)),
            error=np.where(error_sum > rounding, error_sum, 0.0) / ((n - 1) * (k - 1)),
            constant=total <= rounding,
        )


def _form(form: IccForm, ms: _MeanSquares, confidence: float) -> pd.DataFrame:
    n, k = ms.targets.astype(np.float64), ms.readings
    one_way = form in (IccForm.ONE_WAY, IccForm.ONE_WAY_MEAN)
    denominator = ms.within_targets if one_way else ms.error
    df1 = n - 1
    df2 = n * (k - 1) if one_way else (n - 1) * (k - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        f = ms.between_targets / denominator
        if form in (IccForm.AGREEMENT, IccForm.AGREEMENT_MEAN):
            single, low, high = _absolute_agreement(ms, confidence)
        else:
            single = (ms.between_targets - denominator) / (ms.between_targets + (k - 1) * denominator)
            tail = (1 + confidence) / 2
            f_low = f / stats.f.ppf(tail, df1, df2)
            f_high = f * stats.f.ppf(tail, df2, df1)
            # With no error at all F is infinite, and so is every bound of it: the limit of the ratio is 1.
            low = np.where(np.isinf(f_low), 1.0, (f_low - 1) / (f_low + k - 1))
            high = np.where(np.isinf(f_high), 1.0, (f_high - 1) / (f_high + k - 1))
        estimates = [single, low, high]
        if form.value.endswith("k)"):
            estimates = [k * value / (1 + (k - 1) * value) for value in estimates]
        p = stats.f.sf(f, df1, df2)
    problem = np.select(
        [ms.targets == 0, ms.targets < 2, ms.constant],
        [
            "no case has this feature in every reading",
            "only one case has this feature in every reading",
            "constant",
        ],
        "",
    )
    bad = problem != ""
    columns = dict(zip(("icc", "ci_low", "ci_high"), estimates, strict=True)) | {
        "f": f,
        "df1": df1,
        "df2": df2,
        "p": p,
    }
    table = pd.DataFrame({name: np.where(bad, np.nan, column) for name, column in columns.items()})
    return table.assign(cases=ms.targets, readings=k, problem=problem)


def _absolute_agreement(ms: _MeanSquares, confidence: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ICC(2,1) with its confidence interval; its F distribution has fractional degrees of freedom."""
    n, k = ms.targets.astype(np.float64), ms.readings
    targets, readings, error = ms.between_targets, ms.between_readings, ms.error
    single = (targets - error) / (targets + (k - 1) * error + k * (readings - error) / n)
    f_readings = readings / error
    spread = n * (1 + (k - 1) * single) - k * single
    df = ((k - 1) * (n - 1) * (k * single * f_readings + spread) ** 2) / (
        (n - 1) * k**2 * single**2 * f_readings**2 + spread**2
    )
    tail = (1 + confidence) / 2
    upper, lower = stats.f.ppf(tail, n - 1, df), stats.f.ppf(tail, df, n - 1)
    noise = k * readings + (k * n - k - n) * error
    low = n * (targets - upper * error) / (upper * noise + n * targets)
    high = n * (lower * targets - error) / (noise + n * lower * targets)
    perfect = (error == 0) & (readings == 0)
    return single, np.where(perfect, 1.0, low), np.where(perfect, 1.0, high)
