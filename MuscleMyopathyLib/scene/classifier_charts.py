"""Curves of a validation as charts of the scene: ROC and calibration, paper and nested mode in two colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import slicer

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.calibration import calibration_curve
from MuscleMyopathyLib.modeling.mean_curves import mean_macro_roc, mean_roc
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult, probability_column
from MuscleMyopathyLib.scene.case_nodes import ADDITION
from MuscleMyopathyLib.scene.charts import rgb
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe

COLORS = {Mode.PAPER: "#e69f00", Mode.NESTED: "#0072b2"}
"""Orange and blue of Okabe and Ito's palette, which colour-blind people tell apart."""

DIAGONAL = "#888888"
SIMULATED = " (simulated cases)"


def roc_chart(results: Sequence[ValidationResult], classifier: str) -> Any:
    """Chart the mean ROC curve of a classifier in each mode, and the diagonal of chance.

    Two classes: of the last one; more: the mean of the one-versus-rest curves.

    Args:
        results: Of one cohort and model, one for each mode.
        classifier: One of theirs.

    Returns:
        The ``vtkMRMLPlotChartNode``, the same one at every call.

    Raises:
        InputError: No result has patients of every class in a repeat.
    """
    curves = {}
    for result in results:
        rows = _rows(result, classifier)
        if len(result.classes) == 2:
            last = result.classes[-1]
            curve = mean_roc(rows["outcome"] == last, rows[probability_column(last)], rows["repeat"])
        else:
            probabilities = pd.DataFrame({name: rows[probability_column(name)] for name in result.classes})
            curve = mean_macro_roc(rows["outcome"], probabilities, rows["repeat"])
        curves[result.mode] = pd.DataFrame(
            {
                "false positive rate": curve["false_positive_rate"],
                "true positive rate": curve["true_positive_rate"],
            }
        )
    labels = {
        result.mode: f"{result.mode}: AUC {result.figure(classifier, 'auc')['mean']:.2f}" for result in results
    }
    title = f"ROC, {_named(results[0], classifier)}{SIMULATED if results[0].phantom else ''}"
    return _chart("ROC", title, curves, labels, ("1 - specificity", "sensitivity"), marks=False)


def calibration_chart(results: Sequence[ValidationResult], classifier: str) -> Any:
    """Chart observed share against mean predicted probability of the last class, in five groups of patients.

    Every repeat's predictions count: a well calibrated model lies on the diagonal. As `roc_chart`.
    """
    curves = {}
    for result in results:
        rows = _rows(result, classifier)
        last = result.classes[-1]
        p = rows[probability_column(last)]
        known = p.notna()
        curve = calibration_curve(rows.loc[known, "outcome"] == last, p[known])
        curves[result.mode] = pd.DataFrame(
            {"predicted probability": curve["predicted"], "observed share": curve["observed"]}
        )
    labels = {
        result.mode: f"{result.mode}: Brier {result.figure(classifier, 'brier')['mean']:.2f}" for result in results
    }
    last = results[0].classes[-1]
    title = f"Calibration, {_named(results[0], classifier)}{SIMULATED if results[0].phantom else ''}"
    axes = (f"predicted probability of {last}", f"observed share of {last}")
    return _chart("calibration", title, curves, labels, axes, marks=True)


def _rows(result: ValidationResult, classifier: str) -> pd.DataFrame:
    rows = result.predictions[result.predictions["classifier"] == classifier]
    if rows.empty:
        raise InputError(f"The validation has no predictions of {classifier}.")
    return rows


def _named(result: ValidationResult, classifier: str) -> str:
    return " ".join(filter(None, (result.feature_set, classifier)))


def _chart(
    kind: str,
    title: str,
    curves: dict[Mode, pd.DataFrame],
    labels: dict[Mode, str],
    axes: tuple[str, str],
    *,
    marks: bool,
) -> Any:
    series = [
        _series(f"{kind} {mode}", curve, labels[mode], COLORS[mode], marks=marks) for mode, curve in curves.items()
    ]
    names = list(next(iter(curves.values())).columns)
    diagonal = pd.DataFrame({name: [0.0, 1.0] for name in names})
    series.append(_series(f"{kind} diagonal", diagonal, "chance" if kind == "ROC" else "ideal", DIAGONAL))
    node = _node("vtkMRMLPlotChartNode", f"validation {kind}")
    node.RemoveAllPlotSeriesNodeIDs()
    for one in series:
        node.AddAndObservePlotSeriesNodeID(one.GetID())
    node.SetTitle(title)
    node.SetTitleFontSize(14)
    node.SetXAxisTitle(axes[0])
    node.SetYAxisTitle(axes[1])
    node.SetAxisTitleFontSize(13)
    node.SetLegendVisibility(True)
    node.SetLegendFontSize(12)
    for automatic, limits in (
        (node.SetXAxisRangeAuto, node.SetXAxisRange),
        (node.SetYAxisRangeAuto, node.SetYAxisRange),
    ):
        automatic(False)
        limits(0.0, 1.0)
    return node


def _series(kind: str, curve: pd.DataFrame, label: str, color: str, *, marks: bool = False) -> Any:
    plot = slicer.vtkMRMLPlotSeriesNode
    table = table_node_from_dataframe(
        curve, f"validation {kind} points", _node("vtkMRMLTableNode", f"validation {kind} points")
    )
    node = _node("vtkMRMLPlotSeriesNode", f"validation {kind}")
    node.SetName(label)
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetPlotType(plot.PlotTypeScatter)
    node.SetXColumnName(curve.columns[0])
    node.SetYColumnName(curve.columns[1])
    node.SetColor(*rgb(color))
    node.SetLineStyle(plot.LineStyleDash if color == DIAGONAL else plot.LineStyleSolid)
    node.SetMarkerStyle(plot.MarkerStyleCircle if marks else plot.MarkerStyleNone)
    return node


def _node(class_name: str, kind: str) -> Any:
    """Return the scene's node of a kind, made where it is missing; a study's charts belong to no case."""
    scene = current_scene()
    found = scene.GetNodesByClass(class_name)
    found.UnRegister(scene)
    for number in range(found.GetNumberOfItems()):
        node = found.GetItemAsObject(number)
        if node.GetAttribute(ADDITION) == kind:
            return node
    node = scene.AddNewNodeByClass(class_name, kind)
    node.SetAttribute(ADDITION, kind)
    return node
