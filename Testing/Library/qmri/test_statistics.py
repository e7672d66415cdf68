"""Tests of the grouped statistics against numpy and scipy, group by group."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from MuscleMyopathyLib.qmri.statistics import group_statistics

PERCENTILES = (0, 5, 25, 50, 75, 95, 100)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 200))
def test_every_group_has_the_statistics_of_its_own_finite_values(seed: int, groups: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(40, 20, size).round(1)
    values[rng.random(size) < 0.1] = np.nan
    group = rng.integers(0, groups, size)
    result = group_statistics(values, group, groups, percentiles=PERCENTILES, cut_off=50)
    for number in range(groups):
        own = values[(group == number) & np.isfinite(values)]
        assert result.count[number] == own.size
        if own.size == 0:
            assert np.isnan(result.mean[number])
            assert np.isnan(result.percentiles[:, number]).all()
            continue
        np.testing.assert_allclose(result.mean[number], own.mean(), rtol=1e-12)
        np.testing.assert_allclose(
            result.percentiles[:, number], np.percentile(own, PERCENTILES), rtol=1e-12, atol=1e-12
        )
        np.testing.assert_allclose(result.share_above[number], (own > 50).mean())
        if own.size > 1 and np.ptp(own) > 0:
            np.testing.assert_allclose(result.sd[number], own.std(ddof=1), rtol=1e-10)
            np.testing.assert_allclose(result.skewness[number], stats.skew(own), rtol=1e-8, atol=1e-10)


def test_a_single_value_has_no_standard_deviation() -> None:
    result = group_statistics([3.0], [0], 1)
    assert result.mean[0] == 3.0
    assert np.isnan(result.sd[0])


def test_a_constant_group_has_no_skewness() -> None:
    result = group_statistics([0.1, 0.1, 0.1], [0, 0, 0], 1)
    assert np.isnan(result.skewness[0])
