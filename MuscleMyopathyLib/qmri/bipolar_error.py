"""What readouts of alternate polarity add to the echoes: a phase and a gain that change sign from echo to echo.

Eddy currents, gradient delays and the receive filter shift and tilt every other echo; along the readout both are
linear, exp((−1)ⁿ (κ + iθ)) with κ and θ linear in the voxel's place. Without them in the model the alternation
passes for fat. Sources: Lu et al., Magn Reson Med 2008;60:198; Peterson & Månsson, Magn Reson Med 2014;71:2045.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.floating]


@dataclass(frozen=True)
class BipolarError:
    """Phase and gain of the first, third, … echo; the second, fourth, … have the opposite.

    Attributes:
        phase: θ in radians: at the middle of the image, and its change across all columns and all rows.
        log_gain: κ, likewise.
    """

    phase: tuple[float, float, float] = (0.0, 0.0, 0.0)
    log_gain: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def turned(self) -> BipolarError:
        """Return the error of the same echoes with their phase counted the other way round."""
        first, across_columns, across_rows = self.phase
        return BipolarError((-first, -across_columns, -across_rows), self.log_gain)

    def factors(
        self, voxels: npt.NDArray[np.int64], size: tuple[int, ...], echoes: int
    ) -> npt.NDArray[np.complex64]:
        """Return what each echo was multiplied with, shape (echo, voxel).

        Args:
            voxels: Flat indices into an array (slice, row, column).
            size: Columns, rows and slices.
            echoes: How many.
        """
        alternating = (np.array(self.log_gain) + 1j * np.array(self.phase)) @ places(voxels, size)
        sign = np.where(np.arange(echoes) % 2, -1, 1)[:, None]
        return np.exp(sign * alternating).astype(np.complex64)


def places(voxels: npt.NDArray[np.int64], size: tuple[int, ...]) -> Real:
    """Return 1, and column and row from −½ to ½ across the image, of flat indices: shape (3, voxel)."""
    columns, rows = size[:2]
    column, row = voxels % columns, voxels // columns % rows
    return np.stack([np.ones(voxels.size), column / columns - 0.5, row / rows - 0.5])
