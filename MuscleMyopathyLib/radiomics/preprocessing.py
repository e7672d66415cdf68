"""What happens to the image and the regions before PyRadiomics sees them, step by step and visible.

The order is Nagawa's (Sci Rep 2021): bias field, intensity scale; then resampling to 3 × 3 × 3 mm, which
PyRadiomics does itself by its own settings (``resampledPixelSpacing``, ``interpolator``), so that any parameter
file of its own means here what it means there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.radiomics.slices import SliceChoice, choose_slices, keep_slices

_BIAS_SHRINK_FACTOR = 4


@dataclass(frozen=True)
class Preprocessing:
    """Steps before PyRadiomics.

    Attributes:
        bias_correction: N4 correction of the coil's bias field (Tustison et al., IEEE TMI 2010).
        intensity_range: Lowest and highest value that the whole image is scaled to, linearly; the scanner's own
            values where None.
        slices: Which slices are measured.
        merge_sides: Measure left and right of a structure as one region, as Nagawa's readers drew both thighs.
    """

    bias_correction: bool = False
    intensity_range: tuple[float, float] | None = None
    slices: SliceChoice = field(default_factory=SliceChoice)
    merge_sides: bool = False

    def __post_init__(self) -> None:
        scale = self.intensity_range
        if scale is not None and (len(scale) != 2 or not float(scale[0]) < float(scale[1])):
            raise ParameterError(f"intensity_range = {list(scale)} is not a lower and a higher number.")


def preprocess(image: sitk.Image, preprocessing: Preprocessing) -> sitk.Image:
    """Return the image as PyRadiomics gets it: unchanged, or as 64-bit decimal numbers where a step applies.

    Raises:
        InputError: A voxel is not a finite number, or a constant image shall be scaled.
    """
    if not np.isfinite(sitk.GetArrayViewFromImage(image)).all():
        raise InputError(
            "The image holds voxels that are not a number. Replace them (for a map: by 0 outside the limb)."
        )
    if preprocessing.bias_correction:
        image = correct_bias_field(image)
    if preprocessing.intensity_range is not None:
        image = scale_intensity(image, *preprocessing.intensity_range)
    return image


def correct_bias_field(image: sitk.Image) -> sitk.Image:
    """Return the image divided by its bias field, which N4 finds inside Otsu's foreground at a quarter of the
    resolution.
    """
    values = sitk.Cast(image, sitk.sitkFloat64)
    foreground = sitk.OtsuThreshold(values, 0, 1)
    factors = [min(_BIAS_SHRINK_FACTOR, size) for size in image.GetSize()[:2]] + [1]
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.Execute(sitk.Cast(sitk.Shrink(values, factors), sitk.sitkFloat32), sitk.Shrink(foreground, factors))
    field_of_coil = sitk.Exp(sitk.Cast(corrector.GetLogBiasFieldAsImage(values), sitk.sitkFloat64))
    return values / field_of_coil


def scale_intensity(image: sitk.Image, lowest: float, highest: float) -> sitk.Image:
    """Return the image scaled linearly, so that its own lowest and highest voxel become the two values.

    Raises:
        InputError: All voxels are equal.
    """
    voxels = sitk.GetArrayViewFromImage(image)
    low, high = float(voxels.min()), float(voxels.max())
    if low == high:
        raise InputError(f"Every voxel of the image is {low:g}: there is no range of intensities to scale.")
    scaled = sitk.GetImageFromArray((voxels - low) * ((highest - lowest) / (high - low)) + lowest)
    scaled.CopyInformation(image)
    return scaled


def measured_regions(segmentation: Segmentation, preprocessing: Preprocessing) -> Segmentation:
    """Return the regions that are measured: the chosen slices, sides merged if asked for.

    Raises:
        InputError, ParameterError: As `choose_slices`.
    """
    chosen = keep_slices(segmentation, choose_slices(segmentation, preprocessing.slices))
    return merge_sides(chosen) if preprocessing.merge_sides else chosen


def merge_sides(segmentation: Segmentation) -> Segmentation:
    """Return the segmentation with left and right of each structure under one label, the first of the two.

    A structure that is there on one side only stays as it is.
    """
    sides: dict[Structure, list[int]] = {}
    for label, structure in segmentation.structures.items():
        sides.setdefault(replace(structure, side=Side.BOTH), []).append(label)
    merged = segmentation.array.copy()
    structures = {}
    for whole, labels in sides.items():
        merged[np.isin(merged, labels)] = labels[0]
        structures[labels[0]] = whole if len(labels) > 1 else segmentation.structures[labels[0]]
    return Segmentation.from_array(merged, structures, segmentation.image)
