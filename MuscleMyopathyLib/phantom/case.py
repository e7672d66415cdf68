"""A whole examination of the digital limb: the limb with its truth, and the series acquired of it."""

from __future__ import annotations

from collections.abc import Sequence as Many

from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.fields import FieldParameters
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.sequences import InversionRecovery, Sequence, SpinEcho, WaterFat
from MuscleMyopathyLib.progress import Progress, portion, silent

WEI_EXAMINATION: tuple[Sequence, ...] = (SpinEcho(), InversionRecovery(), WaterFat())
"""T1w, STIR, and water and fat."""


def phantom_series(
    parameters: LimbParameters,
    sequences: Many[Sequence] = WEI_EXAMINATION,
    *,
    snr: float | None = 40.0,
    fields: FieldParameters | None = None,
    progress: Progress = silent,
) -> tuple[tuple[Series, ...], Limb]:
    """Return the series of an examination and the limb that knows their truth.

    Args:
        parameters: The subject and the grid; its seed also seeds noise and fields.
        sequences: What to acquire; by default T1w, STIR, water and fat.
        snr: As of `acquire`.
        fields: As of `acquire`.
        progress: Told of every slice.
    """
    limb = make_limb(parameters, portion(progress, 0.0, 0.5))
    series: list[Series] = []
    for index, sequence in enumerate(sequences):
        start, stop = (0.5 + 0.5 * step / len(sequences) for step in (index, index + 1))
        series += acquire(
            limb,
            sequence,
            snr=snr,
            fields=fields,
            seed=parameters.seed,
            progress=portion(progress, start, stop),
        )
    return tuple(series), limb
