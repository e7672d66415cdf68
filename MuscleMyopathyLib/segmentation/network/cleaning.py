"""Small islands taken away from labels of one slice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Labels = npt.NDArray[np.uint8]


def without_islands(labels: Labels, smallest: float) -> Labels:
    """Return labels (row, column) without the parts smaller than a share of their label's largest part.

    Args:
        labels: 0 is background.
        smallest: Share, 0 to 1.
    """
    result = labels.copy()
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        parts, count = ndimage.label(labels[box] == label)
        if count < 2:
            continue
        sizes = np.bincount(parts.ravel())
        sizes[0] = sizes[1:].max()
        result[box][(sizes < smallest * sizes[1:].max())[parts]] = 0
    return result
