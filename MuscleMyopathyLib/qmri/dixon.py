"""Water and fat from complex gradient echoes (Dixon, IDEAL): field map, R2*, fat fraction, confidence and swaps.

Voxelwise fits (dixon_model.py) have several solutions that exchange water and fat; the field map of the whole limb
chooses among them (dixon_field.py). Three stages: the residuals of cells of a few voxels over one period of field
values, and the smooth field (dixon_cells.py); each voxel's own minimum near it, refined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.qmri.bipolar import guessed_bipolar_error, refined_bipolar_error
from MuscleMyopathyLib.qmri.dixon_cells import PIECE, SEARCH_R2STAR, SignalVoxels, cell_fields
from MuscleMyopathyLib.qmri.dixon_model import WaterFatModel
from MuscleMyopathyLib.qmri.echo_alignment import aligned_echoes
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.fat_spectrum import FatSpectrum
from MuscleMyopathyLib.qmri.phase import ComplexEchoes
from MuscleMyopathyLib.qmri.pieces import in_pieces
from MuscleMyopathyLib.qmri.t1_bias import t1_bias_note

Real = npt.NDArray[np.floating]

_VOXEL_FIELD_SD_HZ = 40.0
_SAMPLE = 2048
_LITTLE_CONFIDENCE = 0.3
# Noise alone leaves the median of the squared residual below once what is expected.
_MISFIT = 4.0


@dataclass(frozen=True)
class DixonParameters:
    """How water and fat are separated.

    Attributes:
        field_strength_tesla: Of the scanner; None takes it from the acquisition and refuses where that is unknown.
        cell_mm: Size of the cells that share one field value in the search.
        field_hz_per_mm: How fast the field usually changes; the larger, the less smooth.
        model_error: Error of the model, as a share of the signal (the spectrum of fat differs between people).
        signal_to_noise: Voxels whose mean signal lies below this many times the noise are not separated.
        fat_spectrum: Peaks of fat that the amounts are fitted with. The field is always searched with six: one
            peak cannot tell water from fat where the echoes lie evenly in and out of phase.
        align_echoes: Whether to align the later echoes to the first, for echoes of separate scans between which
            the limb moved.
        bipolar_readouts: Whether the readouts alternate their polarity: the error that follows is estimated and
            removed. Needs four echoes or more, evenly spaced.
    """

    field_strength_tesla: float | None = None
    cell_mm: float = 4.0
    field_hz_per_mm: float = 5.0
    model_error: float = 0.03
    signal_to_noise: float = 5.0
    fat_spectrum: FatSpectrum = FatSpectrum.SIX_PEAKS
    align_echoes: bool = False
    bipolar_readouts: bool = False

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
        summary: Confidence and swap map in one sentence.
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
    summary: str
    problems: tuple[str, ...]


def separate_water_and_fat(
    echoes: ComplexEchoes,
    acquisition: Acquisition,
    parameters: DixonParameters | None = None,
    progress: Progress = silent,
) -> Dixon:
    """Separate water and fat; R2* too with three echoes or more.

    Raises:
        InputError: Fewer than two echoes, no signal, an unknown field strength, or echoes that cannot tell the
            error of bipolar readouts.
        GeometryError: The echoes were to be aligned and cannot be.
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
    problems = [echoes.note, t1_bias_note(replace(acquisition, field_strength_tesla=strength))]
    numbers = tuple(range(1, len(echoes.times_ms) + 1))
    saturated, saturation = Echoes(echoes.magnitudes, echoes.times_ms, numbers).saturated()
    problems += [saturation] if saturation else []
    aligned = 0.0
    if parameters.align_echoes:
        aligned = 0.2
        echoes, moved = aligned_echoes(echoes, portion(progress, 0.0, aligned))
        problems.append(moved)
    work = SignalVoxels.of(
        echoes, saturated, parameters.signal_to_noise, parameters.cell_mm, parameters.model_error
    )
    search = WaterFatModel.of(echoes.times_ms, strength)
    if parameters.bipolar_readouts:
        work = guessed_bipolar_error(work, search)
    work, turned = _with_fat_below_water(work, search)
    problems += _problems(search, turned, parameters.fat_spectrum)
    searched = aligned + 0.45 * (1 - aligned)
    cells = cell_fields(work, search, parameters.field_hz_per_mm, portion(progress, aligned, searched))
    if parameters.bipolar_readouts:
        work, cells, found = refined_bipolar_error(work, search, cells)
        problems.append(found)
    model = WaterFatModel.of(echoes.times_ms, strength, parameters.fat_spectrum)
    maps = _fit_voxels(work, search, model, cells, portion(progress, searched, 1.0))
    progress(1.0, "water and fat")
    return _result(work, model, maps, problems)


def _with_fat_below_water(work: SignalVoxels, model: WaterFatModel) -> tuple[SignalVoxels, bool]:
    """Turn the phase round where the scanner counts it the other way: then fat fits only above water."""
    if len(model.times_s) == 2:
        # Two echoes fit either way.
        return work, False
    signals = work.echoes.at(work.voxels[work.sample(_SAMPLE)])
    grid = model.field_grid_hz()
    as_is, turned = (
        float(model.residuals(data, grid, SEARCH_R2STAR).min(axis=1).sum()) for data in (signals, signals.conj())
    )
    if turned < as_is:
        return replace(work, echoes=work.echoes.turned_round()), True
    return work, False


