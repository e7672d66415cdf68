"""Associations of a cohort's measures on nodes: the module's logic offers these in the batch console.

tables = associate(cohort, ["t2_median_ms"], group="group", covariates=["ck"])
table, chart = roc(cohort, "t2_median_ms", "group")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import slicer

from MuscleMyopathyLib.anatomy import SIDE_COLORS, Side
from MuscleMyopathyLib.modeling.association import AssociationParameters, Associations
from MuscleMyopathyLib.modeling.association import associate as associate_table
from MuscleMyopathyLib.scene.charts import rgb
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe

TABLES = {
    "roc": "ROC",
    "roc_points": "ROC curve",
    "groups": "group comparison",
    "sides": "left against right",
    "correlations": "correlations",
}
"""Tables of `associate` by key, and what they are called."""


def associate(
    table_node: Any,
    measures: Sequence[str],
    *,
    group: str = "",
    patients: str = "patient",
    controls: str = "control",
    covariates: Sequence[str] = (),
    output_nodes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Associate measures of a cohort with groups, laboratory values, scores and the other side.

    Args:
        table_node: One row per case and, where it has them, structure and side.
        measures: Columns of measures.
        group: Column that tells patients from controls; empty for none.
        patients: Its value for patients.
        controls: Its value for controls.
        covariates: Columns of laboratory values, scores, age or duration.
        output_nodes: Table nodes of an earlier call to fill in place.

    Returns:
        Table nodes by the keys of `TABLES`, without those that would be empty.

    Raises:
        InputError, ParameterError: As `modeling.association.associate`.
    """
    found = associate_table(
        dataframe_from_table_node(table_node),
        AssociationParameters(tuple(measures), group, patients, controls, tuple(covariates)),
    )
    given = output_nodes or {}
    return {
        key: table_node_from_dataframe(table, f"{table_node.GetName()} {TABLES[key]}", given.get(key))
        for key, table in tables_of(found).items()
    }


def tables_of(found: Associations) -> dict[str, pd.DataFrame]:
    """Return the tables that hold anything, by the keys of `TABLES`."""
    return {key: table for key in TABLES if not (table := getattr(found, key)).empty}


def roc(
    table_node: Any,
    measure: str,
    group: str,
    *,
    patients: str = "patient",
    controls: str = "control",
    output_nodes: tuple[Any, Any] | None = None,
) -> tuple[Any, Any]:
    """Return table and chart of how well a measure tells patients from controls.

    Args:
        table_node: One row per case; a table of several structures or sides gives a curve of each.
        measure: Column of the measure.
        group: Column that tells patients from controls.
        patients: Its value for patients.
        controls: Its value for controls.
        output_nodes: Table and chart of an earlier call to fill in place.

    Returns:
        The table node (area with interval, Youden's cut-off, sensitivity, specificity, problem), and the
        ``vtkMRMLPlotChartNode`` of the curves; None where no curve could be made.

    Raises:
        InputError, ParameterError: As `modeling.association.associate`.
    """
    found = associate_table(
        dataframe_from_table_node(table_node), AssociationParameters((measure,), group, patients, controls)
    )
    name = f"{table_node.GetName()} {measure} ROC"
    table, chart = output_nodes or (None, None)
    table = table_node_from_dataframe(found.roc, name, table)
    return table, _roc_chart(found.roc_points, name, chart) if len(found.roc_points) else None


def _roc_chart(points: pd.DataFrame, name: str, chart: Any) -> Any:
    kind = slicer.vtkMRMLPlotSeriesNode
    scene = current_scene()
    earlier = {} if chart is None else _series_by_name(chart)
    if chart is None:
        chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", name)
    chart.SetName(name)
    chart.RemoveAllPlotSeriesNodeIDs()
    keys = [key for key in ("region", "structure", "side") if key in points]
    groups = points.groupby(keys, sort=False) if keys else [((), points)]
    for place, curve in groups:
        title = " ".join(map(str, place)) or name
        series = earlier.get(title) or scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", title)
        rates = curve[["false_positive_rate", "true_positive_rate"]].reset_index(drop=True)
        table = table_node_from_dataframe(rates, f"{name} {title}", series.GetTableNode())
        series.SetName(title)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(kind.PlotTypeScatter)
        series.SetXColumnName("false_positive_rate")
        series.SetYColumnName("true_positive_rate")
        series.SetLineStyle(kind.LineStyleSolid)
        series.SetMarkerStyle(kind.MarkerStyleNone)
        sides = [side for side in Side if side.value in place]
        series.SetColor(*rgb(SIDE_COLORS[sides[0] if sides else Side.BOTH]))
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
    chart.SetTitle(name)
    chart.SetXAxisTitle("1 - specificity")
    chart.SetYAxisTitle("sensitivity")
    for set_auto, set_range in (
        (chart.SetXAxisRangeAuto, chart.SetXAxisRange),
        (chart.SetYAxisRangeAuto, chart.SetYAxisRange),
    ):
        set_auto(False)
        set_range(0.0, 1.0)
    chart.SetLegendVisibility(True)
    return chart


def _series_by_name(chart: Any) -> dict[str, Any]:
    nodes = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    return {node.GetName(): node for node in nodes}
