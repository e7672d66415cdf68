"""Cross-sections at the hip: half a pelvis around the few muscles of the thigh that begin there.

Label maps of thighs name ever fewer muscles towards the hip, and nothing else of what is there. A network that
saw only round thighs takes glutei and obturators for vasti and adductors; so the outline is widened to the
mid-line and to the buttock, the new room is filled with muscle without a name, and bones of random place and size
(ischium, femoral head, trochanter) are set into it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MuscleMyopathyLib.segmentation.network.classes import BACKGROUND, BONE, OTHER
from MuscleMyopathyLib.segmentation.training.shapes import convex_hull

Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

WIDER_MM = 60.0
DEEPER_MM = 45.0
MOST_BONES = 3
BONE_MM = (7.0, 26.0)
"""Semi-axes of bones: from the ramus of the pubis to a femoral head with its socket."""
NECK_MM = (16.0, 34.0)
"""Semi-axis of the femoral neck or trochanter, which joins the shaft."""


def half_pelvis(labels: Labels, pixel_mm: float, random: np.random.Generator) -> Labels:
    """Return a cross-section widened towards the mid-line and the buttock, with bones; named muscles stay.

    Args:
        labels: Class numbers (row, column), lateral side towards column 0, front towards row 0; `BACKGROUND`
            outside the deep fascia, `OTHER` between the muscles.
        pixel_mm: Size of a pixel.
        random: Source of randomness.

    Returns:
        Class numbers; the new room is `OTHER`.
    """
    inside = labels != BACKGROUND
    solid = inside.astype(np.uint8)
    named = (labels > OTHER) & inside
    wider, deeper = (int(random.uniform(0, most) / pixel_mm) for most in (WIDER_MM, DEEPER_MM))
    grown = convex_hull((solid | _moved(solid, 0, wider) | _moved(solid, deeper, wider // 2)) > 0)
    # The mid-line cuts it straight; never through a muscle that is named.
    columns = np.flatnonzero(grown.any(axis=0))
    cut = columns[-1] - int(random.uniform(0, 0.6) * wider)
    if named.any():
        cut = max(cut, int(np.flatnonzero(named.any(axis=0))[-1]) + 3)
    grown[:, cut:] = False
    result = np.where(inside, labels, np.where(grown, OTHER, BACKGROUND)).astype(np.uint8)
    result[:, cut:] = BACKGROUND
    free = (result == OTHER) | (result == BONE)
    for bone in _bones(result, free, pixel_mm, random):
        result[bone & free] = BONE
    return result


def centred(labels: Labels) -> Labels:
    """Return labels moved so that the middle of what is not `BACKGROUND` lies in the middle."""
    places = np.argwhere(labels != BACKGROUND)
    shift = (np.array(labels.shape) - 1) / 2 - (places.min(axis=0) + places.max(axis=0)) / 2
    return _moved(labels, *np.floor(shift + 0.5).astype(int).tolist())


def _bones(labels: Labels, free: Mask, pixel_mm: float, random: np.random.Generator) -> list[Mask]:
    bones = []
    if (labels == BONE).any() and random.random() < 0.6:
        shaft = ndimage.center_of_mass(labels == BONE)
        long = random.uniform(*NECK_MM) / pixel_mm
        angle = random.uniform(0, np.pi)
        middle = shaft + 0.5 * long * np.array([np.sin(angle), np.cos(angle)]) * random.choice((-1, 1))
        bones.append(_ellipse(labels.shape, middle, (long, random.uniform(9, 17) / pixel_mm), angle))
    places = np.argwhere(free)
    for _ in range(int(random.integers(MOST_BONES + 1)) if len(places) else 0):
        axes = tuple(random.uniform(*BONE_MM, 2) / pixel_mm)
        bones.append(_ellipse(labels.shape, random.choice(places), axes, random.uniform(0, np.pi)))
    return bones


def _ellipse(
    shape: tuple[int, ...],
    middle: npt.NDArray[np.floating],
    semi_axes: tuple[float, ...],
    angle: float,
) -> Mask:
    """Return an ellipse; its first axis runs along columns turned towards rows by ``angle``."""
    rows, columns = np.indices(shape, dtype=float)
    rows, columns = rows - middle[0], columns - middle[1]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    return np.asarray(np.hypot(along / semi_axes[0], across / semi_axes[1]) <= 1)


def _moved(labels: Labels, rows: int, columns: int) -> Labels:
    """Return labels moved by whole pixels; what comes in is `BACKGROUND`."""
    moved = ndimage.shift(labels, (rows, columns), order=0, mode="constant", cval=BACKGROUND)
    return np.asarray(moved, dtype=np.uint8)
