"""Where a result comes from: software, date, inputs with checksums, and the time that each stage took."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.imaging.checksums import checksum
from MuscleMyopathyLib.imaging.geometry import describe_geometry
from MuscleMyopathyLib.parameters import to_mapping
from MuscleMyopathyLib.study.case import Case

_PACKAGES = ("numpy", "scipy", "SimpleITK", "pandas", "pydicom")


def provenance(case: Case, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return the provenance of a case's results as plain values.

    Inputs are named by role and by their checksum over voxels and geometry; file names and DICOM tags, which may
    hold a patient's name, stay out.
    """
    inputs = [
        {
            "role": str(series.role),
            "why": series.reason,
            "geometry": describe_geometry(series.image),
            "sha256": checksum(series.image),
        }
        for series in case.series
    ]
    if case.muscles is not None:
        inputs.append(
            {
                "role": "muscles",
                "why": "given with the case",
                "geometry": describe_geometry(case.muscles.image),
                "sha256": checksum(case.muscles.image),
            }
        )
    return {
        **environment(),
        "phantom": case.phantom,
        "inputs": inputs,
        "seconds": dict(seconds),
    }


def environment() -> dict[str, Any]:
    """Return the software with its packages and the date, as plain values."""
    return {
        "software": f"MuscleMyopathy {__version__}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def image_provenance(inputs: Mapping[str, sitk.Image], parameters: Any, problems: Sequence[str]) -> dict[str, Any]:
    """Return the provenance of maps computed outside a case.

    Args:
        inputs: From what an image is to the image; by checksum and geometry, without file names.
        parameters: The parameter dataclass of the computation; None where it has none of its own.
        problems: What the reader was told.
    """
    return {
        **environment(),
        "inputs": [
            {"role": name, "geometry": describe_geometry(image), "sha256": checksum(image)}
            for name, image in inputs.items()
        ],
        "parameters": {} if parameters is None else to_mapping(parameters),
        "problems": list(problems),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
