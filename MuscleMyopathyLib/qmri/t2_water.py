"""Water T2 by the extended phase graph: stimulated echoes by B1, and fat as a second component of fixed T2.

A mono-exponential T2 grows with fat and with wrong flip angles; the T2 of the water alone does not. Each voxel's
train is a_w · train(T2, T1w, B1) + a_f · train(T2f, T1f, B1). B1 varies slowly over a limb, so a first fit of each
voxel gives its map, which is smoothed and then held in a second fit of T2 and the amplitudes.
Sources: Marty et al., NMR Biomed 2016;29:431; Lebel & Wilman, Magn Reson Med 2010;64:1005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.extended_phase_graph import EchoTrain
from MuscleMyopathyLib.qmri.slice_profile import PulseShape, slice_profile
from MuscleMyopathyLib.qmri.t2_dictionary import make_dictionary
from MuscleMyopathyLib.qmri.t2_water_fit import ROWS, fit_water_t2

FloatArray = npt.NDArray[np.float32]

_PIECE = 256
_FEWEST_ECHOES = 5
_T2, _WATER, _FAT, _B1, _RESIDUAL, _ERROR = range(len(ROWS))


@dataclass(frozen=True)
class WaterT2Parameters:
    """How water T2 is fitted.

    Attributes:
        refocusing_degrees: Nominal angle of the refocusing pulses.
        pulse_shape: Envelope of the pulses, for the slice profile.
        time_bandwidth: Duration × bandwidth of a sinc pulse.
        water_t1_ms: T1 of the water of muscle (3 T: Gold et al., AJR 2004;183:343); T2 hardly depends on it.
        fat_t1_ms: T1 of fat.
        fat_t2_ms: Apparent T2 of fat in this train; `fat_t2_ms` measures it in subcutaneous fat.
        shortest_t2_ms: Smallest T2 of water that is searched.
        longest_t2_ms: Largest T2 of water that is searched; below that of fat, which water could else mimic.
        lowest_b1: Smallest B1 that is searched.
        b1_smoothing_mm: Full width at half maximum of the B1 map's smoothing; 0 keeps each voxel's own B1.
        signed_fat: Whether noise may take the fat share below 0, as it takes fat fractions; only then are the
            medians of structures without fat unbiased. False gives quieter maps, and a T2 that is 1 ms too short
            there at an SNR of 50.
        noise_floor: Whether the fit expects magnitudes in Rician noise (its level from the air).
        signal_to_noise: Voxels whose first echo lies below this many times the noise are not fitted.
        largest_fat_percent: Where more of the signal is fat, the T2 of the little water is not stated (NaN).
    """

    refocusing_degrees: float = 180.0
    pulse_shape: PulseShape = PulseShape.IDEAL
    time_bandwidth: float = 4.0
    water_t1_ms: float = 1420.0
    fat_t1_ms: float = 370.0
    fat_t2_ms: float = 130.0
    shortest_t2_ms: float = 10.0
    longest_t2_ms: float = 100.0
    lowest_b1: float = 0.5
    b1_smoothing_mm: float = 15.0
    signed_fat: bool = True
    noise_floor: bool = True
    signal_to_noise: float = 5.0
    largest_fat_percent: float = 85.0

    def __post_init__(self) -> None:
        if not 0 < self.shortest_t2_ms < self.longest_t2_ms:
            raise ValueError("shortest_t2_ms must be above 0 and below longest_t2_ms.")
        if not 0 < self.lowest_b1 < 0.95:
            raise ValueError(f"lowest_b1 must lie between 0 and 0.95, not at {self.lowest_b1}.")
        if min(self.water_t1_ms, self.fat_t1_ms, self.fat_t2_ms) <= 0:
            raise ValueError("Relaxation times must be above 0 ms.")
        if self.b1_smoothing_mm < 0 or self.signal_to_noise < 0:
            raise ValueError("b1_smoothing_mm and signal_to_noise must be 0 or more.")

    @property
    def highest_b1(self) -> float:
        """Largest B1 that is searched: 1 for an ideal 180° train, in which 1 + x and 1 − x give equal echoes."""
        return 1.0 if self.refocusing_degrees == 180 and self.pulse_shape is PulseShape.IDEAL else 1.3


@dataclass(frozen=True)
class WaterT2:
    """Maps of the fit; NaN where there is no signal.

    Attributes:
        t2_ms: T2 of the water; NaN also where there is hardly water.
        fat_share_percent: Fat's share of the signal at TE = 0. It is weighted by T1 and is no proton-density fat
            fraction.
        b1: Actual over nominal pulse amplitude; of an ideal 180° train its distance from 1, downwards.
        residual: Root mean square of the residuals over the echoes, in the images' unit.
        standard_error_ms: Standard error of T2 from the residuals.
        noise_sd: Noise in each complex channel that the fit assumed; 0 for none.
        problems: What a reader should know, in words.
    """

    t2_ms: sitk.Image
    fat_share_percent: sitk.Image
    b1: sitk.Image
    residual: sitk.Image
    standard_error_ms: sitk.Image
    noise_sd: float
    problems: tuple[str, ...]


def water_t2(echoes: Echoes, parameters: WaterT2Parameters | None = None, progress: Progress = silent) -> WaterT2:
    """Fit water T2 in every voxel with signal, by all echoes.

    Raises:
        InputError: The echoes are not equally spaced from the first on, are fewer than five, or are empty.
    """
    parameters = parameters or WaterT2Parameters()
    train = _train(echoes, parameters)
    dictionary = make_dictionary(
        train,
        t2_ms=(parameters.shortest_t2_ms, parameters.longest_t2_ms),
        b1=(parameters.lowest_b1, parameters.highest_b1),
        water_t1_ms=parameters.water_t1_ms,
        fat_t1_ms=parameters.fat_t1_ms,
        fat_t2_ms=parameters.fat_t2_ms,
    )
    noise_sd = echoes.noise_sd()
    saturated, problem = echoes.saturated()
    mask = echoes.with_signal(noise_sd, parameters.signal_to_noise) & ~saturated
    voxels = np.flatnonzero(mask)
    floor = noise_sd if parameters.noise_floor else 0.0
    signed = parameters.signed_fat
    smoothing = parameters.b1_smoothing_mm > 0
    maps = echoes.fitted(
        voxels,
        len(ROWS),
        lambda signals, _: fit_water_t2(signals, dictionary, floor, signed_fat=signed and not smoothing),
        _PIECE,
        portion(progress, 0.0, 0.5 if smoothing else 1.0),
        "water T2 and B1" if smoothing else "water T2",
    )
    if smoothing:
        b1 = _smoothed(maps[_B1], maps[_WATER] + maps[_FAT], mask, echoes.images[0], parameters.b1_smoothing_mm)
        maps = echoes.fitted(
            voxels,
            len(ROWS),
            lambda signals, place: fit_water_t2(signals, dictionary, floor, b1[place], signed_fat=signed),
            _PIECE,
            portion(progress, 0.5, 1.0),
            "water T2",
        )
    progress(1.0, "water T2")
    return _result(echoes, voxels, maps, parameters, floor, [problem] if problem else [])


def fat_t2_ms(echoes: Echoes, fat: npt.NDArray[np.bool_], parameters: WaterT2Parameters | None = None) -> float:
    """Return the apparent T2 of fat: the median over voxels of (nearly) pure fat, such as subcutaneous fat.

    Args:
        echoes: The train.
        fat: Where there is pure fat, shape (slice, row, column).
        parameters: The sequence; its T2 of fat is not used.

    Raises:
        InputError: As `water_t2`.
    """
    parameters = parameters or WaterT2Parameters()
    # The component that is fitted has the T1 of fat; the other one, of a T2 too short for any echo, takes no part.
    dictionary = make_dictionary(
        _train(echoes, parameters),
        t2_ms=(40.0, 400.0),
        b1=(parameters.lowest_b1, parameters.highest_b1),
        water_t1_ms=parameters.fat_t1_ms,
        fat_t1_ms=parameters.fat_t1_ms,
        fat_t2_ms=1.0,
    )
    voxels = np.flatnonzero(fat)
    maps = echoes.fitted(
        voxels,
        len(ROWS),
        lambda signals, _: fit_water_t2(signals, dictionary, signed_fat=False),
        _PIECE,
        silent,
        "T2 of fat",
    )
    return float(np.nanmedian(maps[_T2]))


def _train(echoes: Echoes, parameters: WaterT2Parameters) -> EchoTrain:
    spacing = echoes.spacing_ms()
    if len(echoes.images) < _FEWEST_ECHOES:
        raise InputError(
            f"Water T2, B1 and fat need {_FEWEST_ECHOES} or more echoes, and this train has {len(echoes.images)}. "
            "Use the mono-exponential fit."
        )
    profile = slice_profile(parameters.pulse_shape, parameters.time_bandwidth)
    return EchoTrain(len(echoes.images), spacing, parameters.refocusing_degrees, profile=profile)


def _smoothed(
    b1: FloatArray, signal: FloatArray, mask: npt.NDArray[np.bool_], like: sitk.Image, width_mm: float
) -> FloatArray:
    """Return B1 smoothed within the mask, each voxel weighing by its squared signal, at the mask's voxels."""
    sigma_mm = width_mm / (2 * np.sqrt(2 * np.log(2)))
    sigma = [sigma_mm / spacing for spacing in reversed(like.GetSpacing())]
    weight = np.zeros(mask.shape, dtype=np.float32)
    usable = np.isfinite(b1) & np.isfinite(signal)
    weight[mask] = np.where(usable, np.square(signal / np.nanmax(signal)), 0)
    value = np.zeros_like(weight)
    value[mask] = np.where(usable, b1, 0)
    value *= weight
    total = ndimage.gaussian_filter(value, sigma)[mask]
    share = ndimage.gaussian_filter(weight, sigma)[mask]
    return np.asarray(total / np.maximum(share, 1e-12), dtype=np.float32)


