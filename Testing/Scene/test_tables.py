"""DataFrame ↔ table node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import slicer.util
import vtk

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe


def mixed_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": ["P-001", "", None, "P-004"],
            "volume_cm3": [1 / 3, np.nan, 1e-17, np.inf],
            "slice": [0, -3, 2**40, 4],
            "assessable": [True, False, True, True],
            "problem": ["", 'says "no"', "tab\tand\nline", "ü; a:b | 50 % <x>"],
        }
    )


def test_a_table_comes_back_with_its_types_and_values(scene: Any) -> None:
    node = table_node_from_dataframe(mixed_table(), "table")
    found = dataframe_from_table_node(node)
    assert [str(dtype) for dtype in found.dtypes] == ["str", "float64", "int64", "bool", "str"]
    pd.testing.assert_frame_equal(found, mixed_table(), check_exact=True)


def test_a_table_comes_back_from_a_saved_scene_to_the_last_digit(scene: Any, tmp_path: Path) -> None:
    table_node_from_dataframe(mixed_table(), "table")
    load_scene(save_scene(tmp_path / "scene.mrb"))
    node = scene.GetFirstNodeByName("table")
    assert node.GetCellText(0, 1) == "0.333333"
    pd.testing.assert_frame_equal(dataframe_from_table_node(node), mixed_table(), check_exact=True)


def test_cells_edited_in_slicer_win_over_the_exact_values(scene: Any) -> None:
    node = table_node_from_dataframe(mixed_table(), "table")
    node.SetCellText(0, 1, "0.5")
    node.SetCellText(0, 4, "seen")
    found = dataframe_from_table_node(node)
    assert found["volume_cm3"][0] == 0.5
    assert found["problem"][0] == "seen"
    assert found["volume_cm3"][2] == 1e-17


def test_a_table_with_a_row_taken_out_in_slicer_is_read_as_it_stands(scene: Any) -> None:
    node = table_node_from_dataframe(mixed_table(), "table")
    node.RemoveRow(0)
    found = dataframe_from_table_node(node)
    assert found["slice"].tolist() == [-3, 2**40, 4]
    assert found["problem"].tolist() == ["says 'no'", "tab and line", "ü; a:b | 50 % <x>"]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_short_table_keeps_its_columns_and_types(scene: Any, rows: int) -> None:
    found = dataframe_from_table_node(table_node_from_dataframe(mixed_table().iloc[:rows], "table"))
    pd.testing.assert_frame_equal(found, mixed_table().iloc[:rows])


def test_a_table_without_columns_stays_one(scene: Any) -> None:
    assert dataframe_from_table_node(table_node_from_dataframe(pd.DataFrame(), "table")).shape == (0, 0)


def test_sides_and_categories_become_their_text(scene: Any) -> None:
    table = pd.DataFrame({"side": [Side.LEFT, Side.RIGHT], "region": pd.Categorical(["thigh", "calf"])})
    found = dataframe_from_table_node(table_node_from_dataframe(table, "table"))
    assert found.to_dict("list") == {"side": ["left", "right"], "region": ["thigh", "calf"]}


def test_whole_numbers_with_a_gap_become_decimal_numbers_with_nan(scene: Any) -> None:
    table = pd.DataFrame({"score": pd.array([1, None, 3], dtype="Int64")})
    found = dataframe_from_table_node(table_node_from_dataframe(table, "table"))
    np.testing.assert_array_equal(found["score"], [1.0, np.nan, 3.0])


def test_units_and_descriptions_stand_on_the_columns(scene: Any) -> None:
    node = table_node_from_dataframe(mixed_table(), "table", descriptions={"slice": "counted from 0"})
    assert node.GetColumnUnitLabel("volume_cm3") == "cm³"
    assert node.GetColumnUnitLabel("case") == ""
    assert node.GetColumnDescription("slice") == "counted from 0"


def test_a_node_that_is_filled_again_holds_the_new_table_only(scene: Any) -> None:
    node = table_node_from_dataframe(mixed_table(), "table")
    other = pd.DataFrame({"a": [1.5]})
    assert table_node_from_dataframe(other, "other", node) is node
    pd.testing.assert_frame_equal(dataframe_from_table_node(node), other)


def test_slicers_own_reader_of_a_table_sees_the_numbers(scene: Any) -> None:
    node = table_node_from_dataframe(mixed_table(), "table")
    np.testing.assert_array_equal(
        slicer.util.arrayFromTableColumn(node, "volume_cm3"), mixed_table()["volume_cm3"]
    )


def test_a_table_from_elsewhere_is_read(scene: Any) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", "foreign")
    for name, array, value in (("n", vtk.vtkIntArray(), 3), ("x", vtk.vtkFloatArray(), 0.5)):
        array.SetName(name)
        array.InsertNextValue(value)
        node.AddColumn(array)
    found = dataframe_from_table_node(node)
    assert found.to_dict("list") == {"n": [3], "x": [0.5]}
    assert [str(dtype) for dtype in found.dtypes] == ["int64", "float64"]


@pytest.mark.parametrize("packed", ["not base64!", "AAAA", "eJyrrgUAAXUA-Q=="])
def test_a_damaged_attribute_does_not_hide_the_cells(scene: Any, packed: str) -> None:
    node = table_node_from_dataframe(pd.DataFrame({"a": [1.5]}), "table")
    node.SetAttribute("MuscleMyopathy.ExactValues", packed)
    assert dataframe_from_table_node(node)["a"].tolist() == [1.5]


def test_a_column_of_numbers_and_texts_is_refused_by_name(scene: Any) -> None:
    before = scene.GetNumberOfNodes()
    with pytest.raises(InputError, match="column score of the table readings mixes int, str"):
        table_node_from_dataframe(pd.DataFrame({"score": [1, "n/a"]}), "readings")
    assert scene.GetNumberOfNodes() == before


def test_two_columns_of_one_name_are_refused(scene: Any) -> None:
    with pytest.raises(InputError, match="several columns of the name a"):
        table_node_from_dataframe(pd.DataFrame([[1, 2]], columns=["a", "a"]), "table")


def test_no_table_is_said(scene: Any) -> None:
    with pytest.raises(InputError, match="No table is chosen"):
        dataframe_from_table_node(None)
