"""Arrays along the patient's axes, whatever the order and direction in which an image was stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError

_PATIENT = "LPS"


@dataclass(frozen=True)
class PatientAxes:
    """The way from an image's own grid to arrays (slice, row, column) along the patient's axes and back.

    Slices run from the feet to the head, rows from front to back, columns from the patient's right to the
    left. Axes are permuted and flipped, never resampled, so an oblique stack stays oblique.

    Attributes:
        stored: Any image on the grid; only its geometry is used.
        spacing_mm: Distance of slices, rows and columns in mm.
    """

    stored: sitk.Image

    def __post_init__(self) -> None:
        if self.stored.GetDimension() != 3:
            raise InputError(
                f"Segmentation needs a 3D image; this one has {self.stored.GetDimension()} dimensions."
            )

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        x, y, z = sitk.DICOMOrient(self.stored, _PATIENT).GetSpacing()
        return z, y, x

    @property
    def stored_orientation(self) -> str:
        """The orientation of the stored grid in DICOM's letters, e.g. ``LPS`` or ``RAI``."""
        return str(sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(self.stored.GetDirection()))

    def array(self, image: sitk.Image) -> npt.NDArray[np.float32]:
        """Return an image of this grid as a float array (slice, row, column) along the patient's axes."""
        return np.asarray(sitk.GetArrayFromImage(sitk.DICOMOrient(image, _PATIENT)), dtype=np.float32)

    def labels(self, image: sitk.Image) -> npt.NDArray[np.int64]:
        """Return a label image of this grid as an array (slice, row, column) along the patient's axes."""
        return np.asarray(sitk.GetArrayFromImage(sitk.DICOMOrient(image, _PATIENT)), dtype=np.int64)

    def image(self, array: npt.NDArray[np.uint8] | npt.NDArray[np.float32]) -> sitk.Image:
        """Return labels or values along the patient's axes as an image on the stored grid."""
        oriented = sitk.GetImageFromArray(np.ascontiguousarray(array))
        oriented.CopyInformation(sitk.DICOMOrient(self.stored, _PATIENT))
        result = sitk.DICOMOrient(oriented, self.stored_orientation)
        result.CopyInformation(self.stored)
        return result

    def slice_number(self, index: int) -> int:
        """Return the number, counted from 1 in stored order, of the slice with this index from the feet.

        Stacks that were not stored slice by slice along the limb are counted from the feet.
        """
        slices = sitk.DICOMOrient(self.stored, _PATIENT).GetSize()[2]
        return slices - index if self.stored_orientation[2] == "I" else index + 1
