from __future__ import annotations

import pytest

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.report.charts import limb_profile, round_ticks, structure_rows
from MuscleMyopathyLib.study.case import CaseResult


def test_the_whole_muscle_comes_first_and_muscles_follow_the_order_of_anatomy(a_case_result: CaseResult) -> None:
    shuffled = a_case_result.measures.sample(frac=1, random_state=1)
    assert [row.code for row in structure_rows(shuffled)] == ["MUSCLE", "RF", "VL"]


def test_left_is_drawn_before_right_with_its_own_value(a_case_result: CaseResult) -> None:
    femoris = structure_rows(a_case_result.measures)[1]
    assert [(mark.side, mark.mean) for mark in femoris.marks] == [
        (Side.LEFT, pytest.approx(60)),
        (Side.RIGHT, pytest.approx(20)),
    ]


def test_a_structure_measured_by_side_and_undivided_is_drawn_by_side(a_case_result: CaseResult) -> None:
    measures = a_case_result.measures
    undivided = measures[(measures["structure"] == "RF") & (measures["side"] == "left")].assign(side="both")
    both_ways = type(measures)(data=[*measures.to_dict("records"), *undivided.to_dict("records")])
    assert [mark.side for mark in structure_rows(both_ways)[1].marks] == [Side.LEFT, Side.RIGHT]
    assert [mark.side for mark in structure_rows(undivided)[0].marks] == [Side.BOTH]


def test_values_outside_0_to_100_are_drawn_at_the_edge_and_named_as_they_are(a_case_result: CaseResult) -> None:
    measures = a_case_result.measures.assign(ff_mean_percent=-1.26)
    mark = structure_rows(measures)[0].marks[0]
    assert (mark.mean, mark.text) == (0.0, "−1.3")


def test_proximal_is_on_the_right_whichever_way_positions_run(a_case_result: CaseResult) -> None:
    by_slice = a_case_result.measures_by_slice
    upward = limb_profile(by_slice, toward_head=True)
    downward = limb_profile(by_slice, toward_head=False)
    assert upward is not None
    assert downward is not None
    assert [point.x for point in upward.lines[0].points] == [0, 50, 100]
    assert [point.x for point in downward.lines[0].points] == [100, 50, 0]


def test_one_slice_makes_no_line_along_the_limb(a_case_result: CaseResult) -> None:
    by_slice = a_case_result.measures_by_slice
    assert limb_profile(by_slice[by_slice["slice"] == 0], toward_head=True) is None


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (0, 25, [0, 5, 10, 15, 20, 25]), (-226, 86, [-200, -100, 0])],
)
def test_ticks_are_round_numbers_within_the_axis(low: float, high: float, ticks: list[float]) -> None:
    assert list(round_ticks(low, high)) == pytest.approx(ticks)
