"""Fat fraction from water and fat images: F / (F + W) per voxel, in percent, where there is signal.

What a ratio of two Dixon images means: the proton density fat fraction is biased by T1 (fat recovers faster: an
overestimate at short TR or large flip angle) and by T2* (unless the reconstruction corrected for it). The map says
nothing about these; the report states them. Source: Reeder et al., J Magn Reson Imaging 2012;36:1011.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry


@dataclass(frozen=True)
class FatFractionParameters:
    """How the fat fraction is computed.

    Attributes:
        noise_factor: A voxel counts as signal when water + fat exceeds this many times the median of water + fat
            in the air around the limb (`air_level`). 2 lies about 2.5 standard deviations above the mean
            of the sum of two Rayleigh-distributed noises. 0 leaves only voxels without any signal out.
    """

    noise_factor: float = 2.0

    def __post_init__(self) -> None:
        if self.noise_factor < 0:
            raise ValueError(f"noise_factor must be 0 or more, not {self.noise_factor}.")


@dataclass(frozen=True)
class FatFraction:
    """A fat-fraction map and what was left out of it.

    Attributes:
        percent: Float image in percent, not clipped: noise may take it below 0 or above 100; NaN where there is
            no signal.
        noise_threshold: Water + fat below or at this is no signal, in the images' own units.
        problems: What a reader should know, in words.
    """

    percent: sitk.Image
    noise_threshold: float
    problems: tuple[str, ...]


def fat_fraction(
    water: sitk.Image, fat: sitk.Image, parameters: FatFractionParameters | None = None
) -> FatFraction:
    """Compute the fat fraction of each voxel, F / (F + W), in percent.

    Args:
        water: 3D water image, any real type, arbitrary units.
        fat: 3D fat image on the same grid and in the same units.
        parameters: Noise mask.

    Raises:
        GeometryError: The two do not share one grid.
        InputError: An image is empty (all voxels zero).
    """
    parameters = parameters or FatFractionParameters()
    require_same_geometry(water, fat, "water image", "fat image")
    w = sitk.GetArrayFromImage(water).astype(np.float64)
    f = sitk.GetArrayFromImage(fat).astype(np.float64)
    for name, array in (("water", w), ("fat", f)):
        if not np.any(np.nan_to_num(array)):
            raise InputError(f"The {name} image is empty: all its voxels are zero. Choose another series.")

    total = w + f
    column_mm, row_mm, _ = water.GetSpacing()
    threshold = parameters.noise_factor * air_level(total, (row_mm, column_mm))
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(total > threshold, 100 * f / total, np.nan)
    image = sitk.GetImageFromArray(percent)
    image.CopyInformation(water)
    return FatFraction(image, threshold, _problems(w, f, np.isfinite(percent)))


AIR_DISTANCE_MM = 15.0


def air_level(signal: npt.NDArray[np.floating], spacing_mm: tuple[float, float]) -> float:
    """Return the median signal of air: of what is dark, not exactly zero, and far from everything bright.

    Bright is what lies above Otsu's threshold; far is `AIR_DISTANCE_MM` within the slice. Exact zeros are what a
    scanner or a mask blanked; where all air is blanked the level is 0.

    Args:
        signal: Shape (slice, row, column), arbitrary units.
        spacing_mm: Distance of rows and of columns.
    """
    # Every fourth row and column tell as much about air as all of them.
    thinned = np.nan_to_num(signal[:, ::4, ::4])
    bright = sitk.GetArrayFromImage(sitk.OtsuThreshold(sitk.GetImageFromArray(thinned), 0, 1)) > 0
    rows_mm, columns_mm = (4 * distance for distance in spacing_mm)
    air = np.zeros(thinned.shape, dtype=bool)
    for plane, far in zip(bright, air, strict=True):
        far[:] = ndimage.distance_transform_edt(~plane, sampling=(rows_mm, columns_mm)) > AIR_DISTANCE_MM
    levels = thinned[air & (thinned > 0)]
    return float(np.median(levels)) if levels.size else 0.0


def _problems(
    water: npt.NDArray[np.float64], fat: npt.NDArray[np.float64], signal: npt.NDArray[np.bool_]
) -> tuple[str, ...]:
    problems = []
    for name, array in (("water", water), ("fat", fat)):
        missing = int(np.count_nonzero(~np.isfinite(array)))
        if missing:
            problems.append(f"{missing} voxels of the {name} image are no numbers and are left out.")
        negative = int(np.count_nonzero(array[signal] < 0))
        if negative:
            problems.append(
                f"{negative} voxels with signal are negative in the {name} image: there the fat fraction lies "
                "outside 0–100 % and is kept as it is, so that the mean stays unbiased."
            )
    return tuple(problems)
