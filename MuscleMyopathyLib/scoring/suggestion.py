"""A suggested modified Mercuri score from a fat-fraction map: the share of a muscle's voxels that are fat.

Wei's levels 2, 3 and 4 are shares of the muscle: below 30 %, 30 to 60 %, and above. A voxel is fat where its fat
fraction reaches 50 %: more fat than water, bright as fat on T1w. The levels 0 and 1 have no published share; here
level 1 (punctate lesions) begins at 2 % of the voxels, which partial volume and noise do not reach in a healthy
muscle once its border is eroded, and level 2 (scattered) at 10 %. Source of the levels: Wei et al., Front Neurol
2023;14:1251025; the first two cut-offs are this extension's own.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Kind, Side, Structure
from MuscleMyopathyLib.imaging.erosion import eroded_in_plane
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation

SCALE_ID = "mercuri-modified"
"""The scale whose levels are suggested."""


@dataclass(frozen=True)
class SuggestionParameters:
    """How a share of fat voxels becomes a level.

    Attributes:
        fat_threshold_percent: A voxel with this fat fraction or more is fat.
        cut_offs_percent: Share of fat voxels from which levels 1, 2, 3 and 4 begin.
        erosion_mm: Erosion of every muscle within its slices, so that fat beside it does not count.
    """

    fat_threshold_percent: float = 50.0
    cut_offs_percent: tuple[float, float, float, float] = (2.0, 10.0, 30.0, 60.0)
    erosion_mm: float = 1.5

    def __post_init__(self) -> None:
        if not 0 < self.fat_threshold_percent < 100:
            raise ValueError(
                f"fat_threshold_percent must lie between 0 and 100, not {self.fat_threshold_percent}."
            )
        cut_offs = self.cut_offs_percent
        if (
            len(cut_offs) != 4
            or list(cut_offs) != sorted(set(cut_offs))
            or cut_offs[0] <= 0
            or cut_offs[-1] >= 100
        ):
            raise ValueError(f"cut_offs_percent must be four growing numbers between 0 and 100, not {cut_offs}.")
        if self.erosion_mm < 0:
            raise ValueError(f"erosion_mm must be 0 or more, not {self.erosion_mm}.")


def suggested_level(share_percent: float, parameters: SuggestionParameters | None = None) -> str:
    """Return the code of the level for a share of fat voxels; a share on a cut-off belongs to the higher level.

    >>> [suggested_level(share) for share in (0, 5, 29.9, 30, 75)]
    ['0', '1', '2', '3', '4']
    """
    return str(bisect_right((parameters or SuggestionParameters()).cut_offs_percent, share_percent))


def suggest_scores(
    fat_fraction_percent: sitk.Image,
    segmentation: Segmentation,
    parameters: SuggestionParameters | None = None,
) -> pd.DataFrame:
    """Suggest a modified Mercuri score for every muscle of a segmentation.

    Args:
        fat_fraction_percent: 3D map in percent, NaN where there is no signal.
        segmentation: Muscles on the map's grid; tissues and bones are passed over. Where the two heads of biceps
            femoris are drawn apart (BFL, BFS), a row for the whole muscle (BF), as Wei's readers scored it, is
            added.
        parameters: Threshold, cut-offs, erosion.

    Returns:
        Columns ``structure``, ``side``, ``voxel_count`` (with signal, after erosion), ``fat_share_percent``,
        ``suggested_code`` ("" without a suggestion), ``problem`` (why there is none).

    Raises:
        GeometryError: Map and segmentation do not share one grid.
    """
    parameters = parameters or SuggestionParameters()
    require_same_geometry(segmentation.image, fat_fraction_percent, "segmentation", "fat-fraction map")
    percent = sitk.GetArrayViewFromImage(fat_fraction_percent)
    eroded = eroded_in_plane(segmentation, parameters.erosion_mm)
    rows = []
    for structure, parts in _muscles(segmentation).items():
        values = np.asarray(percent[eroded.mask(parts)], dtype=np.float64)
        rows.append(
            {
                "structure": structure.code,
                "side": str(structure.side),
                **_suggestion(values, bool(segmentation.mask(parts).any()), parameters),
            }
        )
    columns = ["structure", "side", "voxel_count", "fat_share_percent", "suggested_code", "problem"]
    return pd.DataFrame(rows, columns=columns)


def _muscles(segmentation: Segmentation) -> dict[Structure, tuple[Structure, ...]]:
    """Return each muscle to suggest a score for, with the structures that it consists of."""
    present: dict[Structure, tuple[Structure, ...]] = {
        one: (one,) for one in segmentation.structures.values() if one.type.kind is Kind.MUSCLE
    }
    for side in Side:
        whole, heads = Structure("BF", side), (Structure("BFL", side), Structure("BFS", side))
        if whole not in present and all(head in present for head in heads):
            present[whole] = heads
    return present


def _suggestion(
    values: npt.NDArray[np.float64], drawn: bool, parameters: SuggestionParameters
) -> dict[str, object]:
    values = values[np.isfinite(values)]
    if values.size:
        # Counted in whole numbers: a mean of 0.29 would give 28.999… %, below a cut-off of 29.
        share = 100 * int(np.count_nonzero(values >= parameters.fat_threshold_percent)) / values.size
        code, problem = suggested_level(share, parameters), ""
    else:
        share, code = float("nan"), ""
        problem = (
            f"no voxel with signal is left after an erosion of {parameters.erosion_mm:g} mm"
            if drawn
            else "no voxel of this structure in the segmentation"
        )
    return {
        "voxel_count": values.size,
        "fat_share_percent": share,
        "suggested_code": code,
        "problem": problem,
    }
