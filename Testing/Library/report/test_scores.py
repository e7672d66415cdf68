"""The readers' scores on the report's page."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from MuscleMyopathyLib.report.html import render_report
from MuscleMyopathyLib.report.scores import score_tables
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.score_tables import score_table
from MuscleMyopathyLib.study.case import CaseResult


@pytest.fixture
def scores() -> pd.DataFrame:
    form = Form(read_scale("mercuri-modified")).scored("RF_left", "3").scored("VL_left", "2")
    form = form.not_assessable("RF_right", "metal artefact").scored("TA_left", "1")
    form = form.with_suggestion("RF_left", Suggestion("4", 61.0))
    form = form.with_suggestion("VL_left", Suggestion("2", 25.4))
    return score_table(form).assign(reader="R1", session=2)


def test_a_score_stands_beside_the_fat_fraction_of_its_muscle(
    scores: pd.DataFrame, a_case_result: CaseResult
) -> None:
    (table,) = score_tables(scores, a_case_result.measures)
    rows = {row.name: row.cells for row in table.rows}
    left, right = rows["rectus femoris"]
    assert left is not None
    assert (left.score, left.suggested, left.differs, left.ff_mean) == ("3", "4 (61 %)", True, "60.0")
    assert right is not None
    assert (right.score, right.reason, right.ff_mean) == ("n. a.", "metal artefact", "20.0")
    vastus = rows["vastus lateralis"][0]
    assert vastus is not None
    assert not vastus.differs


def test_a_muscle_that_was_not_measured_keeps_its_score(scores: pd.DataFrame, a_case_result: CaseResult) -> None:
    (table,) = score_tables(scores, a_case_result.measures)
    cell = next(row.cells[0] for row in table.rows if row.name == "tibialis anterior")
    assert cell is not None
    assert (cell.score, cell.ff_mean) == ("1", "–")
    assert table.progress == "4 of 34"


def test_muscles_of_which_nothing_is_known_are_left_out(scores: pd.DataFrame, a_case_result: CaseResult) -> None:
    (table,) = score_tables(scores, a_case_result.measures)
    assert [row.name for row in table.rows] == ["rectus femoris", "vastus lateralis", "tibialis anterior"]


def test_every_reading_and_scale_has_a_table_of_its_own(scores: pd.DataFrame, a_case_result: CaseResult) -> None:
    sheet = Form(read_scale("clinical-sheet")).scored("age", 54.0)
    items = score_table(sheet).assign(reader="R1", session=2)
    tables = score_tables(pd.concat([scores, scores.assign(session=3), items]), a_case_result.measures)
    assert [table.title for table in tables] == [
        "mercuri-modified, reader R1, session 2",
        "mercuri-modified, reader R1, session 3",
        "clinical-sheet, reader R1, session 2",
    ]
    assert tables[2].sides == ()
    first = tables[2].rows[0].cells[0]
    assert first is not None
    assert first.score == "54.0"


def test_the_page_has_the_section_only_where_scores_are_given(
    scores: pd.DataFrame, a_case_result: CaseResult
) -> None:
    assert 'id="scores"' not in render_report(a_case_result)
    page = render_report(a_case_result, scores=scores)
    section = re.search(r'<h2 id="scores">.*?</section>', page, re.DOTALL)
    assert section is not None
    assert "mercuri-modified, reader R1, session 2: 4 of 34 answered" in section[0]
    assert "metal artefact" in section[0]
    assert "61 %" in section[0]
