"""Water and fat from complex gradient echoes (Dixon, IDEAL): field map, R2*, fat fraction, confidence and swaps.

Voxelwise fits (dixon_model.py) have several solutions that exchange water and fat; the field map of the whole limb
chooses among them (dixon_field.py). Three stages: the residuals of cells of a few voxels over one period of field
values; the smooth field; each voxel's own minimum near it, refined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage, sparse

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.qmri.dixon_field import CellGraph, candidates, smooth_field
from MuscleMyopathyLib.qmri.dixon_model import WaterFatModel
from MuscleMyopathyLib.qmri.phase import ComplexEchoes
from MuscleMyopathyLib.qmri.pieces import in_pieces
from MuscleMyopathyLib.qmri.rician import noise_sd_of_air
from MuscleMyopathyLib.qmri.t1_bias import t1_bias_note

Real = npt.NDArray[np.floating]

_PIECE = 1024
_SEARCH_R2STAR = 40.0
_VOXEL_FIELD_SD_HZ = 40.0


@dataclass(frozen=True)
class DixonParameters:
    """How water and fat are separated.

    Attributes:
        field_strength_tesla: Of the scanner; None takes it from the acquisition and refuses where that is unknown.
        cell_mm: Size of the cells that share one field value in the search.
        field_hz_per_mm: How fast the field usually changes; the larger, the less smooth.
        model_error: Error of the model, as a share of the signal (the spectrum of fat differs between people).
        signal_to_noise: Voxels whose mean signal lies below this many times the noise are not separated.
    """

    field_strength_tesla: float | None = None
    cell_mm: float = 4.0
    field_hz_per_mm: float = 5.0
    model_error: float = 0.03
    signal_to_noise: float = 5.0

    def __post_init__(self) -> None:
        if self.field_strength_tesla is not None and not self.field_strength_tesla > 0:
            raise ValueError(f"field_strength_tesla must be above 0, not {self.field_strength_tesla}.")
        if min(self.cell_mm, self.field_hz_per_mm, self.model_error) <= 0 or self.signal_to_noise < 0:
            raise ValueError(
                "cell_mm, field_hz_per_mm and model_error must be above 0, signal_to_noise 0 or more."
            )


@dataclass(frozen=True)
class Dixon:
    """Maps of the separation, single precision; NaN where there is no signal.

    Attributes:
        water: In the images' unit, extrapolated to TE = 0.
        fat: Likewise; noise may take either below 0.
        fat_fraction_percent: 100 F / (F + W), not clipped.
        field_hz: Field map, within one period.
        r2star_per_s: R2*; None with two echoes, which cannot give it.
        residual_percent: Root mean square residual as a share of the signal.
        confidence: 0 to 1: how much worse the best solution with water and fat exchanged fits; 0 where it fits as
            well, so that only the neighbours decided.
        suspected_swap: 1 where water and fat may be exchanged, else 0: the field jumps against its surroundings,
            or the other solution fits much better.
        problems: What a reader should know, in words.
    """

    water: sitk.Image
    fat: sitk.Image
    fat_fraction_percent: sitk.Image
    field_hz: sitk.Image
    r2star_per_s: sitk.Image | None
    residual_percent: sitk.Image
    confidence: sitk.Image
    suspected_swap: sitk.Image
    problems: tuple[str, ...]


def separate_water_and_fat(
    echoes: ComplexEchoes,
    acquisition: Acquisition,
    parameters: DixonParameters | None = None,
    progress: Progress = silent,
) -> Dixon:
    """Separate water and fat; R2* too with three echoes or more.

    Raises:
        InputError: Fewer than two echoes, no signal, or an unknown field strength.
    """
    parameters = parameters or DixonParameters()
    strength = parameters.field_strength_tesla or acquisition.field_strength_tesla
    if strength is None:
        raise InputError(
            "The field strength of the scanner is unknown, and with it the frequency of fat. "
            "Say it, e.g. 1.5 or 3 tesla (on the command line: --field-strength)."
        )
    if len(echoes.times_ms) < 2:
        raise InputError("One echo cannot tell water from fat. Choose a series of two or more echoes.")
    model = WaterFatModel.of(echoes.times_ms, strength)
    work = _Work.of(echoes, parameters)
    work, turned = _with_fat_below_water(work, model)
    chosen = _cell_fields(work, model, parameters, portion(progress, 0.0, 0.45))
    maps = _fit_voxels(work, model, parameters, chosen, portion(progress, 0.45, 1.0))
    progress(1.0, "water and fat")
    return _result(work, model, maps, _problems(echoes, acquisition, model, turned))


@dataclass(frozen=True)
class _Work:
    """The voxels with signal, and the cells that they lie in."""

    signals: npt.NDArray[np.complex64]
    like: sitk.Image
    mask: npt.NDArray[np.bool_]
    voxels: npt.NDArray[np.int64]
    noise_sd: float
    least: float
    cell: npt.NDArray[np.int64]
    cell_mask: npt.NDArray[np.bool_]
    cell_mm: tuple[float, float, float]

    @classmethod
    def of(cls, echoes: ComplexEchoes, parameters: DixonParameters) -> _Work:
        strength = np.sqrt(np.mean([np.abs(echo) ** 2 for echo in echoes.signals], axis=0))
        if not strength.any():
            raise InputError("The echoes are empty: all their voxels are zero. Choose another series.")
        column_mm, row_mm, slice_mm = echoes.like.GetSpacing()
        noise_sd = noise_sd_of_air(np.abs(echoes.signals[0]), (row_mm, column_mm))
        brightest = float(np.percentile(strength[strength > 0], 98))
        least = max(parameters.signal_to_noise * noise_sd, 0.03 * brightest)
        mask = strength > least
        rows, columns = (max(1, round(parameters.cell_mm / mm)) for mm in (row_mm, column_mm))
        slices, height, width = mask.shape
        shape = (slices, -(-height // rows), -(-width // columns))
        z, y, x = np.nonzero(mask)
        place = np.ravel_multi_index((z, y // rows, x // columns), shape)
        cells, cell = np.unique(place, return_inverse=True)
        cell_mask = np.zeros(shape, dtype=bool)
        cell_mask.reshape(-1)[cells] = True
        size = (slice_mm, rows * row_mm, columns * column_mm)
        flat = echoes.signals.reshape(len(echoes.signals), -1)
        return cls(flat, echoes.like, mask, np.flatnonzero(mask), noise_sd, least, cell, cell_mask, size)

    def costs(self, model: WaterFatModel, place: slice, field_hz: Real, model_error: float) -> Real:
        """Return the residuals of a piece in units of what noise and an imperfect model give."""
        signals = self.signals[:, self.voxels[place]]
        power = (np.abs(signals) ** 2).sum(axis=0)
        expected = 2 * self.noise_sd**2 + model_error**2 * power
        return np.asarray(model.residuals(signals, field_hz, _SEARCH_R2STAR) / expected[:, None])


def _with_fat_below_water(work: _Work, model: WaterFatModel) -> tuple[_Work, bool]:
    """Turn the phase round where the scanner counts it the other way: then fat fits only above water."""
    if len(model.times_s) == 2:
        # Two echoes fit either way.
        return work, False
    strength = np.abs(work.signals[0, work.voxels])
    sample = work.voxels[np.argsort(-strength)[: 20 * _PIECE : 10]]
    grid = model.field_grid_hz()
    signals = work.signals[:, sample]
    as_is, turned = (
        float(model.residuals(data, grid, _SEARCH_R2STAR).min(axis=1).sum()) for data in (signals, signals.conj())
    )
    return (replace(work, signals=work.signals.conj()), True) if turned < as_is else (work, False)


def _cell_fields(work: _Work, model: WaterFatModel, parameters: DixonParameters, progress: Progress) -> Real:
    """Return the field in Hz of each cell."""
    grid = model.field_grid_hz()
    count = int(np.count_nonzero(work.cell_mask))
    pooled = np.zeros((count, grid.size), dtype=np.float32)
    members = np.bincount(work.cell, minlength=count).astype(np.float32)
    order = np.argsort(work.cell, kind="stable")
    sorted_work = replace(work, voxels=work.voxels[order], cell=work.cell[order])

    def pool(place: slice) -> None:
        costs = sorted_work.costs(model, place, grid, parameters.model_error)
        own = sorted_work.cell[place]
        first = int(own[0])
        sums = sparse.csr_matrix(
            (np.ones(own.size, dtype=np.float32), (own - first, np.arange(own.size))),
            shape=(int(own[-1]) - first + 1, own.size),
        )
        pooled[first : int(own[-1]) + 1] += sums @ costs

    # One piece after the other: two that end in the same cell must not add to it at once.
    size = 4 * _PIECE
    for start in range(0, work.voxels.size, size):
        progress(0.8 * start / work.voxels.size, "searching the field map")
        pool(slice(start, min(start + size, work.voxels.size)))
    progress(0.8, "smoothing the field map")
    # Where the echoes tell nothing else, the scanner's shim does: its frequency is that of water, not of fat.
    shim = 0.5 * (grid / model.main_shift_hz) ** 2
    fields, costs = candidates(grid, pooled / members[:, None] + shim)
    graph = CellGraph.of(work.cell_mask, work.cell_mm, parameters.field_hz_per_mm)
    chosen = smooth_field(fields, costs, graph, model.distance_hz, model.main_shift_hz)
    return np.asarray(fields[np.arange(count), chosen])


def _fit_voxels(
    work: _Work, model: WaterFatModel, parameters: DixonParameters, cell_field_hz: Real, progress: Progress
) -> npt.NDArray[np.float32]:
    """Return water, fat, field, R2*, relative residual, and the cost over that of the exchanged solution."""
    grid = model.field_grid_hz()
    exchange = abs(model.main_shift_hz)
    maps = np.empty((6, work.voxels.size), dtype=np.float32)

    def fit(place: slice) -> None:
        costs = work.costs(model, place, grid, parameters.model_error)
        near = cell_field_hz[work.cell[place]]
        away = model.distance_hz(grid[None, :], near[:, None])
        bound = costs + 0.5 * (away / _VOXEL_FIELD_SD_HZ) ** 2
        best = np.where(away < 0.45 * exchange, bound, np.inf).argmin(axis=1)
        rows = np.arange(best.size)
        other = np.where(away > 0.5 * exchange, costs, np.inf).min(axis=1)
        signals = work.signals[:, work.voxels[place]]
        start = np.full(best.size, _SEARCH_R2STAR)
        water, fat, field, r2star, squares = model.refine(signals, grid[best], start)
        power = (np.abs(signals) ** 2).sum(axis=0)
        excess = (1 + costs[rows, best]) / (1 + other)
        maps[:, place] = np.stack([water, fat, field, r2star, np.sqrt(squares / power), excess])

    in_pieces(work.voxels.size, _PIECE, fit, progress, "fitting water and fat")
    return maps


def _result(work: _Work, model: WaterFatModel, maps: Real, problems: list[str]) -> Dixon:
    water, fat, field, r2star, residual, excess = maps
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(water + fat > work.least, 100 * fat / (water + fat), np.nan)
    field_map = np.full(work.mask.shape, np.nan, dtype=np.float32)
    field_map[work.mask] = field
    swap = (_jumps(field_map, work.mask, model)[work.mask]) | (excess > 3)
    share = 100 * float(swap.mean())
    if share >= 0.1:
        problems.append(
            f"In {share:.1f} % of the voxels with signal water and fat may be exchanged; see the swap map."
        )
    doubtful = 100 * float((excess > 0.7).mean())
    if doubtful >= 5:
        problems.append(
            f"In {doubtful:.0f} % of the voxels the echoes hardly tell water from fat; their neighbours decided."
        )

    def image(values: Real, outside: float = np.nan) -> sitk.Image:
        array = np.full(work.mask.shape, outside, dtype=np.float32)
        array[work.mask] = values
        result = sitk.GetImageFromArray(array)
        result.CopyInformation(work.like)
        return result

    return Dixon(
        water=image(water),
        fat=image(fat),
        fat_fraction_percent=image(percent),
        field_hz=image(field),
        r2star_per_s=image(r2star) if model.echoes_fit_r2star else None,
        residual_percent=image(100 * residual),
        confidence=image(np.clip(1 - excess, 0, 1)),
        suspected_swap=sitk.Cast(image(swap.astype(np.float32), 0.0), sitk.sitkUInt8),
        problems=tuple(problems),
    )


def _jumps(field_hz: Real, mask: npt.NDArray[np.bool_], model: WaterFatModel) -> npt.NDArray[np.bool_]:
    """Return where the field lies a third of the fat shift or more off the median of its plane's neighbourhood."""
    filled = np.where(mask, field_hz, 0).astype(np.float32)
    nearest = ndimage.distance_transform_edt(
        ~mask, sampling=(1e6, 1, 1), return_distances=False, return_indices=True
    )
    filled = filled[tuple(nearest)]
    median = ndimage.median_filter(filled, size=(1, 7, 7))
    return mask & (model.distance_hz(filled, median) > abs(model.main_shift_hz) / 3)


def _problems(echoes: ComplexEchoes, acquisition: Acquisition, model: WaterFatModel, turned: bool) -> list[str]:
    problems = [echoes.note, t1_bias_note(acquisition)]
    if turned:
        problems.append("The scanner counts phase the other way round; it was turned, so that fat is below water.")
    if not model.echoes_fit_r2star:
        problems.append(
            f"Two echoes cannot give R2*: it was taken as {_SEARCH_R2STAR:g}/s, and the fat fraction is biased "
            "where it differs. Nor do they tell water from fat but by a smooth field near the scanner's frequency."
        )
    return problems
