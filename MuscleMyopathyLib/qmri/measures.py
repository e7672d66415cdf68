"""Measures of a quantitative map (fat fraction, T2, R2*) per structure and side, over the volume and per slice.

Volumes and areas count voxels: a slice stands for the whole distance to the next one (gaps included), as in
Cavalieri's estimator. The fat fraction of a structure has two definitions that differ (Thigh muscles with much
fat: by several points): the mean of the voxels' ratios (`ff_mean_percent`), and the ratio of the sums of fat and
of fat + water (`ff_ratio_of_sums_percent`), which weighs voxels by their signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.erosion import eroded_in_plane
from MuscleMyopathyLib.imaging.geometry import index_to_lps, require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.qmri.statistics import group_statistics

PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class MeasureParameters:
    """How structures are measured.

    Attributes:
        erosion_mm: How far every structure is eroded within its slices before measuring, to keep off the fascia.
        fat_cut_off_percent: The share of voxels above this fat fraction is reported.
        t2_cut_off_ms: The share of voxels above this T2 is reported (3 T, fat-saturated: `reference_values`).
    """

    erosion_mm: float = 0.0
    fat_cut_off_percent: float = 50.0
    t2_cut_off_ms: float = 36.4

    def __post_init__(self) -> None:
        if self.erosion_mm < 0:
            raise ValueError(f"erosion_mm must be 0 or more, not {self.erosion_mm}.")
        if not 0 <= self.fat_cut_off_percent <= 100:
            raise ValueError(f"fat_cut_off_percent must lie in 0 to 100, not {self.fat_cut_off_percent}.")
        if not self.t2_cut_off_ms > 0:
            raise ValueError(f"t2_cut_off_ms must be above 0, not {self.t2_cut_off_ms}.")


class Quantity(Enum):
    """What a map shows: how its columns begin, and its unit as it stands in their names."""

    FAT_FRACTION = ("ff", "percent")
    T2 = ("t2", "ms")
    WATER_T2 = ("water_t2", "ms")
    R2STAR = ("r2star", "per_s")

    @property
    def prefix(self) -> str:
        """Begin of its columns."""
        return self.value[0]

    def column(self, statistic: str) -> str:
        """Return the column of a statistic in the map's unit: ``t2_mean_ms``."""
        return f"{self.value[0]}_{statistic}_{self.value[1]}"

    def cut_off(self, parameters: MeasureParameters) -> float:
        """Return the value above which voxels are counted; NaN where there is none."""
        if self is Quantity.FAT_FRACTION:
            return parameters.fat_cut_off_percent
        return np.nan if self is Quantity.R2STAR else parameters.t2_cut_off_ms


@dataclass(frozen=True)
class Measures:
    """Two tidy tables with the same columns: ``volume`` with one row per structure and side, ``by_slice`` with
    one row per structure, side and slice in which the structure lies (``slice`` counts from 0; ``position_mm`` is
    the slice's place along its normal)."""

    volume: pd.DataFrame
    by_slice: pd.DataFrame


def measure_structures(
    segmentation: Segmentation,
    fat_fraction_percent: sitk.Image | None = None,
    *,
    water: sitk.Image | None = None,
    fat: sitk.Image | None = None,
    parameters: MeasureParameters | None = None,
) -> Measures:
    """Measure the size and, with a map, the fat fraction of every structure.

    Args:
        segmentation: Structures on the map's grid.
        fat_fraction_percent: Map in percent, NaN where there is no signal; without a map all ``ff_`` columns and
            ``lean_volume_cm3`` are NaN.
        water: Water image on the same grid; with ``fat`` it gives the ratio of sums, else that column is NaN.
        fat: Fat image on the same grid.
        parameters: Erosion and cut-off.

    Returns:
        Columns ``structure``, ``side``, ``voxel_count`` (voxels measured), ``volume_cm3``, ``area_max_cm2``
        (``area_cm2`` per slice), ``ff_mean_percent``, ``ff_ratio_of_sums_percent``, ``ff_sd_percent``,
        ``ff_median_percent``, ``ff_p5_percent`` … ``ff_p95_percent``, ``ff_skewness``,
        ``ff_share_above_percent``, ``lean_volume_cm3``, ``erosion_mm``, ``problem``. A structure that cannot be
        measured keeps its row with NaN and the reason in ``problem``.

    Raises:
        GeometryError: Segmentation, map, water or fat do not share one grid.
        InputError: Only one of water and fat is given, or the segmentation names no structure.
    """
    if (water is None) != (fat is None):
        raise InputError("The ratio of sums needs both the water and the fat image; only one was given.")
    water_and_fat = None if water is None or fat is None else (water, fat)
    return _measure(segmentation, fat_fraction_percent, Quantity.FAT_FRACTION, parameters, water_and_fat)


