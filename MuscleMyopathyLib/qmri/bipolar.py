"""The error of readouts with alternate polarity, estimated from the echoes themselves.

First guess: the phase of s₁ s₂*² s₃ is four times the alternating phase θ, whatever field and common phase are,
where the voxel is nearly pure. Then one Gauss–Newton problem for all voxels: phase and gain are linear across the
image (six numbers), water, fat, field, R2* and phase are each voxel's own and projected out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.qmri.bipolar_error import BipolarError, places
from MuscleMyopathyLib.qmri.dixon_cells import SEARCH_R2STAR, SignalVoxels
from MuscleMyopathyLib.qmri.dixon_model import WaterFatModel

Real = npt.NDArray[np.floating]
Complex = npt.NDArray[np.complexfloating]

_FEWEST_ECHOES = 4
_SLICES = 8
_SAMPLE = 4096
_STEPS = 4


def guessed_bipolar_error(work: SignalVoxels, model: WaterFatModel) -> SignalVoxels:
    """Return the voxels with a first guess of the alternating phase taken off their echoes.

    Raises:
        InputError: Fewer than four echoes, or unequal spacing: then the alternation cannot be told from fat.
    """
    count = len(model.times_s)
    if count < _FEWEST_ECHOES or not np.isfinite(model.period_hz):
        raise InputError(
            f"The error of bipolar readouts cannot be found from {count} echoes at "
            f"{', '.join(f'{1000 * time:g}' for time in model.times_s)} ms: with fewer than four, or with unequal "
            "spacing, it cannot be told from fat. Use a series whose readouts have one polarity, or separate the "
            "odd or the even echoes alone."
        )
    slices, rows, columns = work.mask.shape
    plane = rows * columns
    along_columns = along_rows = 0j
    chosen = np.unique(np.linspace(0, slices - 1, _SLICES).astype(np.int64))
    phasors = []
    for number in chosen:
        signals = work.echoes.at(number * plane + np.arange(plane)).reshape(count, rows, columns)
        phasor = _four_times_the_phase(signals) * work.mask[number]
        along_columns += (phasor[:, 1:] * phasor[:, :-1].conj()).sum()
        along_rows += (phasor[1:] * phasor[:-1].conj()).sum()
        phasors.append(phasor)
    tilt = np.angle(along_columns) / 4 * columns, np.angle(along_rows) / 4 * rows
    _, column, row = places(np.arange(plane), (columns, rows, 1)).reshape(3, rows, columns)
    total = sum((phasor * np.exp(-4j * (tilt[0] * column + tilt[1] * row))).sum() for phasor in phasors)
    error = BipolarError((float(np.angle(total)) / 4, float(tilt[0]), float(tilt[1])))
    return replace(work, echoes=replace(work.echoes, bipolar_error=error))


def _four_times_the_phase(signals: Complex) -> Complex:
    """Return phasors of 4 θ, shape (row, column), from echoes of shape (echo, row, column)."""
    products = signals[:-2] * signals[1:-1].conj() ** 2 * signals[2:]
    products[1::2] = products[1::2].conj()
    total = products.sum(axis=0)
    return np.asarray(total / np.maximum(np.abs(total), 1e-30))


def refined_bipolar_error(
    work: SignalVoxels, model: WaterFatModel, cell_field_hz: Real
) -> tuple[SignalVoxels, Real, str]:
    """Return the voxels with the estimated error, the field of their cells, and what was found, in words.

    The guess leaves θ open by π/2, which half a period of the field makes up for: the field nearer to the
    scanner's frequency is taken.
    """
    error = work.echoes.bipolar_error or BipolarError()
    half = model.period_hz / 2
    if np.cos(2 * np.pi * cell_field_hz / model.period_hz).mean() < 0:
        cell_field_hz = (cell_field_hz + 2 * half) % model.period_hz - half
        error = replace(error, phase=(error.phase[0] + np.pi / 2, *error.phase[1:]))
    sample = work.sample(_SAMPLE)
    voxels, size = work.voxels[sample], work.echoes.like.GetSize()
    basis = places(voxels, size)
    plain = replace(work.echoes, bipolar_error=None).at(voxels)
    field, r2star = cell_field_hz[work.cell[sample]], np.full(sample.size, SEARCH_R2STAR)
    for _ in range(_STEPS):
        signals = plain / error.factors(voxels, size, len(plain))
        _, _, field, r2star, _ = model.refine(signals, field, r2star)
        step = _step(model, signals, field, r2star, basis)
        error = BipolarError(
            tuple(np.add(error.phase, step[:3]).tolist()), tuple(np.add(error.log_gain, step[3:]).tolist())
        )
    at_middle, *across = np.degrees(error.phase)
    text = (
        f"Bipolar readouts: odd and even echoes differ by {2 * at_middle:.0f}° in the middle, "
        f"{2 * across[0]:+.0f}° more across the columns and {2 * across[1]:+.0f}° across the rows, and by "
        f"{100 * np.expm1(2 * error.log_gain[0]):.1f} % in signal; this was taken off."
    )
    return replace(work, echoes=replace(work.echoes, bipolar_error=error)), cell_field_hz, text


def _step(model: WaterFatModel, signals: Complex, field_hz: Real, r2star: Real, basis: Real) -> Real:
    """Return the change of phase (3) and log gain (3) that lowers the residual of all voxels most."""
    fitted, columns = model.linearised(signals, field_hz, r2star)
    alternating = np.where(np.arange(len(signals)) % 2, -1, 1)[:, None] * fitted
    own = np.concatenate([columns.real, columns.imag], axis=1).transpose(2, 1, 0)
    own /= np.sqrt((own**2).sum(axis=1, keepdims=True)) + 1e-30
    q, _ = np.linalg.qr(own)

    def projected(values: Complex) -> Real:
        stacked = np.concatenate([values.real, values.imag]).T[..., None]
        return np.asarray((stacked - q @ (q.transpose(0, 2, 1) @ stacked))[..., 0])

    residual = projected(signals - fitted)
    # In water or fat alone the other's share is open: such voxels tell little, and the projection says so.
    shared = np.concatenate(
        [projected(alternating * factor)[:, None, :] * basis.T[:, :, None] for factor in (1j, 1.0)], axis=1
    )
    normal = np.einsum("vie,vje->ij", shared, shared)
    return np.asarray(np.linalg.solve(normal, np.einsum("vie,ve->i", shared, residual)))
