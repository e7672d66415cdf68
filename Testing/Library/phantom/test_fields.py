"""Imperfect fields of the scanner."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.phantom.fields import PERFECT_FIELDS, FieldParameters, make_fields
from MuscleMyopathyLib.phantom.protocols import SMALL
from MuscleMyopathyLib.phantom.sampling import grid


def test_perfect_fields_are_even() -> None:
    fields = make_fields(PERFECT_FIELDS, grid(SMALL, 3), seed=0)
    assert (fields.coil == 1).all()
    assert (fields.b1 == 1).all()
    assert (fields.b0_hz == 0).all()


def test_fields_vary_as_stated_and_smoothly() -> None:
    parameters = FieldParameters(coil_bias=0.1, b1_variation=0.05, b0_hz=50)
    fields = make_fields(parameters, grid(SMALL, 3), seed=1)
    assert fields.coil.shape == (3, SMALL.rows, SMALL.columns)
    assert fields.coil.std() == pytest.approx(0.1, rel=0.05)
    assert fields.b1.std() == pytest.approx(0.05, rel=0.05)
    assert fields.b0_hz.std() == pytest.approx(50, rel=0.01)
    assert np.abs(np.diff(fields.b0_hz, axis=2)).max() < 0.2 * np.ptp(fields.b0_hz)


def test_a_seed_gives_the_same_fields_on_one_slice_too() -> None:
    first, again = (make_fields(FieldParameters(), grid(SMALL, 1), seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.coil, again.coil)
    assert np.isfinite(first.coil).all()
