"""The images that segmentation starts from, checked: a water and fat pair, or one T1w image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.segmentation.contrast import (
    Contrast,
    contrast_of_one_image,
    contrast_of_water_and_fat,
)
from MuscleMyopathyLib.segmentation.faint_tissue import with_faint_tissue
from MuscleMyopathyLib.segmentation.field_of_view import require_cross_sections, require_limb_size
from MuscleMyopathyLib.segmentation.outline import body_outline
from MuscleMyopathyLib.segmentation.patient_axes import PatientAxes

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LimbImages:
    """Tissue contrast and body outline along the patient's axes.

    Attributes:
        axes: The way from and to the stored grid.
        contrast: Signal and fat content.
        outline: Where the body is.
    """

    axes: PatientAxes
    contrast: Contrast
    outline: Mask

    @property
    def centre_x_mm(self) -> float:
        """LPS x of the centre of the body in mm."""
        oriented = sitk.DICOMOrient(self.axes.stored, "LPS")
        centre = [float(np.mean(where)) for where in np.nonzero(self.outline)][::-1]
        return float(oriented.TransformContinuousIndexToPhysicalPoint(centre)[0])


def read_images(water: sitk.Image | None, fat: sitk.Image | None, t1w: sitk.Image | None) -> LimbImages:
    """Return contrast and outline of a water and fat pair, or of the T1w image where the pair is not given.

    NaN and infinity count as no signal, and so do negative values.

    Raises:
        GeometryError: Water and fat lie on different grids.
        InputError: No usable image was given, or one without signal, its cross-sections are too coarse, no limb is
            in it, or one of a size that no leg has.
    """
    if water is not None and fat is not None:
        require_same_geometry(water, fat, "water image", "fat image")
        axes = PatientAxes(water)
        require_cross_sections(axes)
        contrast = contrast_of_water_and_fat(_magnitude(axes, water, "water"), _magnitude(axes, fat, "fat"))
        outline = body_outline(contrast.signal, axes.spacing_mm)
    elif t1w is not None:
        axes = PatientAxes(t1w)
        require_cross_sections(axes)
        image = _magnitude(axes, t1w, "T1w")
        outline = with_faint_tissue(body_outline(image, axes.spacing_mm), image, axes.spacing_mm)
        contrast = contrast_of_one_image(image, outline, axes.spacing_mm)
    elif water is not None or fat is not None:
        given, missing = ("water", "fat") if fat is None else ("fat", "water")
        raise InputError(f"The {given} image needs its {missing} image beside it: give both, or a T1w image.")
    else:
        raise InputError("Compartments need a water and a fat image, or one T1w image; none was given.")
    if not outline.any():
        raise InputError(
            "No limb was found in the images: there is no connected area of signal. "
            "Check that they are magnitude images of a thigh or calf."
        )
    require_limb_size(outline, axes)
    return LimbImages(axes, contrast, outline)


def _magnitude(axes: PatientAxes, image: sitk.Image, name: str) -> npt.NDArray[np.float32]:
    values = axes.array(image)
    magnitude = np.where(np.isfinite(values) & (values > 0), values, np.float32(0))
    if not magnitude.any():
        raise InputError(
            f"The {name} image holds no signal: all its voxels are zero, negative or not numbers. "
            "Choose another image."
        )
    return magnitude
