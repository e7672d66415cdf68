"""Water T2, B1 and the shares of water and fat from echo trains, many at once: a search, then Gauss–Newton.

The two amplitudes follow from T2 and B1 by linear least squares (variable projection), so the search runs over the
dictionary alone. The refinement is linear around the nearest entry of the dictionary and is repeated from the
entry that it leads to; what it leaves is the second order within half a step of the grid: below 1 % of T2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.qmri.rician import rician_mean
from MuscleMyopathyLib.qmri.t2_dictionary import T2Dictionary

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]

ROWS = ("t2_ms", "water", "fat", "b1", "residual", "standard_error_ms")
"""What `fit_water_t2` gives for each voxel."""

_REFINEMENTS = 5
_SEARCH_STRIDE = 2


def fit_water_t2(
    signals: Array,
    dictionary: T2Dictionary,
    noise_sd: float = 0.0,
    b1: Array | None = None,
    *,
    signed_fat: bool = True,
) -> Array:
    """Fit echo trains.

    Args:
        signals: Magnitudes, shape (echo, voxel).
        dictionary: Of the train with which they were acquired.
        noise_sd: Of each complex channel; 0 fits plain least squares.
        b1: Known B1 of each voxel, shape (voxel,); None fits it.
        signed_fat: Whether the refinement may take the amplitude of fat below 0, where noise wants it.

    Returns:
        Shape (6, voxel), in the order of `ROWS`: T2 of water in ms, water and fat at TE = 0 in the signals' unit,
        B1, root mean square residual, standard error of T2 in ms. Where no water is found, T2 and its error are
        NaN.
    """
    trains = np.ascontiguousarray(signals.T)
    t2_index, b1_index = _search(trains, dictionary, b1)
    log_t2 = dictionary.log_t2[t2_index]
    amplitude = dictionary.b1[b1_index] if b1 is None else b1
    water = np.zeros(len(trains), dtype=trains.dtype)
    fat = np.zeros_like(water)
    target = trains
    for refinement in range(_REFINEMENTS):
        step = _Step.around(dictionary, log_t2, amplitude, water, fat, b1_is_known=b1 is not None)
        solution, covariance = step.solve(target, first=refinement == 0, signed_fat=signed_fat)
        water, fat = solution[:, 0], solution[:, 1]
        log_t2, amplitude = step.moved(dictionary, solution)
        if noise_sd:
            model = np.maximum(step.model(solution), 0)
            target = trains - (rician_mean(model, noise_sd) - model)
    misfit = target - step.model(solution)
    squares = np.einsum("ve,ve->v", misfit, misfit)
    echoes = trains.shape[1]
    freedom = max(echoes - (3 if b1 is not None else 4), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t2 = np.where(water > 0, np.exp(log_t2), np.nan)
        error = t2 * np.sqrt(squares / freedom * covariance) / np.abs(water)
    return np.stack([t2, np.maximum(water, 0), fat, amplitude, np.sqrt(squares / echoes), error])


def _search(trains: Array, dictionary: T2Dictionary, b1: Array | None) -> tuple[Indices, Indices]:
    """Return the dictionary's entry with the smallest residual: indices of T2 and of B1."""
    if b1 is None:
        return _best_entry(trains, dictionary, np.arange(0, dictionary.b1.size, _SEARCH_STRIDE))
    nearest = _nearest(b1, dictionary.b1)
    t2_index = np.zeros(len(trains), dtype=np.int64)
    for index in np.unique(nearest):
        own = nearest == index
        t2_index[own], _ = _best_entry(trains[own], dictionary, np.array([index]))
    return t2_index, nearest


def _best_entry(trains: Array, dictionary: T2Dictionary, b1_indices: Indices) -> tuple[Indices, Indices]:
    t2_indices = np.arange(0, dictionary.log_t2.size, _SEARCH_STRIDE)
    water = dictionary.water[np.ix_(t2_indices, b1_indices)]
    fat = dictionary.fat[b1_indices]
    water = water / np.linalg.norm(water, axis=-1, keepdims=True)
    fat = fat / np.linalg.norm(fat, axis=-1, keepdims=True)
    likeness = np.einsum("tbe,be->tb", water, fat)[..., None]
    with_water = (water.reshape(-1, water.shape[-1]) @ trains.T).reshape(*water.shape[:2], -1)
    with_fat = np.maximum(fat @ trains.T, 0)
    # What a pair of non-negative amplitudes takes from the squared signal: fat's share alone, and what water adds
    # to it; without fat where the best amplitude of fat is negative.
    beyond_fat = np.maximum(with_water - likeness * with_fat, 0)
    fat_wanted = with_fat > likeness * with_water
    beyond_fat *= beyond_fat
    beyond_fat *= 1 / np.maximum(1 - likeness * likeness, 1e-6)
    gain = np.where(fat_wanted, beyond_fat + with_fat * with_fat, np.square(np.maximum(with_water, 0)))
    best = gain.reshape(-1, len(trains)).argmax(axis=0)
    t2_place, b1_place = np.unravel_index(best, water.shape[:2])
    return np.asarray(t2_indices[t2_place]), np.asarray(b1_indices[b1_place])


