"""A label image that covers part of another image's voxels, put onto that image's whole grid."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.geometry import TOLERANCE_MM, describe_geometry, index_to_lps
from MuscleMyopathyLib.imaging.segmentation import Segmentation


def on_grid_of(segmentation: Segmentation, image: sitk.Image, name: str) -> Segmentation:
    """Return the segmentation on the image's grid, without interpolation.

    DICOM SEG leaves out slices without a segment, and 3D Slicer may crop to what was drawn. Slices may also be in
    the opposite order: axes may be turned, but each voxel of the segmentation must be a voxel of the image.

    Raises:
        GeometryError: The voxels do not coincide, or lie outside the image; both geometries are shown.
    """
    to_image = np.linalg.inv(index_to_lps(image)) @ index_to_lps(segmentation.image)
    size = np.array(segmentation.image.GetSize()) - 1
    corners = np.array([[i, j, k, 1] for i in (0, size[0]) for j in (0, size[1]) for k in (0, size[2])])
    places = (corners @ to_image.T)[:, :3]
    off_mm = np.abs((places - np.round(places)) * image.GetSpacing()).max()
    steps = np.abs(to_image[:3, :3])
    # A step along an axis of the one is a step of one voxel along an axis of the other; a single slice has none.
    moved = steps[:, size > 0].max(axis=0)
    inside = (np.round(places) >= 0).all() and (np.round(places) <= np.array(image.GetSize()) - 1).all()
    if off_mm > TOLERANCE_MM or np.abs(moved - 1).max(initial=0.0) > 0.01 or not inside:
        raise GeometryError(
            f"The segmentation {name} does not lie on the voxels of the image.\n"
            f"  segmentation: {describe_geometry(segmentation.image)}\n"
            f"  image: {describe_geometry(image)}\n"
            "Choose the image that was segmented."
        )
    labels = sitk.Resample(segmentation.image, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return Segmentation(labels, segmentation.structures)
