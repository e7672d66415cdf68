"""Limbs that several tests read; made once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache

import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol

TEST_PROTOCOL = Protocol(200, 120, (1.9, 1.9), thickness_mm=6, spacing_mm=30, through_plane_samples=1)


@cache
def _limb(parameters: LimbParameters) -> Limb:
    return make_limb(parameters)


@pytest.fixture(scope="session")
def a_limb() -> Callable[..., Limb]:
    """Return a function that makes a limb on a coarse grid with the named parameters changed."""

    def make(region: Region = Region.THIGH, pattern: Pattern = Pattern.HEALTHY, **changes: object) -> Limb:
        parameters = LimbParameters(region=region, pattern=pattern, protocol=TEST_PROTOCOL)
        return _limb(dataclasses.replace(parameters, **changes))  # type: ignore[arg-type]

    return make