def _result(
    echoes: Echoes,
    voxels: npt.NDArray[np.int64],
    maps: FloatArray,
    parameters: WaterT2Parameters,
    noise_sd: float,
    problems: list[str],
) -> WaterT2:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100 * maps[_FAT] / (maps[_FAT] + maps[_WATER])
    t2 = maps[_T2]
    at_limit = (t2 <= parameters.shortest_t2_ms * 1.001) | (t2 >= parameters.longest_t2_ms * 0.999)
    fatty = ~(share <= parameters.largest_fat_percent)
    t2[at_limit | fatty] = np.nan
    maps[_ERROR, np.isnan(t2)] = np.nan
    problems.append(
        f"The T2 of fat was taken as {parameters.fat_t2_ms:g} ms; "
        "another value moves the water T2 of fatty muscle."
    )
    if fatty.any():
        problems.append(
            f"{int(np.count_nonzero(fatty))} of {voxels.size} voxels with signal hold more than "
            f"{parameters.largest_fat_percent:g} % fat and have no water T2."
        )
    found_no = int(np.count_nonzero(at_limit & ~fatty))
    if found_no:
        problems.append(
            f"{found_no} voxels have a water T2 outside {parameters.shortest_t2_ms:g} to "
            f"{parameters.longest_t2_ms:g} ms and are left out."
        )
    if parameters.noise_floor and noise_sd == 0:
        problems.append("The air is blanked, so the noise is unknown and the fit assumes none.")
    return WaterT2(
        t2_ms=echoes.image_of(voxels, t2),
        fat_share_percent=echoes.image_of(voxels, share),
        b1=echoes.image_of(voxels, maps[_B1]),
        residual=echoes.image_of(voxels, maps[_RESIDUAL]),
        standard_error_ms=echoes.image_of(voxels, maps[_ERROR]),
        noise_sd=noise_sd,
        problems=tuple(problems),
    )
