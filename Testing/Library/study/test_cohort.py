"""Tests of what a cohort's cases are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.study.cohort import folder_name, require_different_identifiers


@given(st.text(min_size=1))
def test_a_case_of_any_name_has_a_folder_that_stays_where_it_belongs(identifier: str) -> None:
    name = folder_name(identifier)
    assert name
    assert not set(name) & set('/\\:*?"<>| ')
    assert name.strip(".") == name


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_two_names_never_share_a_folder(identifiers: list[str]) -> None:
    first, second = identifiers
    assert folder_name(first) != folder_name(second)


def test_cases_that_differ_only_in_capitals_are_refused() -> None:
    with pytest.raises(InputError, match="differ only in capitals: P1, p1"):
        require_different_identifiers(["P1", "P2", "p1"])
