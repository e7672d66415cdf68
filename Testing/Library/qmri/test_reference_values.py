"""Tests of the published values that are shown."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.qmri.reference_values import reference_values


def test_muscle_t2_is_shown_with_protocol_and_source() -> None:
    values = reference_values()
    assert (values.healthy, values.patients, values.cut_off) == ((33.9, 0.9), (47.4, 9.0), 36.4)
    assert "fat-saturated" in str(values)
    assert "Wang et al., Eur Radiol 2023;33:2350" in str(values)
    assert "Another scanner or protocol needs its own cut-off" in str(values)


def test_unknown_reference_values_are_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="muscle_t2"):
        reference_values("liver_t1")
