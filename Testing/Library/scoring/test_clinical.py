"""Tests of what follows from the clinical sheet."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.scoring.clinical import raised_enzymes
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.scale_files import read_scale


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"ck": 196}, True),
        ({"ck": 195}, None),
        ({"ck": 195, "alt": 50, "ast": 40, "ldh": 250}, False),
        ({"ck": 10, "alt": 50, "ast": 40, "ldh": 251}, True),
        ({}, None),
    ],
)
def test_enzymes_are_raised_by_one_normal_by_four_and_else_unknown(
    values: dict[str, float], expected: bool | None
) -> None:
    form = Form(read_scale("clinical-sheet"))
    for enzyme, value in values.items():
        form = form.scored(enzyme, value)
    assert raised_enzymes(form) is expected
