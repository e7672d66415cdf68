"""Two-point Dixon by magnitude: W and F from an in-phase and an opposed-phase image without phase.

The opposed-phase magnitude is |W − F|: which of the two is the larger is lost, so the fat fraction is that of the
smaller one and folds at 50 %. Source: Dixon, Radiology 1984;153:189.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry

FOLDED_NOTE = (
    "Two magnitudes cannot tell more fat from more water: fat fractions above 50 % show as 100 % minus "
    "themselves. Neither R2* nor the spectrum of fat is corrected."
)


def two_point_magnitude(in_phase: sitk.Image, opposed_phase: sitk.Image) -> tuple[sitk.Image, sitk.Image, str]:
    """Return the larger and the smaller part (water and fat below 50 %), and a note that says so.

    Raises:
        GeometryError: The images do not share one grid.
        InputError: The opposed-phase image is the brighter one: they were exchanged.
    """
    require_same_geometry(in_phase, opposed_phase, "in-phase image", "opposed-phase image")
    added = sitk.GetArrayFromImage(in_phase).astype(np.float32)
    subtracted = sitk.GetArrayFromImage(opposed_phase).astype(np.float32)
    strong = added + subtracted >= np.percentile(added + subtracted, 75)
    if np.mean(subtracted[strong] > 1.1 * added[strong]) > 0.5:
        raise InputError(
            "Most of the opposed-phase image is brighter than the in-phase image, which water and fat cannot "
            "make. Were the two exchanged?"
        )
    images = []
    for values in ((added + subtracted) / 2, (added - subtracted) / 2):
        image = sitk.GetImageFromArray(values)
        image.CopyInformation(in_phase)
        images.append(image)
    return images[0], images[1], FOLDED_NOTE
