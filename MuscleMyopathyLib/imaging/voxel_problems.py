"""What is wrong with the voxels of an image, in words for the user."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk


def voxel_problems(image: sitk.Image, *, negative_is_wrong: bool = True) -> tuple[str, ...]:
    """Return the problems of an image's voxels: not finite, negative, all zero, all equal; empty if there is none.

    Args:
        image: 3D image.
        negative_is_wrong: Whether negative values are a problem: yes for magnitude images; not for a fat-fraction
            map, where noise goes below zero, nor for a phase image.
    """
    voxels = sitk.GetArrayViewFromImage(image)
    problems = []
    finite = voxels
    if voxels.dtype.kind == "f":
        is_finite = np.isfinite(voxels)
        finite = voxels[is_finite]
        if finite.size < voxels.size:
            problems.append(f"{_share(voxels.size - finite.size, voxels.size)} are not finite (NaN or infinity).")
    if finite.size == 0:
        return tuple(problems)
    lowest, highest = finite.min(), finite.max()
    if lowest == highest:
        problems.append("All voxels are zero." if lowest == 0 else f"All voxels have one value, {lowest:g}.")
    elif negative_is_wrong and lowest < 0:
        problems.append(f"{_share(int((finite < 0).sum()), voxels.size)} are negative, down to {lowest:g}.")
    return tuple(problems)


def _share(count: int, total: int) -> str:
    return f"{count} of {total} voxels ({100 * count / total:.3g} %)"
