"""T2 by a mono-exponential fit of a multi-echo spin-echo train: S(TE) = S0 e^(−TE/T2), voxel by voxel at once.

A log-linear fit weighted by the squared signal is the start; Gauss–Newton on R2 = 1/T2 with S0 eliminated
(variable projection: Golub & Pereyra, Inverse Problems 2003;19:R1) goes on to the least squares of the signal
itself, whose expected value in noise is Rician (rician.py). Stimulated echoes make the first echo too low, which
is why it is skipped by default; what they leave is an overestimate of T2, which t2_water.py avoids.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.rician import rician_mean

Array = npt.NDArray[np.floating]

_PIECE = 16384
_ROUNDS = 3
_STEPS_PER_ROUND = 2
_TINY = 1e-12


@dataclass(frozen=True)
class MonoExponentialParameters:
    """How the mono-exponential T2 is fitted.

    Attributes:
        first_echo: Number of the first echo used, from 1; None is 2 in a train of four or more, else 1.
        leave_out: Numbers of further echoes that are not used.
        noise_floor: Whether the fit expects magnitudes in Rician noise (its level from the air).
        model_error: Error of the model, as a share of the signal. Each echo weighs
            1 / (noise² + (share × signal)²), since stimulated echoes and fat bend the decay by shares of the
            signal. 0 is plain least squares, which follows the first echoes; a large share is the log-linear fit.
        signal_to_noise: Voxels whose first used echo lies below this many times the noise are not fitted.
        longest_t2_ms: A fit beyond this is no T2 of tissue in such a train and becomes NaN.
    """

    first_echo: int | None = None
    leave_out: tuple[int, ...] = ()
    noise_floor: bool = True
    model_error: float = 0.05
    signal_to_noise: float = 5.0
    longest_t2_ms: float = 1000.0

    def __post_init__(self) -> None:
        if self.first_echo is not None and self.first_echo < 1:
            raise ValueError(f"first_echo counts from 1, and cannot be {self.first_echo}.")
        if not 0 <= self.model_error < 1:
            raise ValueError(f"model_error is a share of the signal, 0 to 1, not {self.model_error}.")
        if self.signal_to_noise < 0:
            raise ValueError(f"signal_to_noise must be 0 or more, not {self.signal_to_noise}.")
        if not self.longest_t2_ms > 0:
            raise ValueError(f"longest_t2_ms must be above 0, not {self.longest_t2_ms}.")


@dataclass(frozen=True)
class MonoExponentialT2:
    """Maps of a mono-exponential fit; NaN where there is no signal or no fit.

    Attributes:
        t2_ms: T2.
        s0: Signal extrapolated to TE = 0, in the images' unit.
        residual: Root mean square of the residuals over the echoes used, in the images' unit.
        standard_error_ms: Standard error of T2 from the residuals; NaN with two echoes, which leave no residual.
        echoes_used: Numbers of the echoes.
        noise_sd: Noise in each complex channel that the fit assumed; 0 for none.
        problems: What a reader should know, in words.
    """

    t2_ms: sitk.Image
    s0: sitk.Image
    residual: sitk.Image
    standard_error_ms: sitk.Image
    echoes_used: tuple[int, ...]
    noise_sd: float
    problems: tuple[str, ...]


def mono_exponential_t2(
    echoes: Echoes, parameters: MonoExponentialParameters | None = None, progress: Progress = silent
) -> MonoExponentialT2:
    """Fit T2 in every voxel with signal.

    Raises:
        InputError: Fewer than two echoes remain, or the first is empty.
    """
    parameters = parameters or MonoExponentialParameters()
    first = parameters.first_echo or (2 if len(echoes.images) >= 4 else 1)
    used = echoes.chosen(first, parameters.leave_out)
    noise_sd = echoes.noise_sd()
    saturated, problem = used.saturated()
    mask = used.with_signal(noise_sd, parameters.signal_to_noise) & ~saturated
    voxels = np.flatnonzero(mask)
    floor = noise_sd if parameters.noise_floor else 0.0
    maps = used.fitted(
        voxels,
        4,
        lambda signals, _: fit_mono_exponential(
            signals, used.times_ms, floor, parameters.model_error, parameters.longest_t2_ms
        ),
        _PIECE,
        progress,
        "mono-exponential T2",
    )
    progress(1.0, "mono-exponential T2")
    problems = [problem] if problem else []
    failed = int(np.count_nonzero(np.isnan(maps[0])))
    if failed:
        problems.append(
            f"{failed} of {voxels.size} voxels with signal do not decay within "
            f"{parameters.longest_t2_ms:g} ms and have no T2."
        )
    if parameters.noise_floor and noise_sd == 0:
        problems.append("The air is blanked, so the noise is unknown and the fit assumes none.")
    t2, s0, residual, error = (used.image_of(voxels, values) for values in maps)
    return MonoExponentialT2(t2, s0, residual, error, used.numbers, floor, tuple(problems))


def fit_mono_exponential(
    signals: Array,
    times_ms: tuple[float, ...],
    noise_sd: float = 0.0,
    model_error: float = 0.0,
    longest_t2_ms: float = 1000.0,
) -> Array:
    """Fit many decays at once.

    Args:
        signals: Magnitudes, shape (echo, voxel).
        times_ms: Echo times.
        noise_sd: Of each complex channel; 0 for data without noise.
        model_error: Error of the model itself, as a share of the signal; see `MonoExponentialParameters`.
        longest_t2_ms: Fits beyond it become NaN.

    Returns:
        Shape (4, voxel): T2 in ms, S0, root mean square residual, standard error of T2 in ms.
    """
    times = np.asarray(times_ms, dtype=signals.dtype)
    shortest_r2, longest_r2 = 1 / longest_t2_ms, 4 / times_ms[0]
    start = _log_linear_r2(signals, times)
    valid = np.isfinite(start)
    r2 = np.clip(np.where(valid, start, shortest_r2), shortest_r2, longest_r2).astype(signals.dtype)
    powers = np.stack([np.ones_like(times), times, times * times])
    weights: Array | None = None
    weighted = signals
    for round_ in range(_ROUNDS):
        # Two echoes without noise have one exact solution, which the start is.
        steps = 0 if len(times_ms) == 2 and noise_sd == 0 else _STEPS_PER_ROUND
        s0, r2, decay = _gauss_newton(weighted, weights, times, powers, r2, steps, (shortest_r2, longest_r2))
        if round_ == _ROUNDS - 1 or (noise_sd == 0 and model_error == 0):
            break
        model = s0 * decay
        if model_error:
            weights = 1 / (noise_sd**2 + (model_error * np.maximum(model, 1e-3 * s0)) ** 2 + _TINY)
        weighted = signals - (rician_mean(model, noise_sd) - model) if noise_sd else signals
        weighted = weighted if weights is None else weighted * weights
    misfit = signals - rician_mean(s0 * decay, noise_sd)
    misfit *= misfit
    squares = misfit.sum(axis=0)
    see, ste, stte = powers @ (decay * decay)
    found = valid & (r2 > shortest_r2) & (r2 < longest_r2) & (s0 > 0)
    freedom = len(times_ms) - 2
    with np.errstate(divide="ignore", invalid="ignore"):
        t2 = 1 / r2
        curvature = stte - ste * ste / see
        error = t2 * t2 * np.sqrt(squares / (freedom * curvature)) / s0 if freedom else np.full_like(t2, np.nan)
        fitted = np.stack([t2, s0, np.sqrt(squares / len(times_ms)), error])
    fitted[:, ~found] = np.nan
    return fitted


def _gauss_newton(
    weighted: Array,
    weights: Array | None,
    times: Array,
    powers: Array,
    r2: Array,
    steps: int,
    limits: tuple[float, float],
) -> tuple[Array, Array, Array]:
    """Return S0, R2 and e^(−TE R2) after some steps; ``weighted`` are the signals times the weights."""
    for step_number in range(steps + 1):
        decay = _decay(times, r2)
        sye, syte = powers[:2] @ (weighted * decay)
        square = decay * decay
        see, ste, stte = powers @ (square if weights is None else square * weights)
        s0 = np.maximum(sye / see, 0)
        if step_number == steps:
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (s0 * ste - syte) / (s0 * (stte - ste * ste / see))
        r2 = np.clip(r2 + np.clip(np.nan_to_num(step), -0.5 * r2, r2), *limits)
    return s0, r2, decay


def _decay(times: Array, r2: Array) -> Array:
    """Return e^(−TE R2), shape (echo, voxel); by products where the times are equally spaced."""
    spacing = np.diff(times)
    if np.ptp(spacing) > 1e-3 * spacing[0]:
        return np.asarray(np.exp(-times[:, None] * r2))
    result = np.empty((times.size, r2.size), dtype=r2.dtype)
    np.exp(-times[0] * r2, out=result[0])
    factor = np.exp(-spacing[0] * r2)
    for earlier, later in pairwise(result):
        np.multiply(earlier, factor, out=later)
    return result


def _log_linear_r2(signals: Array, times: Array) -> Array:
    """Return R2 by a straight line through the logarithms, weighted by the squared signals; NaN without two."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if times.size == 2:
            ratio = signals[0].astype(np.float64) / signals[1]
            return np.asarray(np.log(np.where(ratio > 0, ratio, np.nan)) / float(times[1] - times[0]))
        weight = np.maximum(signals, 0)
        logarithm = np.log(np.maximum(weight, _TINY))
        weight *= weight
        # Times about their middle: single precision would lose the slope in the difference of large sums.
        centred = times - times.mean()
        powers = np.stack([np.ones_like(centred), centred, centred * centred])
        sum_w, sum_wt, sum_wtt = powers @ weight
        sum_wl, sum_wtl = powers[:2] @ (weight * logarithm)
        slope = (sum_w * sum_wtl - sum_wt * sum_wl) / (sum_w * sum_wtt - sum_wt * sum_wt)
    return np.asarray(-slope)
