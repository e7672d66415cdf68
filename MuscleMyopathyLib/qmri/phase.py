"""Complex echoes out of magnitude and phase images, made voxel by voxel as they are asked for.

A train of 512 × 512 × 40 voxels and 12 echoes takes 1 GB as complex numbers; the images alone take half of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.qmri.bipolar_error import BipolarError
from MuscleMyopathyLib.qmri.phase_scale import PhaseScale, recognise_phase_scale


@dataclass(frozen=True)
class ComplexEchoes:
    """Complex echoes on one grid.

    Attributes:
        magnitudes: 3D images, by echo time.
        phases: The phase of each.
        times_ms: Echo time of each, rising.
        radians_per_unit: What a phase number is multiplied with.
        note: How the phase was understood.
        turned: Whether the phase is counted the other way round.
        bipolar_error: What the alternating polarity of the readouts adds to each echo; None for one polarity.
    """

    magnitudes: tuple[sitk.Image, ...]
    phases: tuple[sitk.Image, ...]
    times_ms: tuple[float, ...]
    radians_per_unit: float
    note: str
    turned: bool = False
    bipolar_error: BipolarError | None = None

    @property
    def like(self) -> sitk.Image:
        """An image of the grid."""
        return self.magnitudes[0]

    def turned_round(self) -> ComplexEchoes:
        """Return the echoes with their phase counted the other way round."""
        error = None if self.bipolar_error is None else self.bipolar_error.turned()
        return replace(self, turned=not self.turned, bipolar_error=error)

    def at(self, voxels: npt.NDArray[np.int64]) -> npt.NDArray[np.complex64]:
        """Return the echoes at flat indices, shape (echo, voxel); 0 where a number is missing."""
        signals = np.empty((len(self.times_ms), voxels.size), dtype=np.complex64)
        per_unit = np.float32(-self.radians_per_unit if self.turned else self.radians_per_unit)
        for signal, magnitude, phase in zip(signals, self.magnitudes, self.phases, strict=True):
            angle = _flat(phase)[voxels].astype(np.float32) * per_unit
            strength = _flat(magnitude)[voxels].astype(np.float32)
            signal.real, signal.imag = strength * np.cos(angle), strength * np.sin(angle)
        signals[~np.isfinite(signals)] = 0
        if self.bipolar_error is not None:
            signals /= self.bipolar_error.factors(voxels, self.like.GetSize(), len(signals))
        return signals


def _flat(image: sitk.Image) -> npt.NDArray[np.generic]:
    return np.asarray(sitk.GetArrayViewFromImage(image)).reshape(-1)


def complex_echoes(
    magnitudes: Sequence[sitk.Image],
    phases: Sequence[sitk.Image],
    times_ms: Sequence[float],
    scale: PhaseScale | None = None,
) -> ComplexEchoes:
    """Put magnitude and phase images together.

    Args:
        magnitudes: One 3D image per echo.
        phases: The phase of each.
        times_ms: Echo time of each; any order, but all different and above 0.
        scale: What the phase's numbers mean; recognised by their range where None.

    Raises:
        InputError: No phase, other numbers of images than of times, impossible times, or an unknown phase scale.
        GeometryError: The images do not share one grid.
    """
    if not phases:
        raise InputError(
            "Only magnitude images were given. Separating water and fat by their frequency needs the phase of "
            "each echo as well: export the phase images, or use the scanner's own water and fat images. Two "
            "echoes, in phase and opposed, can be separated by magnitude up to a fat fraction of 50 % (on the "
            "command line: --in-phase and --opposed-phase)."
        )
    if not times_ms:
        raise InputError(
            "The echo times are unknown: the files do not tell them, and they are not guessed. Give the "
            f"{len(magnitudes)} echo times in milliseconds (on the command line: --echo-times)."
        )
    if not len(magnitudes) == len(phases) == len(times_ms):
        raise InputError(
            f"{len(magnitudes)} magnitude images, {len(phases)} phase images and {len(times_ms)} echo times do "
            "not go together: each echo needs one of each."
        )
    order = np.argsort(times_ms)
    times = tuple(float(times_ms[i]) for i in order)
    if times[0] <= 0 or min(np.diff(times), default=1) <= 0:
        raise InputError(f"Echo times must be above 0 ms and all different: {', '.join(map(str, times))} are not.")
    for number, image in enumerate((*magnitudes[1:], *phases), start=2):
        require_same_geometry(magnitudes[0], image, "first magnitude image", f"image {number}")
    recognised = scale or recognise_phase_scale(phases)
    how = "stated" if scale else "recognised by the range of its values"
    return ComplexEchoes(
        magnitudes=tuple(magnitudes[i] for i in order),
        phases=tuple(phases[i] for i in order),
        times_ms=times,
        radians_per_unit=recognised.radians_per_unit,
        note=f"Phase taken as {recognised.value}, {how}.",
    )
