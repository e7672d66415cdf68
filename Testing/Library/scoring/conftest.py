"""Scales that several tests read."""

from __future__ import annotations

from typing import Any

import pytest

from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import read_scale


@pytest.fixture(scope="session")
def mercuri() -> Scale:
    return read_scale("mercuri-modified")


@pytest.fixture
def own_scale() -> dict[str, Any]:
    """Plain values of a valid scale of one's own."""
    return {
        "id": "own-scale",
        "version": 2,
        "name": "Own scale",
        "source": "this test",
        "sum": "sum",
        "levels": [
            {"value": 0, "code": "none", "label": "none"},
            {"value": 1, "code": "some", "label": "some"},
            {"value": 2, "code": "much", "label": "much"},
        ],
        "muscles": ["RF", "TA"],
        "sides": ["left", "right"],
        "migrations": {"1": {"targets": {"QF_left": "RF_left"}, "codes": {"a-bit": "some"}}},
    }
