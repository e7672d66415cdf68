"""Seeded noise in space: the same at a point whatever the grid that asks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates

Array = npt.NDArray[np.floating]


class Waves:
    """A smooth random function of position: a sum of plane waves of about one wavelength.

    Args:
        rng: Source of directions and phases.
        wavelength_mm: Typical wavelength across the limb.
        along_mm: Typical wavelength along the limb.
        amplitude: Standard deviation of the function.
        count: Number of waves.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        wavelength_mm: float,
        along_mm: float,
        amplitude: float = 1.0,
        count: int = 5,
    ) -> None:
        angle = rng.uniform(0, 2 * np.pi, count)
        size = 2 * np.pi / (wavelength_mm * rng.uniform(0.75, 1.35, count))
        self._kx = size * np.cos(angle)
        self._ky = size * np.sin(angle)
        self._kz = 2 * np.pi / along_mm * rng.normal(0, 0.7, count)
        self._phase = rng.uniform(0, 2 * np.pi, count)
        self._scale = amplitude * np.sqrt(2 / count)

    def __call__(self, x: Array, y: Array, z: float) -> Array:
        """Return the values at positions in mm; ``x`` and ``y`` of one shape, one ``z``."""
        total = np.zeros_like(x)
        for kx, ky, phase in zip(self._kx, self._ky, self._phase + self._kz * z, strict=True):
            total += np.cos(np.float32(kx) * x + np.float32(ky) * y + np.float32(phase))
        return np.asarray(total * np.float32(self._scale), dtype=np.float32)


class Lattice:
    """Standard normal noise with a correlation length of about two cells, on a lattice that repeats.

    Args:
        rng: Source of the values.
        shape: Cells before the pattern repeats, along each axis.
    """

    def __init__(self, rng: np.random.Generator, shape: tuple[int, int, int] = (48, 48, 48)) -> None:
        values = gaussian_filter(rng.standard_normal(shape), 1.0, mode="wrap")
        self._values = ((values - values.mean()) / values.std()).astype(np.float32)

    def __call__(self, a: Array, b: Array, c: Array | float) -> Array:
        """Return the values at positions in cells."""
        where = np.stack(np.broadcast_arrays(a, b, np.float32(c)))
        return np.asarray(map_coordinates(self._values, where, order=1, mode="grid-wrap"))
