"""Acquires series of the digital limb: the signal of its points averaged over the voxels, coil, noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.phantom.fields import FieldParameters, Fields, make_fields
from MuscleMyopathyLib.phantom.limb import Limb
from MuscleMyopathyLib.phantom.sampling import blocks
from MuscleMyopathyLib.phantom.sequences import Output, Points, Sequence
from MuscleMyopathyLib.phantom.signals import add_complex_noise
from MuscleMyopathyLib.phantom.tissues import (
    MUSCLE_R2STAR_PER_S,
    MUSCLE_T1_MS,
    MUSCLE_T2_MS,
    PROPERTIES,
    Tissue,
    water_t1_ms,
)
from MuscleMyopathyLib.progress import Progress, each, silent

MUSCLE_INTENSITY = 300.0
"""Intensity of healthy muscle in the first image of a sequence; scanners' units are arbitrary."""


def acquire(
    limb: Limb,
    sequence: Sequence,
    *,
    snr: float | None = 40.0,
    fields: FieldParameters | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Series, ...]:
    """Acquire the series of one sequence, on the limb's grid.

    Args:
        limb: The limb.
        sequence: One of sequences.py.
        snr: Signal of healthy muscle in the sequence's first image (first echo, water) over the standard deviation
            of the noise in each complex channel, where the coil sensitivity is 1; None for no noise. The magnitude
            is Rician.
        fields: Unevenness of coil, B1 and B0; the default is a usual scanner's, `PERFECT_FIELDS` is none.
        seed: Of the noise and of the fields; all sequences of one seed share the fields.
        progress: Told of every slice.

    Raises:
        ParameterError: The SNR is not positive.
    """
    if snr is not None and not snr > 0:
        raise ParameterError(f"The signal-to-noise ratio {snr} must be greater than 0, or None for no noise.")
    like = limb.proton_density
    made = make_fields(fields or FieldParameters(), like, seed)
    reference = float(np.abs(sequence.signals(_healthy_muscle())[0][0]))
    outputs = sequence.outputs
    label = " and ".join(output.name for output in outputs)
    # The name keeps the noise of two sequences apart under one seed.
    rng = np.random.default_rng([seed, 202, *label.encode()])
    slices = like.GetSize()[2]
    acquired = []
    for index in each(range(slices), progress, lambda n: f"{label}: slice {n + 1} of {slices}"):
        signals = sequence.signals(_points(limb, made, index))
        voxels = np.stack([blocks(signal, limb.parameters.protocol).mean(axis=0) for signal in signals])
        voxels = voxels * made.coil[index]
        if snr is not None:
            voxels = add_complex_noise(voxels, reference / snr, rng)
        acquired.append((voxels * (MUSCLE_INTENSITY / reference)).astype(np.complex64))
    progress(1.0, f"{label}: done")
    volume = np.stack(acquired, axis=1)
    return tuple(_series(output, volume, sequence, limb, snr) for output in outputs)


def _points(limb: Limb, fields: Fields, index: int) -> Points:
    """Return the points of one slice: arrays (plane, row, column)."""
    protocol = limb.parameters.protocol
    planes = slice(index * protocol.through_plane_samples, (index + 1) * protocol.through_plane_samples)
    tissue = limb.tissue.tissue[planes]
    share, t2_ms = limb.tissue.fat_share[planes], limb.tissue.t2_ms[planes]

    def of_tissue(name: str) -> npt.NDArray[np.float32]:
        return np.array([getattr(PROPERTIES[kind], name) for kind in Tissue], np.float32)[tissue]

    def on_points(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        n = protocol.in_plane_samples
        return np.broadcast_to(field[index].repeat(n, axis=0).repeat(n, axis=1), tissue.shape)

    density = of_tissue("density")
    return Points(
        water=density * (1 - share),
        fat=density * share,
        t1_ms=water_t1_ms(tissue, t2_ms),
        t2_ms=np.maximum(t2_ms, 1.0),
        r2star_per_s=of_tissue("r2star_per_s"),
        flow_void=of_tissue("flow_void"),
        b1=on_points(fields.b1),
        b0_hz=on_points(fields.b0_hz),
    )


def _healthy_muscle() -> Points:
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    return Points(
        water=one,
        fat=zero,
        t1_ms=one * MUSCLE_T1_MS,
        t2_ms=one * MUSCLE_T2_MS,
        r2star_per_s=one * MUSCLE_R2STAR_PER_S,
        flow_void=zero,
        b1=one,
        b0_hz=zero,
    )


def _series(
    output: Output,
    volume: npt.NDArray[np.complex64],
    sequence: Sequence,
    limb: Limb,
    snr: float | None,
) -> Series:
    echoes = []
    for signal in output.signals:
        values = np.angle(volume[signal]) if output.phase else np.abs(volume[signal])
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.CopyInformation(limb.proton_density)
        echoes.append(image)
    noise = "without noise" if snr is None else f"SNR {snr:g}"
    shown = "phase in radians" if output.phase else "magnitude"
    acquisition = sequence.acquisition
    return Series(
        name=output.name,
        image=echoes[0],
        role=output.role,
        reason=f"simulated by the digital limb: {acquisition.sequence_name}, {shown}, {noise}",
        echoes=tuple(echoes) if len(echoes) > 1 else (),
        echo_times_ms=output.echo_times_ms,
        acquisition=acquisition,
    )
