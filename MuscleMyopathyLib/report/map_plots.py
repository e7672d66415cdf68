"""Plots of a case's maps: histograms of fat fraction and T2 per structure, and T2 against fat fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Kind, Side, Structure, structure_type
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.t2_against_fat import slope_ms_per_point
from MuscleMyopathyLib.report.charts import round_ticks
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.report.line_chart import Axis, Chart, Line, svg_band, svg_points
from MuscleMyopathyLib.report.map_structures import maps_by_sequence, structures_on
from MuscleMyopathyLib.study.case import CaseResult

BINS = 50
FEWEST_VOXELS = 20
AFFECTED_MUSCLES = 3
SIDES = (Side.LEFT, Side.RIGHT, Side.BOTH)
"""A line's colour is the place of its side in this order."""

QUANTITIES = {
    "t2": "T2, mono-exponential",
    "water_t2": "water T2",
    "true_water_t2": "true water T2",
}
"""Lines of the plot of T2 against fat; a line's colour is its place in this order."""


@dataclass(frozen=True)
class HistogramRow:
    """Histograms of one structure, one for each quantity; None where there is no voxel."""

    name: str
    charts: tuple[Chart | None, ...]


@dataclass(frozen=True)
class Histograms:
    """Histograms of structures (rows) in quantities (columns), and the sides whose lines they hold."""

    titles: tuple[str, ...]
    rows: tuple[HistogramRow, ...]
    sides: tuple[Side, ...]


def histograms(result: CaseResult, structures: Sequence[str] = ()) -> Histograms | None:
    """Return histograms of fat fraction, T2 and water T2; None where there is no map.

    Args:
        result: The case.
        structures: Codes of structures; by default the whole muscle and the muscles with the highest fat fraction
            (else water T2, else T2).
    """
    sources = _sources(result)
    if not sources:
        return None
    chosen = list(structures) or _chosen(result)
    rows = []
    for code in chosen:
        charts = tuple(_histogram(image, drawn, code, title) for title, image, drawn in sources)
        if any(chart is not None for chart in charts):
            rows.append(HistogramRow(structure_type(code).name, charts))
    colors = {line.color for row in rows for chart in row.charts if chart for line in chart.lines}
    if not rows:
        return None
    sides = tuple(side for place, side in enumerate(SIDES) if place in colors)
    return Histograms(tuple(title for title, _, _ in sources), tuple(rows), sides)


def t2_against_fat_chart(table: pd.DataFrame, phantom: bool) -> Chart | None:
    """Return median T2 and water T2, with quartiles, against fat fraction; None for an empty table."""
    if table.empty:
        return None
    top = 20.0 * float(np.ceil(table["p75_ms"].max() / 20.0))
    x = Axis("fat fraction, %", 0.0, 100.0, tuple((float(v), str(v)) for v in range(0, 101, 20)))
    y = Axis("T2, ms", 0.0, top, tuple((tick, f"{tick:g}") for tick in round_ticks(0.0, top)))
    lines = []
    for color, (quantity, label) in enumerate(QUANTITIES.items()):
        own = table[table["quantity"] == quantity]
        if own.empty:
            continue
        slope = slope_ms_per_point(table, quantity)
        said = f"{label}: {number(slope, 3)} ms per point of fat" if np.isfinite(slope) else label
        band = (
            "" if quantity == "true_water_t2" else svg_band(x, y, own["ff_percent"], own["p25_ms"], own["p75_ms"])
        )
        lines.append(Line(said, color, svg_points(x, y, own["ff_percent"], own["median_ms"]), band))
    where = "in the digital limb's muscles" if phantom else "in the muscles"
    return Chart(f"T2 against fat fraction {where}: medians of voxels, and quartiles", x, y, tuple(lines))


def _sources(result: CaseResult) -> list[tuple[str, sitk.Image, list[Segmentation]]]:
    """Return title, map and the structures on its grid for every quantity of the case."""
    found = []
    drawn = [one for one in (result.whole_muscle, result.muscles) if one is not None]
    if result.fat_fraction_percent is not None and drawn:
        found.append(("fat fraction, %", result.fat_fraction_percent, drawn))
    for sequence, maps in maps_by_sequence(result).items():
        for kind in (MapKind.T2, MapKind.WATER_T2):
            there = structures_on(result, sequence, maps[kind].image) if kind in maps else []
            if there:
                image = maps[kind].image
                scanner = " of the scanner" if sequence == "T2 map" else ""
                found.append((f"{kind.label}{scanner}, ms", image, there))
    return found


def _chosen(result: CaseResult) -> list[str]:
    whole = [] if result.whole_muscle is None else ["MUSCLE"]
    for table, column in (
        (result.measures, "ff_mean_percent"),
        (result.map_measures, "water_t2_mean_ms"),
        (result.map_measures, "t2_mean_ms"),
    ):
        if column in table and table[column].notna().any():
            muscles = table[table["structure"].map(lambda code: structure_type(code).kind is Kind.MUSCLE)]
            ranked = muscles.groupby("structure")[column].max().sort_values(ascending=False)
            return whole + [str(code) for code in ranked.index[:AFFECTED_MUSCLES]]
    return whole


def _histogram(image: sitk.Image, drawn: list[Segmentation], code: str, title: str) -> Chart | None:
    array = sitk.GetArrayViewFromImage(image)
    low, high = (0.0, 100.0) if title.startswith("fat") else (0.0, 140.0)
    edges = np.linspace(low, high, BINS + 1)
    found: list[tuple[int, npt.NDArray[np.float64]]] = []
    for place, side in enumerate(SIDES):
        for segmentation in drawn:
            structure = Structure(code, side)
            if structure not in segmentation.structures.values():
                continue
            values = array[segmentation.mask(structure)]
            values = np.clip(values[np.isfinite(values)], low, high)
            if values.size >= FEWEST_VOXELS:
                counts = np.histogram(values, edges)[0]
                found.append((place, 100 * counts / counts.sum()))
    divided = [(place, shares) for place, shares in found if SIDES[place] is not Side.BOTH]
    found = divided or found
    if not found:
        return None
    top = max(float(shares.max()) for _, shares in found) * 1.05
    x = Axis(title, low, high, tuple((tick, f"{tick:g}") for tick in round_ticks(low, high, 6)))
    y = Axis("% of voxels", 0.0, top, ())
    lines = []
    for place, shares in found:
        xs = np.repeat(edges, 2)[1:-1]
        ys = np.repeat(shares, 2)
        band = svg_band(x, y, xs, np.zeros_like(ys), ys)
        lines.append(Line(str(SIDES[place]), place, svg_points(x, y, xs, ys), band))
    return Chart(title, x, y, tuple(lines))
