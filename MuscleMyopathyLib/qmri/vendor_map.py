"""Maps that the scanner computed: their scale, by the unit or the values with a visible note, and no-fit codes.

A voxel without a fit carries a code (0, the largest value of the number format, a negative number) that is no
value: it becomes NaN and is counted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError

FloatArray = npt.NDArray[np.float64]

# The largest plausible value (90th percentile of the voxels that are not zero) of each scale; ratios of noise take
# up to a tenth of an unmasked map far beyond its nominal range.
_SCALES = ((1.5, 100.0, "0–1"), (150.0, 1.0, "0–100"), (1500.0, 0.1, "0–1000"))

_FRACTION_UNITS = {"%": 1.0, "percent": 1.0, "1": 100.0, "{ratio}": 100.0, "10*-3": 0.1, "[ppth]": 0.1}
_TIME_UNITS = {"ms": 1.0, "s": 1000.0, "us": 0.001}
_RATE_UNITS = {"1/s": 1.0, "s-1": 1.0, "/s": 1.0, "Hz": 1.0, "1/ms": 1000.0}

_FORMAT_TOPS = (255.0, 1023.0, 2047.0, 4095.0, 16383.0, 32767.0, 65535.0)
_T2_OF_TISSUE_MS = (10.0, 400.0)
_FEWEST_AT_TOP = 3


def fat_fraction_from_vendor_map(image: sitk.Image, unit: str | None = None) -> tuple[sitk.Image, str]:
    """Return a scanner's fat-fraction map in percent, and a note that says how its scale was understood.

    Args:
        image: 3D map, 0–1, 0–100 or 0–1000. Exact zeros are the scanner's background and become NaN where more
            than a tenth of the voxels are zero.
        unit: Unit that the header states (`Series.unit`, UCUM); it comes before what the values look like.

    Raises:
        InputError: The map is empty, or its values fit none of the three scales.
    """
    values = sitk.GetArrayFromImage(image).astype(np.float64)
    signal = values[np.isfinite(values) & (values != 0)]
    if not signal.size:
        raise InputError("The fat-fraction map is empty: all its voxels are zero. Choose another series.")
    top = float(np.percentile(signal, 90))
    if unit in _FRACTION_UNITS:
        factor = _FRACTION_UNITS[unit]
        note = f"The header states the map's unit as {unit!r}."
        if top * factor > 150:
            raise InputError(
                f"The fat-fraction map's header states the unit {unit!r}, but a tenth of its values exceeds "
                f"{top:.4g}. Export the map again, or give the water and fat images instead."
            )
    else:
        fitting = [(scale, name) for largest, scale, name in _SCALES if 0 < top <= largest]
        if not fitting:
            raise InputError(
                f"A tenth of the fat-fraction map's values exceeds {top:.4g}: this fits neither 0–1, 0–100 nor "
                "0–1000. Is it really a fat fraction? Give the water and fat images instead."
            )
        factor, name = fitting[0]
        note = f"The map's values (nine tenths up to {top:.4g}) were taken as a fat fraction on the scale {name}."
    percent = values * factor
    outside = np.isfinite(percent) & ((percent < -100) | (percent > 200))
    percent[outside] = np.nan
    unclipped = int(np.count_nonzero((percent < 0) | (percent > 100)))
    if unclipped:
        note = (
            f"{unclipped} voxels lie outside 0–100 %: noise about pure water or fat, kept so that means stay "
            f"unbiased. {note}"
        )
    if outside.any():
        note = (
            f"{int(np.count_nonzero(outside))} voxels lie below −100 % or above 200 %: ratios of noise, left out. "
            f"{note}"
        )
    blank = values == 0
    if blank.mean() > 0.1:
        percent[blank] = np.nan
    return _like(image, percent), note


def t2_from_vendor_map(image: sitk.Image, unit: str | None = None) -> tuple[sitk.Image, str]:
    """Return a scanner's T2 map in ms with NaN where it has no fit, and a note that says how it was understood.

    Args:
        image: 3D map in ms, in tenths of ms or in s.
        unit: Unit that the header states; without it, the scale that puts the median at the T2 of tissue.

    Raises:
        InputError: The map is empty, or no scale makes its values a T2 of tissue.
    """
    values, codes = _without_codes(image, "T2 map")
    if unit in _TIME_UNITS:
        return _like(image, values * _TIME_UNITS[unit]), f"The header states the map's unit as {unit!r}.{codes}"
    median = float(np.nanmedian(values))
    shortest, longest = _T2_OF_TISSUE_MS
    for factor, name in ((1.0, "ms"), (0.1, "tenths of ms"), (1000.0, "s")):
        if shortest <= median * factor <= longest:
            note = f"The map's values (median {median:.4g}) were taken as a T2 in {name}.{codes}"
            return _like(image, values * factor), note
    raise InputError(
        f"The T2 map's median is {median:.4g}: this is a T2 of tissue neither in ms, in tenths of ms nor in s. "
        "Is it really a T2 map? Give the echoes instead."
    )


def r2star_from_vendor_map(image: sitk.Image, unit: str | None = None) -> tuple[sitk.Image, str]:
    """Return a scanner's R2* map in 1/s with NaN where it has no fit, and a note that says how it was understood.

    Args:
        image: 3D map, 1/s or 1/ms.
        unit: Unit that the header states; 1/s without it, unless the values are too small for that.

    Raises:
        InputError: The map is empty.
    """
    values, codes = _without_codes(image, "R2* map")
    if unit in _RATE_UNITS:
        return _like(image, values * _RATE_UNITS[unit]), f"The header states the map's unit as {unit!r}.{codes}"
    median = float(np.nanmedian(values))
    factor, name = (1000.0, "1/ms") if median < 1 else (1.0, "1/s")
    return _like(image, values * factor), f"The map's values (median {median:.4g}) were taken as {name}.{codes}"


def _without_codes(image: sitk.Image, name: str) -> tuple[FloatArray, str]:
    """Return the values with NaN for codes of no fit, and which codes were found, in words."""
    values = sitk.GetArrayFromImage(image).astype(np.float64)
    finite = values[np.isfinite(values)]
    # A resampled or rescaled map holds its codes a rounding error beside themselves.
    positive = finite[finite > 1e-6 * np.abs(finite).max(initial=0)]
    if not positive.size:
        raise InputError(f"The {name} is empty: none of its voxels is above 0. Choose another series.")
    top = float(positive.max())
    at_top = np.isclose(values, top, rtol=1e-6)
    is_code = any(np.isclose(top, code, rtol=1e-3) for code in _FORMAT_TOPS) or (
        np.count_nonzero(at_top) >= _FEWEST_AT_TOP and top > 3 * float(np.percentile(positive, 95))
    )
    no_fit = ~np.isfinite(values)
    no_fit[~no_fit] = values[~no_fit] <= 1e-6 * top
    count = {"of 0 or less, or no number": int(np.count_nonzero(no_fit))}
    if is_code:
        count[f"at {top:g}"] = int(np.count_nonzero(at_top))
        no_fit |= at_top
    values[no_fit] = np.nan
    listed = ", ".join(f"{number} {what}" for what, number in count.items() if number)
    return values, f" Voxels without a fit are left out: {listed}." if listed else ""


def _like(image: sitk.Image, values: FloatArray) -> sitk.Image:
    result = sitk.GetImageFromArray(values)
    result.CopyInformation(image)
    return result
