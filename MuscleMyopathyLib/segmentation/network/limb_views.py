"""Square views of single limbs, mirrored to one side: what a network sees, and the way back to the slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Side

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BRIGHT_PERCENTILE = 98.0
BRIGHTEST = 1.5
MARGIN_MM = 2.6
"""What lies further than this from the limb is blanked, so that the other leg is not seen."""


@dataclass(frozen=True)
class ViewGrid:
    """The grid of a view.

    Attributes:
        size: Pixels per side.
        pixel_mm: Their size.
    """

    size: int = 160
    pixel_mm: float = 1.3


@dataclass(frozen=True)
class LimbView:
    """Where the view of one limb lies in one slice.

    The lateral side of the limb is always at column 0 of the view: right limbs as the slice's columns run (from
    the patient's right to the left), left limbs mirrored.

    Attributes:
        index: Slice, from the feet.
        side: Left or right.
        centre: Row and column of the middle of the limb, in voxels.
        spacing_mm: Distance of rows and columns of the slice.
        grid: Of the view.
    """

    index: int
    side: Side
    centre: tuple[float, float]
    spacing_mm: tuple[float, float]
    grid: ViewGrid

    def image(self, values: Floats, limb: Mask) -> Floats:
        """Return the view (size, size) of a slice, normalised as in training.

        Args:
            values: Magnitudes of the slice (row, column).
            limb: Where this limb is in it.
        """
        window = self._around(values.shape)
        limb = limb[window]
        shown = ndimage.distance_transform_edt(~limb, sampling=self.spacing_mm) <= MARGIN_MM
        rows, columns = self._to_view(values.shape)
        rows, columns = rows[:, window[0]], columns[:, window[1]]
        view = rows @ np.where(shown, values[window], 0).astype(np.float32) @ columns.T
        inside = rows @ limb.astype(np.float32) @ columns.T > 0.5
        return normalised(view, inside)

    def mask(self, mask: Mask) -> Mask:
        """Return the view of a mask of the slice."""
        rows, columns = self._to_view(mask.shape)
        return np.asarray(rows @ mask.astype(np.float32) @ columns.T > 0.5)

    def on_slice(self, values: Floats, shape: tuple[int, int]) -> tuple[tuple[slice, slice], Floats]:
        """Return values of the view on the pixels of the slice.

        Args:
            values: Values (channel, size, size).
            shape: Rows and columns of the slice.

        Returns:
            The window of the slice that the view covers, and the values in it (channel, row, column).
        """
        places = self._places()
        weights, window = [], []
        for place, count in zip(places, shape, strict=True):
            low, high = min(place[0], place[-1]), max(place[0], place[-1])
            covered = slice(max(0, int(np.ceil(low))), min(count, int(np.floor(high)) + 1))
            line = np.arange(covered.start, max(covered.stop, covered.start))
            at = (line - place[0]) / (place[1] - place[0])
            weights.append(interpolation_weights(at, self.grid.size, 1.0))
            window.append(covered)
        rows, columns = weights
        return (window[0], window[1]), np.asarray(rows @ values @ columns.T, dtype=np.float32)

    def _around(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return the window of the slice that the view covers, with a margin."""
        half = self.grid.size * self.grid.pixel_mm / 2 + 2 * MARGIN_MM
        rows, columns = (
            slice(max(0, int(middle - half / spacing)), min(count, int(middle + half / spacing) + 2))
            for middle, spacing, count in zip(self.centre, self.spacing_mm, shape, strict=True)
        )
        return rows, columns

    def _places(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the rows and the columns of the slice, in voxels, at which the view's pixels lie."""
        step = (np.arange(self.grid.size) - (self.grid.size - 1) / 2) * self.grid.pixel_mm
        across = -step if self.side is Side.LEFT else step
        rows = self.centre[0] + step / self.spacing_mm[0]
        columns = self.centre[1] + across / self.spacing_mm[1]
        return rows.astype(np.float64), columns.astype(np.float64)

    def _to_view(self, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        rows, columns = self._places()
        return (
            interpolation_weights(rows, shape[0], self.grid.pixel_mm / self.spacing_mm[0]),
            interpolation_weights(columns, shape[1], self.grid.pixel_mm / self.spacing_mm[1]),
        )


def normalised(view: Floats, inside: Mask) -> Floats:
    """Return a view divided by the bright percentile inside the limb and limited to 0 … `BRIGHTEST`."""
    if not inside.any():
        return np.zeros_like(view)
    bright = float(np.percentile(view[inside], BRIGHT_PERCENTILE))
    return np.asarray(np.clip(view / max(bright, 1e-6), 0, BRIGHTEST), dtype=np.float32)


def interpolation_weights(places: npt.NDArray[np.float64], count: int, step: float) -> Floats:
    """Return the weights (place, pixel) of linear interpolation along one axis, averaging where pixels are finer.

    Args:
        places: Where values are wanted, in pixels.
        count: Pixels there are; beyond them the value is 0.
        step: Distance of the places in pixels; a triangle of this half-width is the filter, at least 1.
    """
    width = max(1.0, step)
    distance = np.abs(places[:, None] - np.arange(count)[None, :])
    weights = np.maximum(0.0, 1.0 - distance / width)
    total = weights.sum(axis=1, keepdims=True)
    within = (places > -1) & (places < count)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0) * within[:, None]
    return np.asarray(weights, dtype=np.float32)


def limb_views(
    side_map: npt.NDArray[np.uint8],
    numbers: dict[Side, int],
    spacing_mm: tuple[float, float, float],
    grid: ViewGrid,
) -> list[LimbView]:
    """Return the view of each limb in each slice in which it is.

    Args:
        side_map: Which limb is where (slice, row, column), along the patient's axes.
        numbers: The number of each side in the map.
        spacing_mm: Distance of slices, rows and columns.
        grid: Of the views.
    """
    views = []
    for index, part in enumerate(side_map):
        for side, number in numbers.items():
            rows, columns = np.nonzero(part == number)
            if rows.size:
                centre = ((rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2)
                views.append(LimbView(index, side, centre, (spacing_mm[1], spacing_mm[2]), grid))
    return views