def measure_map(
    segmentation: Segmentation,
    image: sitk.Image,
    quantity: Quantity,
    parameters: MeasureParameters | None = None,
) -> Measures:
    """Measure any map in every structure, as `measure_structures` does the fat fraction.

    Args:
        segmentation: Structures on the map's grid.
        image: Map in the unit of the quantity, NaN where it has no value.
        quantity: What the map shows.
        parameters: Erosion and cut-offs.

    Returns:
        For T2 the columns ``t2_mean_ms``, ``t2_sd_ms``, ``t2_median_ms``, ``t2_p5_ms`` … ``t2_p95_ms``,
        ``t2_skewness``, ``t2_share_above_percent`` in the place of those of the fat fraction.

    Raises:
        GeometryError: Segmentation and map do not share one grid.
        InputError: The segmentation names no structure.
    """
    return _measure(segmentation, image, quantity, parameters, None)


def _measure(
    segmentation: Segmentation,
    image: sitk.Image | None,
    quantity: Quantity,
    parameters: MeasureParameters | None,
    water_and_fat_images: tuple[sitk.Image, sitk.Image] | None,
) -> Measures:
    parameters = parameters or MeasureParameters()
    if not segmentation.structures:
        raise InputError("The segmentation names no structure: nothing can be measured.")
    water, fat = water_and_fat_images or (None, None)
    map_name = "fat-fraction map" if quantity is Quantity.FAT_FRACTION else f"{quantity.prefix} map"
    for other, name in ((image, map_name), (water, "water image"), (fat, "fat image")):
        if other is not None:
            require_same_geometry(segmentation.image, other, "segmentation", name)

    voxels = _Voxels.of(segmentation, parameters.erosion_mm)
    values = np.full(voxels.index.size, np.nan) if image is None else voxels.values(image)
    water_and_fat = None if water is None or fat is None else (voxels.values(water), voxels.values(fat))
    mean_column = quantity.column("mean") if image is not None else None
    volume = _table(voxels, voxels.structure, len(voxels.labels), values, quantity, water_and_fat, parameters)
    areas = voxels.area_cm2.reshape(len(voxels.labels), voxels.slices)
    volume.insert(2, "area_max_cm2", np.where(volume["voxel_count"] > 0, areas.max(axis=1), np.nan))
    volume = voxels.with_keys(volume, np.arange(len(voxels.labels)), parameters, mean_column)

    cells = voxels.structure * voxels.slices + voxels.slice
    number = len(voxels.labels) * voxels.slices
    by_slice = _table(voxels, cells, number, values, quantity, water_and_fat, parameters)
    by_slice.insert(2, "area_cm2", voxels.area_cm2)
    present = np.flatnonzero(voxels.area_cm2 > 0)
    by_slice = voxels.with_keys(by_slice.iloc[present], present // voxels.slices, parameters, mean_column)
    by_slice.insert(2, "slice", present % voxels.slices)
    by_slice.insert(3, "position_mm", voxels.slice_position_mm[present % voxels.slices])
    return Measures(volume, by_slice)


@dataclass(frozen=True)
class _Voxels:
    """The voxels of all structures, as flat arrays that the statistics group in one go."""

    segmentation: Segmentation
    labels: tuple[int, ...]
    index: npt.NDArray[np.int64]
    structure: npt.NDArray[np.int64]
    slice: npt.NDArray[np.int64]
    slices: int
    voxel_cm3: float
    area_cm2: npt.NDArray[np.float64]
    slice_position_mm: npt.NDArray[np.float64]
    drawn: npt.NDArray[np.int64]

    @classmethod
    def of(cls, segmentation: Segmentation, erosion_mm: float) -> _Voxels:
        labels = tuple(segmentation.structures)
        drawn = segmentation.array
        array = eroded_in_plane(segmentation, erosion_mm).array
        rank = np.full(max(int(drawn.max(initial=0)), max(labels)) + 1, -1, dtype=np.int64)
        rank[list(labels)] = np.arange(len(labels))
        flat = array.reshape(-1)
        index = np.flatnonzero((flat > 0) & (rank[flat.clip(min=0)] >= 0))
        structure = rank[flat[index]]
        slices, rows, columns = array.shape
        slice_ = index // (rows * columns)
        column_mm, row_mm, slice_mm = segmentation.image.GetSpacing()
        area = np.bincount(structure * slices + slice_, minlength=len(labels) * slices)
        matrix = index_to_lps(segmentation.image)
        normal = matrix[:3, 2] / slice_mm
        positions = matrix[:3, 3] @ normal + slice_mm * np.arange(slices)
        counts = np.bincount(drawn.reshape(-1).clip(min=0), minlength=rank.size)[list(labels)]
        return cls(
            segmentation,
            labels,
            index,
            structure,
            slice_,
            slices,
            column_mm * row_mm * slice_mm / 1000,
            area * (column_mm * row_mm / 100),
            positions,
            counts,
        )

    def values(self, image: sitk.Image) -> npt.NDArray[np.float64]:
        """Return the image's values at the voxels, shape (n,)."""
        return np.asarray(sitk.GetArrayViewFromImage(image)).reshape(-1)[self.index].astype(np.float64)

    def with_keys(
        self,
        table: pd.DataFrame,
        structures: npt.NDArray[np.int64],
        parameters: MeasureParameters,
        mean_column: str | None,
    ) -> pd.DataFrame:
        """Put structure and side first, erosion and the problem in words last.

        A structure whose ``mean_column`` is NaN has no voxel with a value; without a map there is no such column.
        """
        keys = [self.segmentation.structures[self.labels[number]] for number in structures]
        table = table.reset_index(drop=True)
        table.insert(0, "structure", [key.code for key in keys])
        table.insert(1, "side", [str(key.side) for key in keys])
        table["erosion_mm"] = parameters.erosion_mm
        unmeasured = np.zeros(len(table), dtype=bool) if mean_column is None else table[mean_column].isna()
        table["problem"] = [
            self._problem(int(number), int(count), bool(without), parameters.erosion_mm)
            for number, count, without in zip(structures, table["voxel_count"], unmeasured, strict=True)
        ]
        return table

    def _problem(self, structure: int, count: int, unmeasured: bool, erosion_mm: float) -> str:
        if self.drawn[structure] == 0:
            return "no voxel of this structure in the segmentation"
        if count == 0:
            return f"nothing is left of this structure after an erosion of {erosion_mm:g} mm"
        if unmeasured:
            return "no voxel of this structure has signal above the noise"
        return ""


def _table(
    voxels: _Voxels,
    groups: npt.NDArray[np.int64],
    number_of_groups: int,
    values: npt.NDArray[np.float64],
    quantity: Quantity,
    water_and_fat: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None,
    parameters: MeasureParameters,
) -> pd.DataFrame:
    """Return the measures of every group of voxels, one row each, without keys."""
    statistics = group_statistics(
        values, groups, number_of_groups, percentiles=PERCENTILES, cut_off=quantity.cut_off(parameters)
    )
    count = np.bincount(groups, minlength=number_of_groups)
    empty = count == 0
    finite = np.isfinite(values)

    def total(addends: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.bincount(groups[finite], addends[finite], number_of_groups).astype(np.float64)

    columns = {
        "voxel_count": count,
        "volume_cm3": np.where(empty, np.nan, count * voxels.voxel_cm3),
        quantity.column("mean"): statistics.mean,
    }
    if quantity is Quantity.FAT_FRACTION:
        columns["ff_ratio_of_sums_percent"] = np.full(number_of_groups, np.nan)
    if water_and_fat is not None:
        water, fat = water_and_fat
        with np.errstate(divide="ignore", invalid="ignore"):
            columns["ff_ratio_of_sums_percent"] = 100 * total(fat) / (total(fat) + total(water))
    columns[quantity.column("sd")] = statistics.sd
    p5, p25, median, p75, p95 = statistics.percentiles
    for statistic, row in (("median", median), ("p5", p5), ("p25", p25), ("p75", p75), ("p95", p95)):
        columns[quantity.column(statistic)] = row
    columns[f"{quantity.prefix}_skewness"] = statistics.skewness
    columns[f"{quantity.prefix}_share_above_percent"] = 100 * statistics.share_above
    if quantity is Quantity.FAT_FRACTION:
        lean = total(1 - values / 100) * voxels.voxel_cm3
        columns["lean_volume_cm3"] = np.where(statistics.count == 0, np.nan, lean)
    return pd.DataFrame(columns)
