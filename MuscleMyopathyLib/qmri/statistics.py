"""Statistics of many groups of voxels at once: one sort instead of one pass per structure and slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupStatistics:
    """Statistics per group, each of shape (groups,); NaN where a group has too few values.

    Attributes:
        count: Finite values in the group.
        mean: Arithmetic mean.
        sd: Sample standard deviation (n - 1).
        percentiles: Shape (percentiles, groups), linear between the closest ranks as numpy's default.
        skewness: Third standardised moment m3 / m2^1.5 with population moments; NaN for a constant group.
        share_above: Share of the values strictly above the cut-off, 0 to 1.
    """

    count: npt.NDArray[np.int64]
    mean: FloatArray
    sd: FloatArray
    percentiles: FloatArray
    skewness: FloatArray
    share_above: FloatArray


def group_statistics(
    values: npt.ArrayLike,
    groups: npt.ArrayLike,
    number_of_groups: int,
    *,
    percentiles: Sequence[float] = (),
    cut_off: float = np.nan,
) -> GroupStatistics:
    """Compute the statistics of every group; values that are not finite are left out.

    Args:
        values: One number per voxel, shape (n,).
        groups: Group of each voxel, whole numbers from 0 to ``number_of_groups`` - 1, shape (n,).
        number_of_groups: How many groups there are, empty ones included.
        percentiles: In percent, 0 to 100.
        cut_off: For ``share_above``; NaN gives NaN.
    """
    value = np.asarray(values, dtype=np.float64)
    group = np.asarray(groups, dtype=np.int64)
    finite = np.isfinite(value)
    value, group = value[finite], group[finite]
    # By group, and by value within it; numbers of two bytes are sorted by counting.
    order = np.argsort(value, kind="stable")
    few = group[order].astype(np.uint16) if number_of_groups <= 2**16 else group[order]
    order = order[np.argsort(few, kind="stable")]
    value, group = value[order], group[order]

    count = np.bincount(group, minlength=number_of_groups)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, value, number_of_groups) / count
        deviation = value - mean[group]
        squares = np.bincount(group, deviation**2, number_of_groups)
        cubes = np.bincount(group, deviation**3, number_of_groups)
        sd = np.where(count > 1, np.sqrt(squares / (count - 1)), np.nan)
        constant = sd <= 1e-12 * np.abs(mean)
        skewness = np.where(constant, np.nan, (cubes / count) / (squares / count) ** 1.5)
        above = np.bincount(group, value > cut_off, number_of_groups) / count
    share_above = above if np.isfinite(cut_off) else np.full(number_of_groups, np.nan)
    ranks = np.array([_sorted_percentile(value, first, count, percent) for percent in percentiles])
    return GroupStatistics(
        count, mean, sd, ranks.reshape(len(percentiles), number_of_groups), skewness, share_above
    )


def _sorted_percentile(
    value: FloatArray, first: npt.NDArray[np.int64], count: npt.NDArray[np.int64], percent: float
) -> FloatArray:
    """Return one percentile of each group, of values sorted within groups that begin at ``first``."""
    result = np.full(count.shape, np.nan)
    filled = count > 0
    position = (count[filled] - 1) * (percent / 100)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, count[filled] - 1)
    start = first[filled]
    low, high = value[start + below], value[start + above]
    result[filled] = low + (high - low) * (position - below)
    return result
