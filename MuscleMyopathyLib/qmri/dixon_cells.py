"""The voxels with signal, and the field of the cells (a few voxels in the plane) that they lie in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import sparse

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress
from MuscleMyopathyLib.qmri.dixon_field import CellGraph, candidates, smooth_field
from MuscleMyopathyLib.qmri.dixon_model import WaterFatModel
from MuscleMyopathyLib.qmri.phase import ComplexEchoes
from MuscleMyopathyLib.qmri.rician import noise_sd_of_air

Real = npt.NDArray[np.floating]

SEARCH_R2STAR = 40.0
"""R2* in 1/s while the field is searched: that of muscle and fat at 3 T."""

PIECE = 1024
"""Voxels searched at a time: few enough for the processor's cache."""


@dataclass(frozen=True)
class SignalVoxels:
    """The voxels with signal.

    Attributes:
        echoes: All voxels' echoes.
        mask: Where there is signal, shape (slice, row, column).
        voxels: Flat indices of these voxels.
        noise_sd: Of each complex channel.
        least: Mean signal below this is none.
        cell: Number of each voxel's cell.
        cell_mask: Cells with signal, shape (slice, row of cells, column of cells).
        cell_mm: Size of a cell, in the order of the axes.
        model_error: Error of the model as a share of the signal.
    """

    echoes: ComplexEchoes
    mask: npt.NDArray[np.bool_]
    voxels: npt.NDArray[np.int64]
    noise_sd: float
    least: float
    cell: npt.NDArray[np.int64]
    cell_mask: npt.NDArray[np.bool_]
    cell_mm: tuple[float, float, float]
    model_error: float

    @classmethod
    def of(
        cls,
        echoes: ComplexEchoes,
        unusable: npt.NDArray[np.bool_],
        signal_to_noise: float,
        cell_mm: float,
        model_error: float,
    ) -> SignalVoxels:
        """Find the voxels with signal and their cells, without the unusable ones.

        Raises:
            InputError: The echoes are empty, or nothing in them stands out from the noise.
        """
        strength = _mean_signal(echoes.magnitudes)
        if not strength.any():
            raise InputError("The echoes are empty: all their voxels are zero. Choose another series.")
        column_mm, row_mm, slice_mm = echoes.like.GetSpacing()
        noise_sd = noise_sd_of_air(sitk.GetArrayViewFromImage(echoes.magnitudes[0]), (row_mm, column_mm))
        brightest = float(np.percentile(strength[strength > 0], 98))
        least = max(signal_to_noise * noise_sd, 0.03 * brightest)
        mask = (strength > least) & ~unusable
        if not mask.any():
            raise InputError(
                f"No voxel's mean signal exceeds {least:.4g}, {signal_to_noise:g} times the noise found in "
                "the air, without being saturated. Lower signal_to_noise, or choose another series."
            )
        rows, columns = (max(1, round(cell_mm / mm)) for mm in (row_mm, column_mm))
        slices, height, width = mask.shape
        shape = (slices, -(-height // rows), -(-width // columns))
        z, y, x = np.nonzero(mask)
        place = np.ravel_multi_index((z, y // rows, x // columns), shape)
        cells, cell = np.unique(place, return_inverse=True)
        cell_mask = np.zeros(shape, dtype=bool)
        cell_mask.reshape(-1)[cells] = True
        size = (slice_mm, rows * row_mm, columns * column_mm)
        return cls(echoes, mask, np.flatnonzero(mask), noise_sd, least, cell, cell_mask, size, model_error)

    def costs(self, model: WaterFatModel, place: slice, field_hz: Real) -> Real:
        """Return the residuals of a piece in units of what noise and an imperfect model give."""
        signals = self.echoes.at(self.voxels[place])
        power = (np.abs(signals) ** 2).sum(axis=0)
        expected = 2 * self.noise_sd**2 + self.model_error**2 * power
        return np.asarray(model.residuals(signals, field_hz, SEARCH_R2STAR) / expected[:, None])

    def sample(self, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of at most ``count`` of these voxels, evenly spread."""
        return np.unique(np.linspace(0, self.voxels.size - 1, count).astype(np.int64))


def _mean_signal(magnitudes: tuple[sitk.Image, ...]) -> npt.NDArray[np.float32]:
    """Return the root mean square over the echoes, shape (slice, row, column)."""
    squares = np.zeros(sitk.GetArrayViewFromImage(magnitudes[0]).shape, dtype=np.float32)
    for magnitude in magnitudes:
        values = np.nan_to_num(sitk.GetArrayViewFromImage(magnitude).astype(np.float32))
        values *= values
        squares += values
    squares /= len(magnitudes)
    return np.asarray(np.sqrt(squares, out=squares))


def cell_fields(work: SignalVoxels, model: WaterFatModel, hz_per_mm: float, progress: Progress) -> Real:
    """Return the smooth field in Hz of each cell.

    Args:
        work: The voxels with signal.
        model: Echo times and spectrum.
        hz_per_mm: How fast the field usually changes.
        progress: Told after every piece.
    """
    grid = model.field_grid_hz()
    count = int(np.count_nonzero(work.cell_mask))
    pooled = np.zeros((count, grid.size), dtype=np.float32)
    members = np.bincount(work.cell, minlength=count).astype(np.float32)
    order = np.argsort(work.cell, kind="stable")
    by_cell = replace(work, voxels=work.voxels[order], cell=work.cell[order])
    # One piece after the other: two that end in the same cell must not add to it at once.
    size = 4 * PIECE
    for start in range(0, work.voxels.size, size):
        progress(0.8 * start / work.voxels.size, "searching the field map")
        place = slice(start, min(start + size, work.voxels.size))
        own = by_cell.cell[place]
        first, last = int(own[0]), int(own[-1])
        sums = sparse.csr_matrix(
            (np.ones(own.size, dtype=np.float32), (own - first, np.arange(own.size))),
            shape=(last - first + 1, own.size),
        )
        pooled[first : last + 1] += sums @ by_cell.costs(model, place, grid)
    progress(0.8, "smoothing the field map")
    # Where the echoes tell nothing else, the scanner's shim does: its frequency is that of water, not of fat.
    pooled /= members[:, None]
    pooled += (0.5 * (grid / model.main_shift_hz) ** 2).astype(np.float32)
    pieces = [candidates(grid, pooled[start : start + PIECE]) for start in range(0, count, PIECE)]
    fields, costs = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    graph = CellGraph.of(work.cell_mask, work.cell_mm, hz_per_mm)
    chosen = smooth_field(fields, costs, graph, model.distance_hz, model.main_shift_hz)
    return np.asarray(fields[np.arange(count), chosen])
