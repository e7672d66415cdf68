"""Slices as PNG inside the page: grey images, maps in colours, and the field of view that holds the limb."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from matplotlib import colormaps
from matplotlib.image import imsave
from scipy import ndimage

from MuscleMyopathyLib.report.outlines import StackedLabels
from MuscleMyopathyLib.report.slices import AxialStack, axial_stack

FAT_FRACTION_COLORS = "viridis"
"""Perceptually uniform and readable with every kind of colour blindness; white outlines show on all of it."""

TIME_COLORS = "inferno"
"""Of T2, by the same authors; nobody takes such a map for a fat fraction."""

MARGIN_MM = 8.0
WINDOW_PERCENTILES = (1.0, 99.0)
"""Of the limb's signal in a slice: black below the first, white above the second."""


def color_bar_stops(colors: str = FAT_FRACTION_COLORS, count: int = 17) -> list[tuple[float, str]]:
    """Return colours as (percent of the bar, CSS colour), by default those of the fat fraction."""
    rgba = colormaps[colors](np.linspace(0, 1, count), bytes=True)
    return [
        (100 * n / (count - 1), f"#{red:02x}{green:02x}{blue:02x}") for n, (red, green, blue, _) in enumerate(rgba)
    ]


def limb_body(
    anatomy: AxialStack, images: Sequence[sitk.Image], segmentations: Sequence[StackedLabels]
) -> npt.NDArray[np.bool_]:
    """Return where the limb is: what is bright in any image of the case, or outlined."""
    body = np.zeros(anatomy.array.shape, dtype=bool)
    for array in [anatomy.array, *(axial_stack(image).array for image in images)]:
        image = sitk.GetImageFromArray(np.nan_to_num(array.astype(np.float32)))
        # A copy: a view of an image that nothing else holds would be of freed memory.
        body |= sitk.GetArrayFromImage(sitk.OtsuThreshold(image, 0, 1)) > 0
    for stacked in segmentations:
        body |= stacked.stack.array != 0
    return body


def field_of_view(body: npt.NDArray[np.bool_], stack: AxialStack) -> tuple[slice, slice]:
    """Return the rows and columns that hold the limb in any slice, with a margin."""

    def extent(axis: int, spacing_mm: float) -> slice:
        # Single bright voxels in the air must not widen the field of view.
        thickness = body.sum(axis=axis).max(axis=0)
        inside = np.flatnonzero(thickness >= max(3, 0.02 * thickness.max()))
        margin = round(MARGIN_MM / spacing_mm)
        if inside.size == 0:
            return slice(0, thickness.size)
        return slice(max(int(inside[0]) - margin, 0), min(int(inside[-1]) + margin + 1, thickness.size))

    return extent(2, stack.row_mm), extent(1, stack.column_mm)


def gray_png(signal: npt.NDArray[np.generic], body: npt.NDArray[np.bool_]) -> str:
    """Return an image in grey levels, its window set by the limb and not by the air around it."""
    values = np.nan_to_num(signal.astype(np.float64))
    low, high = np.percentile(values[body] if body.any() else values, WINDOW_PERCENTILES)
    low = min(low, 0.3 * high)
    return _png(colormaps["gray"]((values - low) / max(high - low, 1e-9), bytes=True))


def map_png(
    values: npt.NDArray[np.generic],
    limb: npt.NDArray[np.bool_] | None,
    limits: tuple[float, float] = (0.0, 100.0),
    colors: str = FAT_FRACTION_COLORS,
) -> str:
    """Return a map in its colours between two limits; voxels without a value (NaN) are transparent.

    Where the limb is known, ghosts in the air around it are transparent too.
    """
    low, high = limits
    shown = values.astype(np.float64)
    if limb is not None:
        shown = np.where(ndimage.binary_fill_holes(limb), shown, np.nan)
    return _png(colormaps[colors]((shown - low) / (high - low), bytes=True))


def _png(rgba: npt.NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    imsave(buffer, rgba, format="png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
