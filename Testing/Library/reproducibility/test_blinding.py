"""Tests of blinding: what a reader may see."""

from __future__ import annotations

import dataclasses
from datetime import date

from MuscleMyopathyLib.reproducibility.blinding import is_blinded, visible_readings
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind, ReadingState

OPEN = Reading("P1", "R1", 1, date(2024, 1, 1))


def locked(reading: Reading) -> Reading:
    return dataclasses.replace(reading, state=ReadingState.LOCKED)


FIRST = locked(OPEN)
REPEAT = dataclasses.replace(OPEN, session=2)
OTHER = dataclasses.replace(OPEN, reader="R2")


def test_an_open_repeat_hides_the_first_session_and_other_readers() -> None:
    readings = [FIRST, REPEAT, locked(OTHER)]
    assert visible_readings(readings, "R1", 2) == [REPEAT]


def test_a_session_that_has_not_begun_hides_everything() -> None:
    assert visible_readings([FIRST, locked(OTHER)], "R1", 2) == []
    assert is_blinded([FIRST, locked(OTHER)], "P1", "R3", 1)


def test_asking_for_an_earlier_session_does_not_lift_the_blinding_of_an_open_one() -> None:
    assert visible_readings([FIRST, REPEAT, locked(OTHER)], "R1", 1) == [FIRST]


def test_who_is_through_sees_what_others_locked_but_not_what_they_have_open() -> None:
    readings = [FIRST, locked(REPEAT), OTHER, locked(dataclasses.replace(OPEN, reader="R3"))]
    seen = visible_readings(readings, "R1", 2)
    assert [(reading.reader, reading.session) for reading in seen] == [("R1", 1), ("R1", 2), ("R3", 1)]


def test_the_form_of_the_session_at_hand_is_seen_beside_its_contours() -> None:
    form = dataclasses.replace(OPEN, kind=ReadingKind.FORM)
    assert visible_readings([FIRST, form, locked(OTHER)], "R1", 1) == [FIRST, form]


def test_an_open_case_does_not_hide_another_one() -> None:
    done = [locked(dataclasses.replace(one, case="P2")) for one in (OPEN, OTHER)]
    assert visible_readings([OPEN, locked(OTHER), *done], "R1", 1) == [OPEN, *done]