def _fit_voxels(
    work: SignalVoxels, search: WaterFatModel, model: WaterFatModel, cell_field_hz: Real, progress: Progress
) -> npt.NDArray[np.float32]:
    """Return water, fat, field, R2*, relative residual, and the cost over that of the exchanged solution."""
    grid = search.field_grid_hz()
    exchange = abs(search.main_shift_hz)
    maps = np.empty((6, work.voxels.size), dtype=np.float32)

    def fit(place: slice) -> None:
        costs = work.costs(search, place, grid)
        near = cell_field_hz[work.cell[place]]
        away = search.distance_hz(grid[None, :], near[:, None])
        bound = costs + 0.5 * (away / _VOXEL_FIELD_SD_HZ) ** 2
        best = np.where(away < 0.45 * exchange, bound, np.inf).argmin(axis=1)
        rows = np.arange(best.size)
        other = np.where(away > 0.5 * exchange, costs, np.inf).min(axis=1)
        signals = work.echoes.at(work.voxels[place])
        start = np.full(best.size, SEARCH_R2STAR)
        water, fat, field, r2star, squares = model.refine(signals, grid[best], start)
        power = (np.abs(signals) ** 2).sum(axis=0)
        excess = (1 + costs[rows, best]) / (1 + other)
        maps[:, place] = np.stack([water, fat, field, r2star, np.sqrt(squares / power), excess])

    in_pieces(work.voxels.size, PIECE, fit, progress, "fitting water and fat")
    return maps


def _result(work: SignalVoxels, model: WaterFatModel, maps: Real, problems: list[str]) -> Dixon:
    water, fat, field, r2star, residual, excess = maps
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(water + fat > work.least, 100 * fat / (water + fat), np.nan)
    confidence = np.clip(1 - excess, 0, 1)
    swap = _jumps(field, work.mask, model) | (excess > 3)

    def image(values: Real, outside: float = np.nan) -> sitk.Image:
        array = np.full(work.mask.shape, outside, dtype=np.float32)
        array[work.mask] = values
        result = sitk.GetImageFromArray(array)
        result.CopyInformation(work.echoes.like)
        return result

    return Dixon(
        water=image(water),
        fat=image(fat),
        fat_fraction_percent=image(percent),
        field_hz=image(field),
        r2star_per_s=image(r2star) if model.echoes_fit_r2star else None,
        residual_percent=image(100 * residual),
        confidence=image(confidence),
        suspected_swap=sitk.Cast(image(swap.astype(np.float32), 0.0), sitk.sitkUInt8),
        summary=_summary(confidence, swap),
        problems=(*problems, *_misfit(work, model, residual), *_doubts(confidence, swap)),
    )


def _jumps(field_hz: Real, mask: npt.NDArray[np.bool_], model: WaterFatModel) -> npt.NDArray[np.bool_]:
    """Return which voxels' field lies a third of the fat shift or more off the median of their neighbourhood."""
    field_map = np.zeros(mask.shape, dtype=np.float32)
    field_map[mask] = field_hz
    jumps = np.zeros(mask.shape, dtype=bool)
    for plane, inside, found in zip(field_map, mask, jumps, strict=True):
        if not inside.any():
            continue
        nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
        filled = plane[tuple(nearest)]
        median = ndimage.median_filter(filled, size=7)
        found[:] = model.distance_hz(filled, median) > abs(model.main_shift_hz) / 3
    return np.asarray(jumps[mask])


def _summary(confidence: Real, swap: npt.NDArray[np.bool_]) -> str:
    return (
        f"Confidence: median {np.median(confidence):.2f}, below {_LITTLE_CONFIDENCE:g} in "
        f"{100 * (confidence < _LITTLE_CONFIDENCE).mean():.1f} % of {swap.size} voxels with signal. "
        f"Swap map: {np.count_nonzero(swap)} voxels ({100 * swap.mean():.2f} %) suspected."
    )


def _misfit(work: SignalVoxels, model: WaterFatModel, residual: Real) -> list[str]:
    """Return in words that the residual is far beyond what noise and the model's own error leave."""
    free = 2 * len(model.times_s) - (5 if model.echoes_fit_r2star else 4)
    if work.noise_sd == 0 or free == 0:
        return []
    sample = work.sample(_SAMPLE)
    power = (np.abs(work.echoes.at(work.voxels[sample])) ** 2).sum(axis=0)
    expected = free * work.noise_sd**2 + work.model_error**2 * power
    if np.median(residual[sample] ** 2 * power / expected) < _MISFIT:
        return []
    text = (
        f"The echoes do not fit the model: it leaves {100 * np.median(residual):.0f} % of the signal. Did the "
        "limb move between echoes of separate scans (then align them), do the readouts alternate their polarity "
        "(then say so), or are the echo times others?"
    )
    return [text]


def _doubts(confidence: Real, swap: npt.NDArray[np.bool_]) -> list[str]:
    doubts = []
    share = 100 * float(swap.mean())
    if share >= 0.1:
        doubts.append(
            f"In {share:.1f} % of the voxels with signal water and fat may be exchanged; see the swap map."
        )
    unsure = 100 * float((confidence < _LITTLE_CONFIDENCE).mean())
    if unsure >= 5:
        doubts.append(
            f"In {unsure:.0f} % of the voxels the echoes hardly tell water from fat; their neighbours decided."
        )
    return doubts


def _problems(model: WaterFatModel, turned: bool, spectrum: FatSpectrum) -> list[str]:
    problems = []
    if turned:
        problems.append("The scanner counts phase the other way round; it was turned, so that fat is below water.")
    if spectrum is FatSpectrum.ONE_PEAK:
        problems.append(
            "Fat was taken as one peak, as older programs do. What its peaks lose to one another is not "
            "corrected, and the fat fraction is biased, mostly too low."
        )
    if not model.echoes_fit_r2star:
        problems.append(
            f"Two echoes cannot give R2*: it was taken as {SEARCH_R2STAR:g}/s, and the fat fraction is biased "
            "where it differs. Nor do they tell water from fat but by a smooth field near the scanner's frequency."
        )
    return problems
