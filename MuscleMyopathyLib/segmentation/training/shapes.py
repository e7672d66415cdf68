"""Shapes in one cross-section: convex hull, signed distance, shapes between two slices, a bone in its gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, spatial

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]
Distances = npt.NDArray[np.float32]


FARTHEST = 12.0
"""Voxels outside a shape beyond which its distance does not grow when shapes are interpolated."""

NOT_EMBRACED = 0.4
"""What a gap's width counts for outside the hull of the muscle that lies on the bone."""


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
    """Return labels between two neighbouring slices: each label's signed distance is interpolated on its way.

    A muscle that runs obliquely, such as sartorius, may lie beside itself in two slices 24 mm apart; so both of
    its outlines are first moved to where its middle is on the way from the one to the other. A label that only
    one of the two slices shows shrinks towards the other (its distance there counts as `FARTHEST` outside),
    because muscles taper where they end.

    Args:
        first: Labels (row, column).
        second: Labels of the same shape.
        share: 0 gives ``first``, 1 gives ``second``.
    """
    window = _window((first > 0) | (second > 0), FARTHEST)
    result = np.zeros(first.shape, np.uint8)
    inside, best = result[window], np.zeros(result[window].shape, np.float32)
    for name in np.union1d(first, second):
        ends = [labels[window] == name for labels in (first, second)]
        if name == 0:
            continue
        way = np.zeros(2)
        if all(end.any() for end in ends):
            way = np.subtract(*(np.argwhere(end).mean(axis=0) for end in reversed(ends)))
        moved = [
            np.roll(np.minimum(signed_distance(end, 1.0), FARTHEST), np.round(part * way).astype(int), (0, 1))
            for end, part in zip(ends, (share, share - 1), strict=True)
        ]
        distance = (1 - share) * moved[0] + share * moved[1]
        closer = distance < best
        best[closer], inside[closer] = distance[closer], name
    return result


def _window(mask: Mask, margin: float) -> tuple[slice, slice]:
    """Return the window around a mask with a margin; the whole where the mask is empty."""
    if not mask.any():
        return slice(None), slice(None)
    places = np.argwhere(mask)
    low = np.maximum(places.min(axis=0) - int(margin) - 1, 0)
    high = places.max(axis=0) + int(margin) + 2
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def widest_gap(gap: Mask, beside: Mask, spacing_mm: float, radius_mm: tuple[float, float]) -> Mask:
    """Return the largest disc that fits in a gap and touches a structure: the femur beside vastus intermedius.

    A gap that the structure embraces is preferred to a wider one outside its convex hull.

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
    embraced = np.where(convex_hull(beside), touching, NOT_EMBRACED * touching)
    row, column = np.unravel_index(int(embraced.argmax()), embraced.shape)
    radius = min(float(touching[row, column]), radius_mm[1])
    if radius < radius_mm[0]:
        return nothing
    rows, columns = np.indices(gap.shape)
    return np.asarray(np.hypot(rows - row, columns - column) * spacing_mm <= radius - 0.5 * spacing_mm)
