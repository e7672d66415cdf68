"""Table node ↔ DataFrame: numbers stay numbers, NaN stays NaN, and a saved scene loads the same values.

Slicer saves a table as tab-separated text: six digits a number, no tab, line end or double quote in a cell, and
an empty cell at the start of a row shifts the row when it is read. Texts are put into the cells so that they
survive, and the node keeps its decimal numbers and texts exactly in an attribute; reading takes the exact value
wherever the cell is what it would have become, and the cell where it was edited since.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

import numpy as np
import pandas as pd
import vtk
from vtk.util import numpy_support

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.headless import current_scene

_EMPTY_FIRST_CELL = "–"

_UNITS = {
    "_percent": "%",
    "_cm3": "cm³",
    "_cm2": "cm²",
    "_mm": "mm",
    "_ms": "ms",
    "_degrees": "°",
    "_seconds": "s",
}


def table_node_from_dataframe(
    table: pd.DataFrame, name: str, node: Any = None, descriptions: dict[str, str] | None = None
) -> Any:
    """Put a table into a table node.

    Whole numbers become a column of 64-bit integers, decimal numbers of doubles, truth values of bits, anything
    else of text. The index is left out. Column units are read from the ends of the names (``volume_cm3``).

    Args:
        table: Columns named by distinct texts.
        name: Name of the node.
        node: A ``vtkMRMLTableNode`` to fill in place. None makes a new one.
        descriptions: What a column means, by its name; shown as its tooltip.

    Returns:
        The ``vtkMRMLTableNode``.

    Raises:
        InputError: Two columns have one name, or a column mixes numbers and text.
    """
    if not table.columns.is_unique:
        twice = sorted({str(column) for column in table.columns[table.columns.duplicated()]})
        raise InputError(f"The table {name} has several columns of the name {', '.join(twice)}.")
    columns = {str(column): _plain_column(table[column], name) for column in table.columns}
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLTableNode", name)
    node.SetName(attributes.node_name(name))
    was_modifying = node.StartModify()
    node.SetAndObserveSchema(None)
    node.RemoveAllColumns()
    for index, (column, values) in enumerate(columns.items()):
        array = _vtk_array(values, _EMPTY_FIRST_CELL if index == 0 else "")
        array.SetName(column)
        node.AddColumn(array)
        node.SetColumnUnitLabel(column, _unit(column))
        if descriptions and column in descriptions:
            node.SetColumnDescription(column, descriptions[column])
    node.SetAttribute(attributes.EXACT_VALUES, _pack(columns))
    node.EndModify(was_modifying)
    return node


def dataframe_from_table_node(node: Any) -> pd.DataFrame:
    """Return the table of a table node.

    Integer columns are int64, decimal ones float64, bits bool, texts str; a text that was missing (None) when the
    table was put into the node is missing again, in a table from elsewhere an empty cell is an empty text.

    Raises:
        InputError: There is no node, or a column holds several numbers per cell.
    """
    if node is None:
        raise InputError("No table is chosen. Choose one.")
    exact = _unpack(node.GetAttribute(attributes.EXACT_VALUES))
    table = node.GetTable()
    columns = {}
    for index in range(table.GetNumberOfColumns()):
        array = table.GetColumn(index)
        name = array.GetName() or f"Column {index + 1}"
        if array.GetNumberOfComponents() != 1:
            raise InputError(f"The column {name} of {node.GetName()} holds several numbers per cell.")
        columns[name] = _series(array, exact.get(name), _EMPTY_FIRST_CELL if index == 0 else "")
    return pd.DataFrame(columns)


def _plain_column(column: pd.Series[Any], table_name: str) -> pd.Series[Any]:
    """Return a column as int64, float64, bool, or texts of which some may be None."""
    if pd.api.types.is_bool_dtype(column) and not column.hasnans:
        return column.astype(bool)
    if pd.api.types.is_integer_dtype(column) and not column.hasnans:
        return column.astype(np.int64)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64)
    present = column.dropna()
    if not all(isinstance(value, str) for value in present):
        kinds = sorted({type(value).__name__ for value in present})
        raise InputError(
            f"The column {column.name} of the table {table_name} mixes {', '.join(kinds)}; "
            "a column holds numbers only or text only."
        )
    texts = [str(value) if isinstance(value, str) else None for value in column]
    return pd.Series(texts, dtype=object)


def _vtk_array(values: pd.Series[Any], empty: str) -> Any:
    if values.dtype == bool:
        bits = vtk.vtkBitArray()
        for value in values:
            bits.InsertNextValue(int(value))
        return bits
    if values.dtype == object:
        texts = vtk.vtkStringArray()
        for value in values:
            texts.InsertNextValue(_savable(value) or empty)
        return texts
    array = vtk.vtkDoubleArray() if values.dtype == np.float64 else vtk.vtkLongLongArray()
    array.SetNumberOfValues(len(values))
    if len(values):
        numpy_support.vtk_to_numpy(array)[:] = values.to_numpy()
    return array


def _series(array: Any, exact: list[Any] | None, empty: str) -> pd.Series[Any]:
    rows = array.GetNumberOfTuples()
    if exact is not None and len(exact) != rows:
        exact = None
    if isinstance(array, vtk.vtkStringArray):
        cells = [array.GetValue(row) for row in range(rows)]
        for row, text in enumerate(exact or []):
            if (text is None or isinstance(text, str)) and (_savable(text) or empty) == cells[row]:
                cells[row] = text
        return pd.Series(cells, dtype="str")
    if isinstance(array, vtk.vtkBitArray):
        return pd.Series([bool(array.GetValue(row)) for row in range(rows)], dtype=bool)
    if rows == 0:
        is_float = isinstance(array, (vtk.vtkDoubleArray, vtk.vtkFloatArray))
        return pd.Series([], dtype=np.float64 if is_float else np.int64)
    numbers = numpy_support.vtk_to_numpy(array).copy()
    if not np.issubdtype(numbers.dtype, np.floating):
        return pd.Series(numbers.astype(np.int64))
    numbers = numbers.astype(np.float64)
    for row, number in enumerate(exact or []):
        if isinstance(number, float) and f"{number:.6g}" == f"{numbers[row]:.6g}":
            numbers[row] = number
    return pd.Series(numbers)


def _savable(text: str | None) -> str:
    """Return a text as Slicer's table file can hold it."""
    return " ".join((text or "").replace('"', "'").replace("\t", " ").splitlines())


def _unit(column: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if column.endswith(ending)), "")


def _pack(columns: dict[str, pd.Series[Any]]) -> str:
    """Return the decimal numbers and texts as letters and digits, which every attribute can hold."""
    exact = {name: values.tolist() for name, values in columns.items() if values.dtype in (object, np.float64)}
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(exact).encode())).decode()


def _unpack(packed: str | None) -> dict[str, list[Any]]:
    if not packed:
        return {}
    try:
        exact = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed)))
    except (binascii.Error, zlib.error, ValueError):
        return {}
    return exact if isinstance(exact, dict) else {}
