"""PyRadiomics itself: imported only when it is needed, and kept from writing to the console."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from MuscleMyopathyLib.errors import MissingPackageError

_LOGGERS = ("radiomics", "pykwalify")
_HOW_TO_INSTALL = (
    "Radiomics features need the package PyRadiomics. In 3D Slicer install the extension SlicerRadiomics with "
    "the Extensions Manager; elsewhere run 'pip install numpy setuptools' and then "
    "'pip install --no-build-isolation muscle-myopathy[radiomics]' (PyRadiomics is compiled, with the numpy "
    "that it finds)."
)


def pyradiomics(module: str = "radiomics") -> Any:
    """Import PyRadiomics, or one of its modules (``radiomics.imageoperations``).

    Raises:
        MissingPackageError: It is not installed, or its compiled part does not load; with how to get it.
    """
    try:
        with quiet():
            return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(f"{_HOW_TO_INSTALL} ({error})") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep PyRadiomics' and its schema checker's messages, and numerical warnings, to themselves meanwhile.

    Only their own two loggers are touched, and are as before afterwards: what they have to say about a structure
    stands in the table. Warnings are those of divisions by zero that PyRadiomics provides for, and of local
    binary patterns on decimal numbers.
    """
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for name in _LOGGERS:
            stack.enter_context(_muted(logging.getLogger(name)))
        yield


@contextmanager
def _muted(logger: logging.Logger) -> Iterator[None]:
    handlers, propagate = logger.handlers[:], logger.propagate
    for handler in handlers:
        logger.removeHandler(handler)
    discard = logging.NullHandler()
    logger.addHandler(discard)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(discard)
        for handler in handlers:
            logger.addHandler(handler)
        logger.propagate = propagate
