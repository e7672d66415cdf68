"""Closed contours around a centre: polar sampling, the cheapest closed path, and the mask inside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ANGLES = 180


@dataclass(frozen=True)
class Rays:
    """Rays from a centre of a slice, at equal angles over the full turn.

    Attributes:
        centre_mm: Row and column of the centre in mm from the first voxel's centre.
        in_plane_mm: Distance of rows and columns.
    """

    centre_mm: tuple[float, float]
    in_plane_mm: tuple[float, float]

    @property
    def angles(self) -> Floats:
        return np.linspace(0, 2 * np.pi, ANGLES, endpoint=False, dtype=np.float64)

    def sample(self, image: npt.NDArray[np.floating] | Mask, radii_mm: Floats) -> Floats:
        """Return the image at radii of shape (n,) or (angles, n), as (angles, n); 0 outside the image."""
        radii = np.broadcast_to(radii_mm, (ANGLES, np.shape(radii_mm)[-1]))
        rows = (self.centre_mm[0] + radii * np.sin(self.angles)[:, None]) / self.in_plane_mm[0]
        columns = (self.centre_mm[1] + radii * np.cos(self.angles)[:, None]) / self.in_plane_mm[1]
        return np.asarray(
            ndimage.map_coordinates(image.astype(np.float32), [rows, columns], order=1), dtype=np.float64
        )

    def extent(self, mask: Mask, step_mm: float = 0.5) -> Floats:
        """Return, per angle, the largest radius in mm at which the mask is met; 0 where never."""
        rows, columns = np.array(mask.shape) * self.in_plane_mm
        radii = np.arange(0, float(np.hypot(rows, columns)), step_mm)
        hit = self.sample(mask, radii) > 0.5
        return np.where(hit.any(axis=1), radii[hit.shape[1] - 1 - hit[:, ::-1].argmax(axis=1)], 0.0)

    def inside(self, contour_mm: Floats, shape: tuple[int, int]) -> Mask:
        """Return the mask inside the contour given by its radius per angle."""
        mask = np.zeros(shape, dtype=bool)
        reach = contour_mm.max() + max(self.in_plane_mm)
        low = [max(0, int((c - reach) / s)) for c, s in zip(self.centre_mm, self.in_plane_mm, strict=True)]
        high = [int((c + reach) / s) + 2 for c, s in zip(self.centre_mm, self.in_plane_mm, strict=True)]
        window = mask[low[0] : high[0], low[1] : high[1]]
        rows = (np.arange(window.shape[0]) + low[0]) * self.in_plane_mm[0] - self.centre_mm[0]
        columns = (np.arange(window.shape[1]) + low[1]) * self.in_plane_mm[1] - self.centre_mm[1]
        angle = np.arctan2(rows[:, None], columns[None, :]) % (2 * np.pi)
        radius = np.hypot(rows[:, None], columns[None, :])
        limit = np.interp(angle, np.append(self.angles, 2 * np.pi), np.append(contour_mm, contour_mm[0]))
        window[...] = radius <= limit
        return mask


def cheapest_closed_path(cost: Floats, bend: Floats, longest_step: int = 3) -> npt.NDArray[np.intp]:
    """Return the column per angle of the closed path of least cost, by dynamic programming.

    The path is computed over three turns and read from the middle one, where its ends have met. The step from
    one angle to the next costs ``bend`` times its square and is at most ``longest_step`` columns.

    Args:
        cost: Cost of each column (angle, column).
        bend: Cost of a step of one column at each angle, shape (angles,).
        longest_step: Columns.
    """
    angles, columns = cost.shape
    order = np.tile(np.arange(angles), 3)
    steps = np.arange(-longest_step, longest_step + 1)
    bending = (bend[:, None] * steps**2)[:, :, None]
    padded = np.full(columns + 2 * longest_step, np.inf)
    total = padded[longest_step:-longest_step]
    total[:] = cost[order[0]]
    # Row k of this view is the total at the columns shifted by steps[k]; it follows the total as that grows.
    shifted = np.lib.stride_tricks.sliding_window_view(padded, columns)
    options = np.empty(shifted.shape)
    best = np.empty((order.size, columns), dtype=np.intp)
    for turn, angle in enumerate(order[1:], start=1):
        np.add(shifted, bending[angle], out=options)
        options.argmin(axis=0, out=best[turn])
        np.add(options.min(axis=0), cost[angle], out=total)
    path = np.empty(order.size, dtype=np.intp)
    path[-1] = int(total.argmin())
    for turn in range(order.size - 1, 0, -1):
        step = steps[best[turn, path[turn]]]
        path[turn - 1] = min(max(path[turn] + step, 0), columns - 1)
    return path[angles : 2 * angles]
