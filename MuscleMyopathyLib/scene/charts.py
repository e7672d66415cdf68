"""Charts of a measure per structure, left beside right, in the two fixed colours of the sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import slicer

from MuscleMyopathyLib.anatomy import SIDE_COLORS, Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scene.headless import current_scene

PLOT_TYPES: Mapping[str, int] = {
    "bar": slicer.vtkMRMLPlotSeriesNode.PlotTypeBar,
    "line": slicer.vtkMRMLPlotSeriesNode.PlotTypeLine,
    "scatter": slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter,
}
"""Kinds of series. A scatter series needs a column of numbers along x; the others count the rows."""


def left_right_table(measures: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a measure with one row per structure and a column per side that occurs.

    Args:
        measures: One row per ``structure`` and ``side``.
        column: The measure, e.g. ``ff_mean_percent``.

    Returns:
        Columns ``structure`` (in the order of ``measures``), then ``left``, ``right`` and ``both`` as far as they
        occur; NaN where a structure was not measured on a side.

    Raises:
        InputError: A column is missing, or a structure and side has several rows.
    """
    missing = {"structure", "side", column} - set(measures.columns)
    if missing:
        raise InputError(f"A chart of {column} needs a table with the column {', '.join(sorted(missing))}.")
    twice = measures[measures.duplicated(["structure", "side"])]
    if len(twice):
        structure, side = twice.iloc[0][["structure", "side"]]
        raise InputError(f"{structure} {side} has several rows in the table; chart one case and reading.")
    sides = [side.value for side in Side if side.value in set(measures["side"])]
    wide = measures.pivot(index="structure", columns="side", values=column)
    wide = wide.reindex(index=measures["structure"].unique(), columns=sides)
    wide.columns.name = None
    return wide.rename_axis("structure").reset_index()


def side_series_node(table_node: Any, side: Side, kind: str = "bar", x_column: str = "", node: Any = None) -> Any:
    """Make a series of the column of a side, in the colour of that side.

    Args:
        table_node: ``vtkMRMLTableNode`` with columns as `left_right_table`.
        side: The column.
        kind: ``bar``, ``line`` or ``scatter``.
        x_column: Column of numbers along x, for a scatter series.
        node: A ``vtkMRMLPlotSeriesNode`` to fill in place. None makes a new one.

    Returns:
        The ``vtkMRMLPlotSeriesNode``; its name, which the legend shows, is the side.
    """
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLPlotSeriesNode", side.value)
    node.SetName(side.value)
    node.SetAndObserveTableNodeID(table_node.GetID())
    node.SetPlotType(PLOT_TYPES[kind])
    node.SetXColumnName(x_column)
    node.SetYColumnName(side.value)
    node.SetLabelColumnName("structure")
    node.SetColor(*rgb(SIDE_COLORS[side]))
    if kind == "scatter":
        node.SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleNone)
        node.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle)
    return node


def chart_node(
    series: list[Any],
    title: str,
    y_title: str,
    structures: list[str],
    y_range: tuple[float, float] | None = None,
    node: Any = None,
) -> Any:
    """Make a chart of series.

    Args:
        series: ``vtkMRMLPlotSeriesNode``s, in the order of the legend.
        title: Above the chart.
        y_title: Beside the y axis, with the unit.
        structures: Names of the rows, listed by number below the x axis: Slicer's charts have no text ticks.
        y_range: Fixed range of the y axis; None fits it to the data.
        node: A ``vtkMRMLPlotChartNode`` to fill in place. None makes a new one.

    Returns:
        The ``vtkMRMLPlotChartNode``.
    """
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLPlotChartNode", title)
    node.SetName(title)
    node.RemoveAllPlotSeriesNodeIDs()
    for one in series:
        node.AddAndObservePlotSeriesNodeID(one.GetID())
    node.SetTitle(title)
    node.SetYAxisTitle(y_title)
    node.SetXAxisTitle("   ".join(f"{number} {name}" for number, name in enumerate(structures)))
    node.SetLegendVisibility(True)
    node.SetYAxisRangeAuto(y_range is None)
    if y_range is not None:
        node.SetYAxisRange(*y_range)
    return node


def rgb(color: str) -> tuple[float, float, float]:
    """Return a CSS colour (``#0072b2``) as VTK takes it."""
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue
