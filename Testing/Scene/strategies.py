"""Images of any type, size and orientation for property-based tests."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from hypothesis import strategies as st

IMAGE_TYPES = (np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64)
LABEL_TYPES = (np.uint8, np.int16, np.uint16, np.int32, np.int64)


@st.composite
def geometries(draw: st.DrawFn) -> sitk.Image:
    """Draw an image whose grid is rotated, its axes flipped and swapped, left-handed ones included."""
    # Slicer's reader of segmentations crashes on a grid of one single voxel.
    size = draw(st.tuples(*[st.integers(1, 7)] * 3).filter(lambda size: size != (1, 1, 1)))
    image = sitk.Image(size, sitk.sitkUInt8)
    numbers = draw(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
    quaternion = np.array(numbers) if np.linalg.norm(numbers) > 0.1 else np.array([1.0, 0, 0, 0])
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    signs = np.diag(draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3)))
    order = np.eye(3)[:, draw(st.permutations(range(3)))]
    image.SetDirection((rotation @ signs @ order).ravel().tolist())
    image.SetSpacing(draw(st.tuples(*[st.floats(0.05, 20)] * 3)))
    image.SetOrigin(draw(st.tuples(*[st.floats(-2000, 2000)] * 3)))
    return image


@st.composite
def images(draw: st.DrawFn) -> sitk.Image:
    """Draw an image of any real type with its type's extremes, and NaN and infinity where it has them."""
    grid = draw(geometries())
    dtype = np.dtype(draw(st.sampled_from(IMAGE_TYPES)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(reversed(grid.GetSize()))
    if dtype.kind == "f":
        array = (generator.standard_normal(shape) * 1e4).astype(dtype)
        array.flat[0] = draw(st.sampled_from([np.nan, np.inf, -np.inf, np.finfo(dtype).tiny]))
    else:
        limits = np.iinfo(dtype)
        array = generator.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(grid)
    return image
