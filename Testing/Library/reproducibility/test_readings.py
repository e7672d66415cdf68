"""Tests of what a reading is and how it may be named."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.readings import Reading, days_between_sessions

FIRST = Reading("P-017", "R1", 1, date(2024, 1, 1))


def test_files_are_named_by_case_reader_session_and_part() -> None:
    assert FIRST.file_name() == "sub-P-017_reader-R1_session-1_dseg.nii.gz"
    assert FIRST.file_name("thigh") == "sub-P-017_reader-R1_session-1_desc-thigh_dseg.nii.gz"


@pytest.mark.parametrize(
    "name",
    ["", "../P1", "P/1", "P\\1", "P 1", "P_1", "Müller", "-P", "P-", "P.1", "P\n", "..", "C:", "x" * 65, "P\0"],
)
@pytest.mark.parametrize("field", ["case", "reader"])
def test_a_name_that_no_path_can_carry_is_refused(field: str, name: str) -> None:
    with pytest.raises(InputError, match="letters without accents, digits and hyphens"):
        dataclasses.replace(FIRST, **{field: name})


@pytest.mark.parametrize("session", [0, -1, 1000, 1.0, "1", True])
def test_sessions_are_counted_from_one(session: object) -> None:
    with pytest.raises(InputError, match="Sessions are counted"):
        dataclasses.replace(FIRST, session=session)  # type: ignore[arg-type]


def test_parts_that_differ_only_in_capitals_are_refused() -> None:
    with pytest.raises(InputError, match="twice"):
        dataclasses.replace(FIRST, parts=("thigh", "Thigh"))


def test_a_simulated_reading_says_so_in_its_readers_name_and_how_it_was_made() -> None:
    with pytest.raises(InputError, match="carries the word 'simulated'"):
        dataclasses.replace(FIRST, simulated=True, perturbation={"seed": 0})
    with pytest.raises(InputError, match="carries the word 'simulated'"):
        dataclasses.replace(FIRST, reader="R1-simulated")
    with pytest.raises(InputError, match="does not say how"):
        dataclasses.replace(FIRST, reader="R1-simulated", simulated=True)


@pytest.mark.parametrize(
    ("day", "days", "warning"),
    [
        (date(2024, 3, 1), 60, ""),
        (date(2024, 2, 29), 59, "59 days after session 1: closer than 60 days"),
        (date(2023, 12, 30), -2, "dated 2 days before session 1"),
    ],
)
def test_a_repeat_within_sixty_days_is_warned_of(day: date, days: int, warning: str) -> None:
    second = dataclasses.replace(FIRST, session=2, date=day)
    assert days_between_sessions(second, [FIRST, second]) == (days, warning)


def test_only_the_same_readers_sessions_of_the_case_count() -> None:
    others = [
        dataclasses.replace(FIRST, reader="R2"),
        dataclasses.replace(FIRST, case="P-018"),
        FIRST,
    ]
    assert days_between_sessions(FIRST, others) == (None, "")


def test_a_third_session_is_warned_of_when_it_follows_the_second_too_soon() -> None:
    second = dataclasses.replace(FIRST, session=2, date=date(2024, 4, 1))
    third = dataclasses.replace(FIRST, session=3, date=date(2024, 4, 11))
    days, warning = days_between_sessions(third, [FIRST, second, third])
    assert days == 101
    assert warning == "10 days after session 2: closer than 60 days"
