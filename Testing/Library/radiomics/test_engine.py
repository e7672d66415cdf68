"""PyRadiomics is imported late and stays silent, and nobody else's logging changes."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings

import pytest

from MuscleMyopathyLib.errors import MissingPackageError
from MuscleMyopathyLib.radiomics.engine import pyradiomics, quiet


def test_importing_the_extraction_imports_neither_pyradiomics_nor_scikit_image() -> None:
    code = (
        "import sys, MuscleMyopathyLib.radiomics.extraction, MuscleMyopathyLib.radiomics.presets;"
        "print({'radiomics', 'skimage', 'pywt', 'threadpoolctl'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_missing_pyradiomics_says_how_to_get_it_in_slicer_and_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "radiomics", None)
    with pytest.raises(MissingPackageError, match=r"SlicerRadiomics.*muscle-myopathy\[radiomics\]"):
        pyradiomics()


def test_messages_are_kept_back_only_inside_the_quiet_block(caplog: pytest.LogCaptureFixture) -> None:
    pyradiomics()
    logger = logging.getLogger("radiomics.glcm")
    before = (logging.getLogger("radiomics").handlers[:], logging.getLogger("radiomics").propagate)
    with quiet():
        logger.error("kept back")
        logging.getLogger("somebody.else").warning("heard")
    logger.error("heard again")
    assert [record.message for record in caplog.records] == ["heard", "heard again"]
    assert before == (logging.getLogger("radiomics").handlers, logging.getLogger("radiomics").propagate)


def test_warnings_filters_are_as_before_after_the_quiet_block() -> None:
    filters = warnings.filters[:]
    with quiet():
        warnings.warn("kept back", UserWarning, stacklevel=1)
    assert warnings.filters[:] == filters
