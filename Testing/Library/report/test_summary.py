from __future__ import annotations

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.report.summary import summarize
from MuscleMyopathyLib.study.case import CaseResult


def test_the_muscles_with_most_fat_are_named_first(a_case_result: CaseResult) -> None:
    summary = summarize(a_case_result.measures, a_case_result.problems, affected=2)
    assert summary.most_affected == (("rectus femoris, left", "60.0"), ("vastus lateralis, right", "35.0"))


def test_the_largest_difference_of_the_sides_names_the_side_with_more_fat(a_case_result: CaseResult) -> None:
    summary = summarize(a_case_result.measures, a_case_result.problems)
    assert summary.most_different == ("rectus femoris", "40.0", Side.LEFT)


def test_the_whole_muscle_is_given_left_then_right(a_case_result: CaseResult) -> None:
    summary = summarize(a_case_result.measures.iloc[::-1], a_case_result.problems)
    # (8 rows at 60 % + 10 rows at 30 %) / 18 and (8 at 20 % + 10 at 35 %) / 18
    assert [(whole.side, whole.ff_mean) for whole in summary.whole_muscle] == [
        (Side.LEFT, "43.3"),
        (Side.RIGHT, "28.3"),
    ]


def test_without_fat_fraction_nothing_is_called_affected(a_case_result: CaseResult) -> None:
    columns = [column for column in a_case_result.measures if column.startswith("ff_")]
    summary = summarize(
        a_case_result.measures.assign(**dict.fromkeys(columns, float("nan"))), a_case_result.problems
    )
    assert summary.most_affected == ()
    assert summary.most_different is None
    assert summary.whole_muscle[0].ff_mean == "–"
