"""Run-length matrices by the voxels of the region instead of all those of its bounding box.

PyRadiomics walks every line of the box at 13 angles; a muscle fills a tenth of it. Counts are whole numbers and
come out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

ANGLES = tuple(step for step in product((0, 1, -1), repeat=3) if step > (0, 0, 0))
"""One of each two opposite steps (slice, row, column) to the 26 neighbours."""


def faster_members(original: Any) -> Mapping[str, Callable[..., Any]]:
    """Return the methods for a subclass of ``original``, PyRadiomics' class ``RadiomicsGLRLM`` (3.0.1)."""

    def calculate_matrix(self: Any, voxels: Any = None) -> Any:
        matrix = None
        if self.weightingNorm is None:
            flat = self.settings["force2Ddimension"] if self.settings["force2D"] else None
            angles = [angle for angle in ANGLES if flat is None or angle[flat] == 0]
            matrix = run_length_matrix(self.imageArray, self.maskArray, np.array(angles), self.coefficients["Ng"])
        if matrix is None:
            return original._calculateMatrix(self, voxels)
        matrix = matrix[:, self.coefficients["grayLevels"] - 1]
        self.coefficients["Nr"] = matrix.sum(axis=(1, 2))
        return matrix

    return {"_calculateMatrix": calculate_matrix}


def run_length_matrix(
    levels: npt.NDArray[np.integer], mask: npt.NDArray[np.bool_], angles: npt.NDArray[np.integer], highest: int
) -> npt.NDArray[np.float64] | None:
    """Count runs of equal grey level.

    Args:
        levels: Discretised image (slice, row, column), 1 to ``highest`` inside the mask.
        mask: The region.
        angles: Steps (slice, row, column) of each angle, shape (angles, 3).
        highest: The highest grey level, N_g.

    Returns:
        Shape (1, N_g, longest side of the box, angles), as PyRadiomics' ``calculate_glrlm``; or None where at
        some angle no two voxels of the region are neighbours, a case that PyRadiomics treats by itself.
    """
    longest = max(levels.shape)
    padded = np.pad(np.where(mask, levels, 0), 1)
    steps = angles @ np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    padded = padded.ravel()
    inside = np.flatnonzero(padded)
    before = padded[inside[None, :] - steps[:, None]]
    if not before.any(axis=1).all():
        return None
    angle, voxel = np.nonzero(before != padded[inside])
    # All runs of all angles grow together, one voxel at a time; what remains are the ever fewer longer ones.
    place, step = inside[voxel], steps[angle]
    level = padded[place]
    cell = (level - 1) * (longest * len(angles)) + angle
    ended = []
    while place.size:
        place = place + step
        goes_on = padded[place] == level
        ended.append(cell[~goes_on])
        place, step, level, cell = place[goes_on], step[goes_on], level[goes_on], cell[goes_on] + len(angles)
    counts = np.bincount(np.concatenate(ended), minlength=highest * longest * len(angles))
    return counts.reshape(1, highest, longest, len(angles)).astype(float)
