"""Fat-fraction maps that the scanner computed: their scale, read from the values with a visible note."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError

# The largest plausible value (99.5th percentile of the voxels that are not zero) of each scale; noise and
# fitting errors take a map somewhat beyond its nominal range.
_SCALES = ((1.5, 100.0, "0–1"), (150.0, 1.0, "0–100"), (1500.0, 0.1, "0–1000"))


def fat_fraction_from_vendor_map(image: sitk.Image) -> tuple[sitk.Image, str]:
    """Return a scanner's fat-fraction map in percent, and a note that says how its scale was understood.

    Args:
        image: 3D map, 0–1, 0–100 or 0–1000. Exact zeros are the scanner's background and become NaN where more
            than a tenth of the voxels are zero.

    Raises:
        InputError: The map is empty, or its values fit none of the three scales.
    """
    values = sitk.GetArrayFromImage(image).astype(np.float64)
    signal = values[np.isfinite(values) & (values != 0)]
    if not signal.size:
        raise InputError("The fat-fraction map is empty: all its voxels are zero. Choose another series.")
    top = float(np.percentile(signal, 99.5))
    fitting = [(factor, name) for largest, factor, name in _SCALES if 0 < top <= largest]
    if not fitting:
        raise InputError(
            f"The fat-fraction map's values reach {top:.4g}: this fits neither 0–1, 0–100 nor 0–1000. "
            "Is it really a fat fraction? Give the water and fat images instead."
        )
    factor, name = fitting[0]
    percent = values * factor
    blank = values == 0
    if blank.mean() > 0.1:
        percent[blank] = np.nan
    result = sitk.GetImageFromArray(percent)
    result.CopyInformation(image)
    return result, f"The map's values (up to {top:.4g}) were taken as a fat fraction on the scale {name}."
