"""Shapes in one cross-section: convex hull, signed distance, shapes between two slices, a bone in its gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, spatial

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]
Distances = npt.NDArray[np.float32]


def convex_hull(mask: Mask) -> Mask:
    """Return the convex hull of a 2D mask; the mask itself where it has no area."""
    border = mask & ~ndimage.binary_erosion(mask)
    points = np.argwhere(border).astype(float)
    if len(points) < 3 or np.ptp(points, axis=0).min() == 0:
        return mask
    equations = spatial.ConvexHull(points).equations
    rows, columns = np.indices(mask.shape)
    inside = np.ones(mask.shape, dtype=bool)
    for normal_row, normal_column, offset in equations:
        inside &= normal_row * rows + normal_column * columns + offset <= 1e-6
    return inside


def signed_distance(mask: Mask, spacing_mm: float) -> Distances:
    """Return the distance to the border in mm: negative inside, positive outside."""
    if not mask.any():
        return np.full(mask.shape, np.float32(1e3))
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    inside = ndimage.distance_transform_edt(mask, sampling=spacing_mm)
    return np.asarray(outside - inside, dtype=np.float32)


def between(first: Labels, second: Labels, share: float) -> Labels:
    """Return labels between two neighbouring slices by interpolating the signed distance of each label.

    A label that only one of the two slices shows shrinks towards the other (its distance there counts as 12 voxels
    outside), because muscles taper where they end.

    Args:
        first: Labels (row, column).
        second: Labels of the same shape.
        share: 0 gives ``first``, 1 gives ``second``.
    """
    names = [int(name) for name in np.union1d(first, second) if name]
    best = np.zeros(first.shape, np.float32)
    result = np.zeros(first.shape, np.uint8)
    for name in names:
        ends = [np.minimum(signed_distance(labels == name, 1.0), 12.0) for labels in (first, second)]
        distance = (1 - share) * ends[0] + share * ends[1]
        closer = distance < best
        best[closer], result[closer] = distance[closer], name
    return result


def widest_gap(gap: Mask, beside: Mask, spacing_mm: float, radius_mm: tuple[float, float]) -> Mask:
    """Return the largest disc that fits in a gap and touches a structure: the femur beside vastus intermedius.

    Args:
        gap: Where the bone may be.
        beside: The structure that lies on it.
        spacing_mm: Size of a pixel.
        radius_mm: Least and greatest radius; nothing is returned for a gap narrower than the least.
    """
    nothing = np.zeros(gap.shape, dtype=bool)
    if not (beside.any() and gap.any()):
        return nothing
    room = ndimage.distance_transform_edt(gap, sampling=spacing_mm)
    reach = ndimage.distance_transform_edt(~beside, sampling=spacing_mm)
    touching = np.where(reach <= np.minimum(room, radius_mm[1]) + 2 * spacing_mm, room, 0)
    row, column = np.unravel_index(int(touching.argmax()), touching.shape)
    radius = min(float(touching[row, column]), radius_mm[1])
    if radius < radius_mm[0]:
        return nothing
    rows, columns = np.indices(gap.shape)
    return np.asarray(np.hypot(rows - row, columns - column) * spacing_mm <= radius - 0.5 * spacing_mm)