def _nearest(values: Array, grid: Array) -> Indices:
    step = (grid[-1] - grid[0]) / (grid.size - 1)
    return np.asarray(np.clip(np.rint((values - grid[0]) / step), 0, grid.size - 1), dtype=np.int64)


class _Step:
    """One linear problem per voxel around its nearest entry: water, fat, water × shift of log T2, shift of B1."""

    def __init__(self, design: Array, log_t2: Array, b1: Array, b1_is_known: bool) -> None:
        self._design = design
        self._log_t2 = log_t2
        self._b1 = b1
        self._b1_is_known = b1_is_known

    @classmethod
    def around(
        cls, dictionary: T2Dictionary, log_t2: Array, b1: Array, water: Array, fat: Array, *, b1_is_known: bool
    ) -> _Step:
        t2_index, b1_index = _nearest(log_t2, dictionary.log_t2), _nearest(b1, dictionary.b1)
        of_water, of_fat = dictionary.water[t2_index, b1_index], dictionary.fat[b1_index]
        by_log_t2 = dictionary.water_by_log_t2[t2_index, b1_index]
        water_by_b1, fat_by_b1 = dictionary.water_by_b1[t2_index, b1_index], dictionary.fat_by_b1[b1_index]
        if b1_is_known:
            shift = (b1 - dictionary.b1[b1_index])[:, None]
            known = (of_water + shift * water_by_b1, of_fat + shift * fat_by_b1, by_log_t2)
            return cls(np.stack(known, axis=1), dictionary.log_t2[t2_index], b1, True)
        by_b1 = water[:, None] * water_by_b1 + fat[:, None] * fat_by_b1
        columns = (of_water, of_fat, by_log_t2, by_b1)
        return cls(np.stack(columns, axis=1), dictionary.log_t2[t2_index], dictionary.b1[b1_index], False)

    def solve(self, target: Array, *, first: bool, signed_fat: bool) -> tuple[Array, Array]:
        """Return the solution, shape (voxel, column), and the variance factor of the shift of log T2.

        At the first step the amplitudes are unknown, and so is the derivative by B1: only they are solved for.
        """
        columns = self._design.shape[1]
        fixed = np.zeros((len(target), columns), dtype=bool)
        if first:
            fixed[:, 2:] = True
        solution, variance = self._least_squares(target, fixed)
        for amplitude, other in ((0, 1),) if signed_fat else ((1, 0), (0, 1)):
            negative = (solution[:, amplitude] < 0) & ~fixed[:, other]
            if negative.any():
                fixed[negative, amplitude] = True
                # Without water its T2 has no meaning.
                fixed[negative, 2] |= amplitude == 0
                solution[negative], variance[negative] = self._least_squares(
                    target[negative], fixed[negative], negative
                )
        return solution, variance

    def _least_squares(
        self, target: Array, fixed: npt.NDArray[np.bool_], own: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Array, Array]:
        design = (self._design if own is None else self._design[own]).astype(np.float64)
        design = np.where(fixed[..., None], 0, design)
        scale = np.sqrt(np.einsum("vce,vce->vc", design, design))
        scale[scale == 0] = 1
        design /= scale[..., None]
        normal = design @ design.transpose(0, 2, 1)
        diagonal = np.arange(normal.shape[1])
        # A column without information (B1 of a perfect train) stays where it is instead of running away.
        normal[:, diagonal, diagonal] += np.where(fixed, 1.0, 1e-6)
        right = np.einsum("vce,ve->vc", design, target)
        inverse = np.linalg.inv(normal)
        solution = np.einsum("vcd,vd->vc", inverse, right) / scale
        return solution, inverse[:, 2, 2] / scale[:, 2] ** 2

    def moved(self, dictionary: T2Dictionary, solution: Array) -> tuple[Array, Array]:
        """Return log T2 and B1 after the step, at most three grid distances away and within the dictionary."""
        reach = 3 * dictionary.log_t2_step
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.nan_to_num(solution[:, 2] / solution[:, 0])
        log_t2 = np.clip(self._log_t2 + np.clip(shift, -reach, reach), dictionary.log_t2[0], dictionary.log_t2[-1])
        if self._b1_is_known:
            return log_t2, self._b1
        reach, half = 3 * dictionary.b1_step, dictionary.b1_step / 2
        b1 = self._b1 + np.clip(solution[:, 3], -reach, reach)
        return log_t2, np.clip(b1, dictionary.b1[0] - half, dictionary.b1[-1] + half)

    def model(self, solution: Array) -> Array:
        """Return the echoes of the solution, shape (voxel, echo)."""
        return np.asarray(np.einsum("vc,vce->ve", solution, self._design))
