"""Digital thighs on a coarse grid, some with a rectus femoris of a new shape, and the views of them."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Region, Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sampling import SIDES
from MuscleMyopathyLib.phantom.sequences import SpinEcho
from MuscleMyopathyLib.segmentation.network.classes import BONE, OTHER, SUBCUTANEOUS, class_index
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid, limb_views
from MuscleMyopathyLib.segmentation.network.sequences import read_voting_images
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, divide

GRID = ViewGrid(64, 3.2)
COARSE = Protocol(150, 80, (2.6, 2.6), thickness_mm=6, spacing_mm=45, slices=4, through_plane_samples=1)


@cache
def examination(
    seed: int, *, large_rectus: bool = False
) -> tuple[MappingProxyType[str, sitk.Image], Segmentation]:
    """Return the T1w image and the muscles of a healthy subject, of whom rectus femoris may be twice its size."""
    series, limb = phantom_series(LimbParameters(seed=seed, detailed_muscles=True, protocol=COARSE), (SpinEcho(),))
    image, muscles = series[0].image, limb.muscles
    if large_rectus:
        values, labels = sitk.GetArrayFromImage(image), muscles.array.copy()
        for index in range(len(labels)):
            for side in SIDES:
                places = _enlarged(muscles.mask(Structure("RF", side))[index])
                values[index] = ndimage.map_coordinates(values[index], places, order=1, mode="nearest")
                labels[index] = ndimage.map_coordinates(labels[index], places, order=0, mode="nearest")
        muscles = Segmentation.from_array(labels, muscles.structures, image)
        moved = sitk.GetImageFromArray(values)
        moved.CopyInformation(image)
        image = moved
    return MappingProxyType({"T1w": image}), muscles


def _enlarged(mask: npt.NDArray[np.bool_], factor: float = 1.7, reach: float = 26.0) -> npt.NDArray[np.float64]:
    """Return where the pixels of a slice are taken from to enlarge what lies around a muscle's middle."""
    places = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(float)
    if not mask.any():
        return places
    middle = np.array([where.mean() for where in np.nonzero(mask)])[:, None, None]
    away = places - middle
    near = np.clip(1 - (away**2).sum(axis=0) / reach**2, 0, 1) ** 2
    return middle + away * (1 - (1 - 1 / factor) * near)


@cache
def true_views(seeds: tuple[int, ...]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return views of normal subjects with the true class of every pixel, as a training of a network sees them."""
    images, targets = [], []
    for seed in seeds:
        series, limb = phantom_series(
            LimbParameters(seed=seed, detailed_muscles=True, protocol=COARSE), (SpinEcho(),)
        )
        voting = read_voting_images({"T1w": series[0].image})
        side_map = divide(voting.limbs, Region.THIGH).side_map
        axes = voting.limbs.axes
        muscles, compartments = axes.labels(limb.muscles.image), axes.labels(limb.compartments.image)
        for view in limb_views(side_map, SIDE_NUMBER, axes.spacing_mm, GRID):
            of_limb = side_map[view.index] == SIDE_NUMBER[view.side]
            target = np.zeros((GRID.size, GRID.size), np.int64)
            for code, number in (("SAT", SUBCUTANEOUS), ("SKIN", SUBCUTANEOUS), ("LEAN", OTHER), ("IMAT", OTHER)):
                target[view.mask(compartments[view.index] == Structure(code, view.side).label)] = number
            target[view.mask(compartments[view.index] == Structure("BONE", view.side).label)] = BONE
            for structure in limb.muscles.structures.values():
                if structure.side is view.side and structure.code not in ("TFL",):
                    target[view.mask(muscles[view.index] == structure.label)] = class_index(structure.code)
            images.append(view.image(voting.values["T1w"][view.index], of_limb))
            targets.append(target)
    return np.stack(images), np.stack(targets)
