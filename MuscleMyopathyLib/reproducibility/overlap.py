"""Agreement of two segmentations of one image: Dice, surface distances and volume difference per structure.

Distances are between the surfaces of the two masks in millimetres, in both directions pooled: their 95th
percentile (HD95) and mean (average symmetric surface distance). A surface voxel is one with a face neighbour
outside the structure. In slices of 5 to 25 mm most voxels of a muscle are that, and many coincide, so that the
mean says little of how well the outlines agree; the contour distance does, taken between the outlines within the
slices that both drew. Dice: Dice, Ecology 1945;26:297; distances: Taha & Hanbury, BMC Med Imaging 2015;15:29.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation

Mask = npt.NDArray[np.bool_]
COLUMNS = ["structure", "side", "dice", "hd95_mm", "mean_surface_distance_mm", "mean_contour_distance_mm"]
SIZES = ["first_volume_cm3", "second_volume_cm3", "volume_difference_percent", "worst_slice", "problem"]

_NEIGHBOURS: Mask = ndimage.generate_binary_structure(3, 1)
_IN_PLANE_NEIGHBOURS: Mask = _NEIGHBOURS & np.array([False, True, False])[:, None, None]


def overlap(first: Segmentation, second: Segmentation) -> pd.DataFrame:
    """Compare two segmentations of the same image, structure by structure.

    Returns:
        One row per structure that either of them names: ``structure``, ``side``, ``dice``, ``hd95_mm``,
        ``mean_surface_distance_mm``, ``mean_contour_distance_mm``, ``first_volume_cm3``, ``second_volume_cm3``,
        ``volume_difference_percent`` (second minus first, of the mean of both), ``worst_slice`` (lowest Dice,
        counted from 0), ``problem``. A structure that only one of them drew has a Dice of 0, no distances and the
        reason.

    Raises:
        GeometryError: The two do not share one grid.
    """
    require_same_geometry(first.image, second.image, "first segmentation", "second segmentation")
    column_mm, row_mm, slice_mm = first.image.GetSpacing()
    names = dict.fromkeys([*first.structures.values(), *second.structures.values()])
    rows = [
        _compare(structure, _mask(first, structure), _mask(second, structure), (slice_mm, row_mm, column_mm))
        for structure in names
    ]
    return pd.DataFrame(rows, columns=COLUMNS + SIZES)


def _mask(segmentation: Segmentation, structure: Structure) -> Mask:
    if structure in segmentation.structures.values():
        return segmentation.mask(structure)
    return np.zeros(segmentation.array.shape, dtype=bool)


def _compare(
    structure: Structure, first: Mask, second: Mask, spacing_mm: tuple[float, float, float]
) -> list[object]:
    size = [int(mask.sum()) for mask in (first, second)]
    cm3 = float(np.prod(spacing_mm)) / 1000
    key = [structure.code, str(structure.side)]
    volumes = [size[0] * cm3, size[1] * cm3]
    if not all(size):
        missing = [name for name, count in zip(("first", "second"), size, strict=True) if not count]
        problem = f"not drawn in the {' nor the '.join(missing)} reading"
        return [*key, 0.0 if any(size) else np.nan, np.nan, np.nan, np.nan, *volumes, np.nan, -1, problem]
    distances = _surface_distances(first, second, spacing_mm)
    difference = 100 * (size[1] - size[0]) / ((size[0] + size[1]) / 2)
    return [
        *key,
        2 * int((first & second).sum()) / sum(size),
        float(np.percentile(distances, 95)),
        float(distances.mean()),
        _contour_distance(first, second, spacing_mm[1:]),
        *volumes,
        difference,
        _worst_slice(first, second),
        "",
    ]


def _worst_slice(first: Mask, second: Mask) -> int:
    both = first.sum(axis=(1, 2)) + second.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        dice = np.where(both > 0, 2 * (first & second).sum(axis=(1, 2)) / both, np.inf)
    return int(np.argmin(dice))


def _contour_distance(first: Mask, second: Mask, spacing_mm: tuple[float, float]) -> float:
    """Return the mean distance in mm between the outlines in the slices that both drew; NaN without one."""
    common = first.any(axis=(1, 2)) & second.any(axis=(1, 2))
    if not common.any():
        return np.nan
    # Slices as far apart as this, the nearest outline is always one of the same slice.
    distances = _surface_distances(first[common], second[common], (1e6, *spacing_mm), _IN_PLANE_NEIGHBOURS)
    return float(distances.mean())


def _surface_distances(
    first: Mask, second: Mask, spacing_mm: tuple[float, float, float], neighbours: Mask = _NEIGHBOURS
) -> npt.NDArray[np.float64]:
    """Return the distances from each surface to the other, in mm, both directions together."""
    either = first | second
    box = tuple(
        slice(max(int(edge[0]) - 1, 0), int(edge[-1]) + 2)
        for edge in (np.flatnonzero(either.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1)))
    )
    surfaces = [_surface(mask[box], neighbours) for mask in (first, second)]
    distances = [ndimage.distance_transform_edt(~surface, sampling=spacing_mm) for surface in surfaces]
    return np.concatenate([distances[1][surfaces[0]], distances[0][surfaces[1]]])


def _surface(mask: Mask, neighbours: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(np.pad(mask, 1), neighbours)[1:-1, 1:-1, 1:-1])
