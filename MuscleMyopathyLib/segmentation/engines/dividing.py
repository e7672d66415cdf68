"""Runs a network of others and divides what it does not tell apart into left and right, by geometry."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.engines.engine import EngineResult, VolumeEngine
from MuscleMyopathyLib.segmentation.inputs import read_images
from MuscleMyopathyLib.segmentation.sides import divide, split_by_side


def segment_with(
    engine: VolumeEngine,
    images: Sequence[sitk.Image],
    region: Region,
    progress: Progress = silent,
    *,
    only_side: Side = Side.BOTH,
) -> EngineResult:
    """Segment images of one grid with a network of others.

    Args:
        engine: From `opening.open_engine`.
        images: One per input channel.
        region: Thigh or calf, for telling left from right where the network does not.
        progress: Receives fraction and text.
        only_side: The side of the one leg in the images; ``both`` finds out how many legs there are and which.

    Raises:
        InputError: As the engine's; or the labels are undivided and no limb is found in the first image, or the
            side of a single leg cannot be told.
        GeometryError: The images do not share a grid.
    """
    result = engine.segment(images, portion(progress, 0.0, 0.95))
    if all(structure.side is not Side.BOTH for structure in result.segmentation.structures.values()):
        return result
    progress(0.95, "telling left from right")
    limbs = read_images(None, None, images[0])
    division = divide(limbs, region, only_side)
    told = np.asarray(division.side_map.any(axis=(1, 2)) | ~limbs.outline.any(axis=(1, 2)))
    known = limbs.axes.image(np.where(told[:, None, None], np.uint8(1), np.zeros_like(division.side_map)))
    divided = split_by_side(_only_where(result.segmentation, known), limbs.axes.image(division.side_map))
    confidence = sitk.GetArrayFromImage(result.confidence)
    confidence[divided.array == 0] = 0
    kept = sitk.GetImageFromArray(np.asarray(confidence))
    kept.CopyInformation(images[0])
    how = (
        "that was done by the legs' place"
        if only_side is Side.BOTH
        else f"the leg was stated to be the {only_side} one"
    )
    remark = f"The network does not tell left from right; {how}."
    doubts = [text for _side, text in division.remarks]
    return dataclasses.replace(
        result, segmentation=divided, confidence=kept, remarks=(*result.remarks, remark, *doubts)
    )


def _only_where(segmentation: Segmentation, known: sitk.Image) -> Segmentation:
    """Return a segmentation without the slices in which left and right are not known."""
    array = np.where(sitk.GetArrayFromImage(known) > 0, segmentation.array, 0).astype(segmentation.array.dtype)
    return Segmentation.from_array(array, segmentation.structures, segmentation.image)
