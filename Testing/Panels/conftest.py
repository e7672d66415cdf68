"""The module in the stand-in host, and small images to load into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from Testing.Panels.host import pythonqt, start

MODULE = Path(__file__).resolve().parents[2] / "MuscleMyopathy" / "MuscleMyopathy.py"


@pytest.fixture(scope="session")
def application() -> Any:
    """Return the stand-in's ``slicer.app``."""
    return start.start()


@pytest.fixture
def module(application: Any) -> Iterator[Any]:
    """Return the module's widget, opened on an empty scene."""
    import slicer

    slicer.mrmlScene.Clear(False)
    pythonqt.FileDialog.answers.clear()
    pythonqt.DesktopServices.opened.clear()
    widget = start.open_module(MODULE)
    yield widget
    start.close_module(widget)
    slicer.mrmlScene.Clear(False)


@pytest.fixture
def wait_until(application: Any) -> Callable[..., None]:
    """Return a function that handles events until something is true."""

    def wait(condition: Callable[[], bool], seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"still not so after {seconds} s"
            application.processEvents()
            time.sleep(0.02)
        application.processEvents()

    return wait


@pytest.fixture(scope="session")
def thighs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder written by the digital limb: both thighs in four slices, the pattern of LGMDR2."""
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Protocol
    from MuscleMyopathyLib.study.phantom_case import write_phantom

    folder = tmp_path_factory.mktemp("phantom") / "thighs"
    few = Protocol(columns=160, rows=112, pixel_mm=(2.375, 2.036), thickness_mm=6, spacing_mm=24, slices=4)
    write_phantom(LimbParameters(pattern=Pattern("LGMDR2"), protocol=few), folder, folder.parent / "truth")
    return folder


@pytest.fixture
def loaded(module: Any, thighs: Path) -> Any:
    """Return the module with the water and fat image of the thighs loaded."""
    module.panels["case"].read_paths([thighs / "thigh_water.nii.gz", thighs / "thigh_fat.nii.gz"])
    return module


@pytest.fixture
def noise_image(tmp_path: Path) -> Callable[[str, tuple[int, int, int]], Path]:
    """Return a function that writes an image of noise under a name, in (columns, rows, slices)."""

    def write(name: str, size: tuple[int, int, int]) -> Path:
        array = np.random.default_rng(0).integers(1, 100, size[::-1]).astype(np.int16)
        path = tmp_path / f"{name}.nii.gz"
        sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        return path

    return write
