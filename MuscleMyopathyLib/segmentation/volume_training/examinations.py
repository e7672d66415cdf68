"""T2w examinations of digital limbs with the truth of one muscle, and as the network sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Sex
from MuscleMyopathyLib.phantom.sequences import T2W
from MuscleMyopathyLib.segmentation.engines.preparation import prepared
from MuscleMyopathyLib.segmentation.volume_training.parameters import VolumeTrainingParameters


@dataclass(frozen=True)
class Examination:
    """One subject.

    Attributes:
        case: Name for tables: pattern and seed.
        image: T2w.
        muscles: The truth by side.
    """

    case: str
    image: sitk.Image
    muscles: Segmentation


def digital_examination(parameters: VolumeTrainingParameters, seed: int) -> Examination:
    """Return the T2w examination of a digital limb; the seed sets its pattern, severity, sex, size and noise."""
    random = np.random.default_rng([seed, 63])
    pattern = Pattern(parameters.patterns[seed % len(parameters.patterns)])
    limb_parameters = LimbParameters(
        region=parameters.region,
        pattern=pattern,
        severity=float(random.uniform(0.2, 1.0)),
        seed=seed,
        sex=list(Sex)[int(random.integers(2))],
        size=float(random.uniform(0.85, 1.15)),
        subcutaneous_fat=float(random.uniform(0.6, 1.8)),
        protocol=parameters.protocol,
    )
    series, limb = phantom_series(limb_parameters, (T2W,), snr=parameters.snr)
    return Examination(f"{pattern} {seed}", series[0].image, limb.muscles)


@dataclass(frozen=True)
class Volume:
    """An examination as the network sees it.

    Attributes:
        image: Float (1, x, y, z), normalised.
        truth: 1 in the muscle of either side (x, y, z).
    """

    image: npt.NDArray[np.float32]
    truth: npt.NDArray[np.uint8]


def volume_of(examination: Examination, parameters: VolumeTrainingParameters) -> Volume:
    """Return an examination prepared by the very steps that prepare images for inference."""
    channels, grid = prepared([examination.image], parameters.description)
    sides = [Structure(parameters.structure, side) for side in (Side.LEFT, Side.RIGHT)]
    mask = sitk.GetImageFromArray(examination.muscles.mask(sides).astype(np.uint8))
    mask.CopyInformation(examination.image)
    on_grid = sitk.Resample(mask, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return Volume(channels, sitk.GetArrayFromImage(on_grid).transpose(2, 1, 0))
