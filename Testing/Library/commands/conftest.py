"""The images of a small digital limb as files, written once for all tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.study.phantom_case import write_phantom

SMALL = Protocol(190, 100, (2.0, 2.0), thickness_mm=6, spacing_mm=40, slices=4)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    limb = LimbParameters(pattern=Pattern.LGMDR2, protocol=SMALL)
    write_phantom(limb, folder / "images", folder / "truth")
    return folder / "images"
