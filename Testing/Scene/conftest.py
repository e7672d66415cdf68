"""Fixtures of the tests on a real MRML scene."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("slicer", reason="needs 3D Slicer's libraries: pip install muscle-myopathy[scene]")


@pytest.fixture
def scene() -> Iterator[Any]:
    """Return the headless scene, empty but for its colours, units and singletons, before and after the test."""
    from MuscleMyopathyLib.scene.headless import start_headless_scene

    scene = start_headless_scene()
    scene.Clear(False)
    yield scene
    scene.Clear(False)
