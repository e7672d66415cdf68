"""Charts by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import slicer

from MuscleMyopathyLib.anatomy import SIDE_COLORS, Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scene.charts import chart_node, left_right_table, side_series_node
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe


def measures() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "structure": ["VL", "RF", "RF", "VL"],
            "side": ["right", "right", "left", "left"],
            "ff_mean_percent": [4.0, 2.0, 1.0, np.nan],
        }
    )


def test_left_stands_beside_right_in_the_order_of_the_measures() -> None:
    wide = left_right_table(measures(), "ff_mean_percent")
    expected = pd.DataFrame({"structure": ["VL", "RF"], "left": [np.nan, 1.0], "right": [4.0, 2.0]})
    pd.testing.assert_frame_equal(wide, expected, check_dtype=False)


def test_a_side_that_was_not_measured_is_nan_and_one_that_never_occurs_is_no_column() -> None:
    wide = left_right_table(measures().iloc[:3], "ff_mean_percent")
    assert list(wide.columns) == ["structure", "left", "right"]
    assert np.isnan(wide["left"][0])
    assert list(left_right_table(measures().iloc[:2], "ff_mean_percent").columns) == ["structure", "right"]


def test_two_readings_of_one_structure_cannot_share_a_bar() -> None:
    with pytest.raises(InputError, match="VL right has several rows"):
        left_right_table(pd.concat([measures(), measures()]), "ff_mean_percent")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="t2_mean_ms"):
        left_right_table(measures(), "t2_mean_ms")


def test_a_chart_shows_each_side_in_its_colour(scene: Any) -> None:
    table = table_node_from_dataframe(left_right_table(measures(), "ff_mean_percent"), "wide")
    series = [side_series_node(table, side) for side in (Side.LEFT, Side.RIGHT)]
    chart = chart_node(series, "Fat fraction", "mean fat fraction (%)", ["VL", "RF"], (0, 100))
    assert [chart.GetNthPlotSeriesNode(n).GetName() for n in range(2)] == ["left", "right"]
    for one, side in zip(series, (Side.LEFT, Side.RIGHT), strict=True):
        color = "#" + "".join(f"{round(channel * 255):02X}" for channel in one.GetColor())
        assert color == SIDE_COLORS[side]
        assert one.GetTableNode() is table
        assert one.GetYColumnName() == side.value
    assert chart.GetXAxisTitle() == "0 VL   1 RF"
    assert chart.GetYAxisRange() == (0, 100)
    assert not chart.GetYAxisRangeAuto()


def test_a_chart_that_is_filled_again_shows_the_new_series_only(scene: Any) -> None:
    table = table_node_from_dataframe(left_right_table(measures(), "ff_mean_percent"), "wide")
    left, right = (side_series_node(table, side) for side in (Side.LEFT, Side.RIGHT))
    chart = chart_node([left, right], "Fat fraction", "%", [])
    assert chart_node([right], "Fat fraction", "%", [], node=chart) is chart
    assert chart.GetNumberOfPlotSeriesNodes() == 1


def test_a_scatter_series_has_points_and_no_line(scene: Any) -> None:
    table = table_node_from_dataframe(pd.DataFrame({"age": [40.0, 50.0], "left": [1.0, 2.0]}), "points")
    node = side_series_node(table, Side.LEFT, "scatter", "age")
    assert node.GetPlotType() == slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter
    assert node.GetXColumnName() == "age"
    assert node.GetLineStyle() == slicer.vtkMRMLPlotSeriesNode.LineStyleNone
    assert node.GetMarkerStyle() == slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle
