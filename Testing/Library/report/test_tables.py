from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.report.tables import side_tables
from MuscleMyopathyLib.study.case import CaseResult


def test_left_and_right_of_a_structure_share_a_row(a_case_result: CaseResult) -> None:
    (table,) = side_tables(a_case_result.measures)
    assert table.sides == (Side.LEFT, Side.RIGHT)
    (_, whole), (title, muscles) = table.groups
    assert [row.code for row in whole] == ["MUSCLE"]
    assert title == "Muscles"
    femoris = muscles[0]
    # 8 rows × 16 columns × 3 slices of 2 × 3 × 10 mm: 23.04 cm³, 7.68 cm²; of 60 % fat 9.216 cm³ are lean.
    assert femoris.cells[0] == ("23.0", "7.7", "60.0 ± 0.0", "60.0", "60.0", "9.2")
    assert femoris.cells[1] == ("23.0", "7.7", "20.0 ± 0.0", "20.0", "20.0", "18.4")


def test_what_is_not_divided_has_a_table_of_its_own(a_case_result: CaseResult) -> None:
    undivided = a_case_result.measures.head(1).assign(structure="SM", side="both")
    tables = side_tables(pd.concat([a_case_result.measures, undivided]))
    assert [table.sides for table in tables] == [(Side.LEFT, Side.RIGHT), (Side.BOTH,)]


def test_a_structure_that_could_not_be_measured_keeps_its_row_with_dashes(a_case_result: CaseResult) -> None:
    measures = a_case_result.measures.copy()
    numbers = [column for column in measures if column.endswith(("_percent", "_cm3", "_cm2"))]
    lost = (measures["structure"] == "VL") & (measures["side"] == "right")
    measures.loc[lost, numbers] = np.nan
    measures.loc[lost, "problem"] = "no voxel of this structure in the segmentation"
    lateralis = side_tables(measures)[0].groups[1][1][1]
    assert lateralis.cells[1] == ("–",) * 6
    assert lateralis.has_problem


def test_measures_of_two_readings_are_refused(a_case_result: CaseResult) -> None:
    second = a_case_result.measures.assign(session=2)
    with pytest.raises(InputError, match="one reading"):
        side_tables(pd.concat([a_case_result.measures, second]))
