"""The Bland–Altman plot as a chart of the scene: differences against means, bias and limits of agreement.

Source: Bland & Altman, Stat Methods Med Res 1999;8:135.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import slicer

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.bland_altman import bland_altman
from MuscleMyopathyLib.reproducibility.comparisons import Comparison
from MuscleMyopathyLib.reproducibility.reading_tables import checked_table, groups_of
from MuscleMyopathyLib.scene.case_nodes import put_case_node, put_case_table
from MuscleMyopathyLib.scene.headless import current_scene

POINTS_COLOR = (0.0, 0.447, 0.698)
LINES = {"bias": (0.2, 0.2, 0.2), "lower_limit": (0.835, 0.369, 0.0), "upper_limit": (0.835, 0.369, 0.0)}
"""Blue points and orange limits of Okabe and Ito's palette, which colour-blind people tell apart."""


def bland_altman_chart(identifier: str, table: pd.DataFrame, measure: str, comparison: Comparison) -> Any:
    """Chart the differences of two readings in a measure, all structures together, under a case.

    Args:
        identifier: The case under which tables and chart lie.
        table: Rows of both readings, as `reproducibility.reading_tables.checked_table` takes them.
        measure: The column, e.g. ``ff_mean_percent``.
        comparison: Two readings.

    Returns:
        The ``vtkMRMLPlotChartNode``.

    Raises:
        InputError: The table lacks the measure, or fewer than two targets were measured in both readings.
    """
    if measure not in table:
        raise InputError(f"The tables hold no {measure}.")
    groups = groups_of(checked_table(table), comparison, [measure])
    pairs = np.concatenate([group.values[:, :, 0] for group in groups])
    found = bland_altman(pairs[:, 0], pairs[:, 1])
    points = put_case_table(
        identifier, "Bland–Altman points", pd.DataFrame({"mean": found.means, "difference": found.differences})
    )
    ends = [float(found.means.min()), float(found.means.max())]
    levels = {name: [getattr(found, name)] * 2 for name in LINES}
    lines = put_case_table(identifier, "Bland–Altman lines", pd.DataFrame({"mean": ends, **levels}))
    series = [_series(identifier, points, "difference", POINTS_COLOR, line=False)]
    series += [_series(identifier, lines, name, color, line=True) for name, color in LINES.items()]

    def fill(name: str, node: Any) -> Any:
        node = node or current_scene().AddNewNodeByClass("vtkMRMLPlotChartNode", name)
        node.SetName(name)
        node.RemoveAllPlotSeriesNodeIDs()
        for one in series:
            node.AddAndObservePlotSeriesNodeID(one.GetID())
        node.SetTitle(f"bias {found.bias:.2f}, limits {found.lower_limit:.2f} to {found.upper_limit:.2f}")
        node.SetTitleFontSize(14)
        node.SetXAxisTitle(f"mean: {measure}")
        node.SetYAxisTitle(f"difference: {comparison.name.replace(' / ', ' - ')}")
        node.SetAxisTitleFontSize(13)
        node.SetLegendVisibility(True)
        return node

    return put_case_node(identifier, "Bland–Altman chart", fill)


def _series(identifier: str, table: Any, column: str, color: tuple[float, float, float], *, line: bool) -> Any:
    kind = slicer.vtkMRMLPlotSeriesNode

    def fill(name: str, node: Any) -> Any:
        node = node or current_scene().AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
        node.SetName(column.replace("_", " "))
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetPlotType(kind.PlotTypeScatter)
        node.SetXColumnName("mean")
        node.SetYColumnName(column)
        node.SetColor(*color)
        node.SetLineStyle(kind.LineStyleSolid if line else kind.LineStyleNone)
        node.SetMarkerStyle(kind.MarkerStyleNone if line else kind.MarkerStyleCircle)
        return node

    return put_case_node(identifier, f"Bland–Altman {column}", fill)
