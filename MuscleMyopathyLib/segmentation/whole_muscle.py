"""The whole-muscle region ("global muscle ROI"): inside the deep fascia, without bone and epimysium."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.patient_axes import PatientAxes

INSIDE_FASCIA = ("LEAN", "IMAT")


def whole_muscle(compartments: Segmentation, erosion_mm: float) -> Segmentation:
    """Return all that lies inside the deep fascia, without bone, eroded from the fascia inwards.

    This is the region that readers draw as "whole muscle area without the epimysium" (Nagawa et al., Sci Rep
    2021;11:9821) or "global muscle ROI" (Wei et al., Front Neurol 2023;14:1251025). Erosion is in the plane of
    the slices, because slices are thick, and from the outer border only, not from bone.

    Args:
        compartments: With the codes LEAN and IMAT, and BONE if there is any, by side.
        erosion_mm: Depth of the erosion in mm; 0 for none.

    Returns:
        The structure MUSCLE for each side that has a compartment.

    Raises:
        ParameterError: A negative erosion.
        InputError: The segmentation has neither LEAN nor IMAT.
    """
    if erosion_mm < 0:
        raise ParameterError(f"The erosion cannot be negative; it is {erosion_mm:g} mm.")
    axes = PatientAxes(compartments.image)
    labels = axes.labels(compartments.image)
    in_plane = axes.spacing_mm[1:]
    present = set(compartments.structures.values())
    result = np.zeros(labels.shape, dtype=np.uint8)
    structures: dict[int, Structure] = {}
    for side in Side:
        inner = [Structure(code, side) for code in INSIDE_FASCIA if Structure(code, side) in present]
        if not inner:
            continue
        soft = np.isin(labels, [compartments.label_of(structure) for structure in inner])
        bone = Structure("BONE", side)
        hard = labels == compartments.label_of(bone) if bone in present else np.zeros_like(soft)
        muscle = Structure("MUSCLE", side)
        structures[muscle.label] = muscle
        for index in np.flatnonzero(soft.any(axis=(1, 2))):
            compartment = np.pad(soft[index] | hard[index], 1, mode="edge")
            depth = ndimage.distance_transform_edt(compartment, sampling=in_plane)[1:-1, 1:-1]
            # Half a voxel: the distance runs between voxel centres, the border lies between them.
            deep = depth > erosion_mm + min(in_plane) / 2 if erosion_mm > 0 else depth > 0
            result[index][deep & soft[index]] = muscle.label
    if not structures:
        raise InputError("These compartments have nothing inside the fascia (neither LEAN nor IMAT).")
    return Segmentation(axes.image(result), structures)
