"""How T2 depends on fat: its median in bins of fat fraction, and the slope through them.

A mono-exponential T2 grows with the fat of a voxel; the T2 of the water does not, unless disease raises it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

BIN_POINTS = 10.0
FEWEST_VOXELS = 30
SLOPE_TO_PERCENT = 60.0
"""Beyond this fat fraction hardly any water is left whose T2 could be told."""

COLUMNS = ["quantity", "ff_percent", "voxel_count", "median_ms", "p25_ms", "p75_ms"]


def t2_against_fat(
    fat_fraction_percent: sitk.Image, t2_ms: Mapping[str, sitk.Image], inside: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Return T2 in bins of fat fraction, 10 points wide.

    Args:
        fat_fraction_percent: On the grid of the T2 maps.
        t2_ms: Maps by the name of the quantity.
        inside: Where muscle is, shape (slice, row, column).

    Returns:
        Columns ``quantity``, ``ff_percent`` (median in the bin), ``voxel_count``, ``median_ms``, ``p25_ms``,
        ``p75_ms``; bins with fewer than 30 voxels are left out.
    """
    percent = sitk.GetArrayViewFromImage(fat_fraction_percent)
    rows = []
    for quantity, image in t2_ms.items():
        values = sitk.GetArrayViewFromImage(image)
        used = inside & np.isfinite(percent) & np.isfinite(values)
        x, y = percent[used], values[used]
        bins = np.floor(np.clip(x, 0, 99.999) / BIN_POINTS).astype(int)
        for number in range(int(100 / BIN_POINTS)):
            own = bins == number
            count = int(np.count_nonzero(own))
            if count >= FEWEST_VOXELS:
                low, median, high = (float(value) for value in np.percentile(y[own], (25, 50, 75)))
                rows.append((quantity, float(np.median(x[own])), count, median, low, high))
    return pd.DataFrame(rows, columns=COLUMNS)


def slope_ms_per_point(table: pd.DataFrame, quantity: str) -> float:
    """Return the least-squares slope through the bins' medians up to a fat fraction of 60 %.

    Returns:
        Milliseconds per percentage point of fat; NaN with fewer than three bins.
    """
    own = table[(table["quantity"] == quantity) & (table["ff_percent"] <= SLOPE_TO_PERCENT)]
    if len(own) < 3:
        return float("nan")
    return float(np.polyfit(own["ff_percent"], own["median_ms"], 1)[0])
