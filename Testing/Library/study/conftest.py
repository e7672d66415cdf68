"""A small case of the digital limb, made once for all tests of a process."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.study.case import Case, CaseResult
from MuscleMyopathyLib.study.phantom_case import ECHO_EXAMINATION, phantom_case
from MuscleMyopathyLib.study.pipeline import run_case

SMALL = Protocol(190, 100, (2.0, 2.0), thickness_mm=6, spacing_mm=40, slices=5)


@pytest.fixture(scope="session")
def case() -> Case:
    return phantom_case(LimbParameters(pattern=Pattern.LGMDR2, protocol=SMALL))


@pytest.fixture(scope="session")
def case_of_echoes() -> Case:
    """Return a case whose fat fraction and T2 have to be computed from echo trains, on two grids."""
    limb = LimbParameters(pattern=Pattern.LGMDR2, protocol=SMALL)
    return phantom_case(limb, sequences=ECHO_EXAMINATION, spin_echoes=True)


@pytest.fixture(scope="session")
def result_of_echoes(case_of_echoes: Case) -> CaseResult:
    return run_case(case_of_echoes)


@pytest.fixture(scope="session")
def result(case: Case) -> CaseResult:
    return run_case(case)
