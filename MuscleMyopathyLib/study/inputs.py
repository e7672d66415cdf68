"""The inputs of a case: from named files, or from a folder in which the series tell their roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_label_image
from MuscleMyopathyLib.imaging.folder import SeriesDescription, find_series, load_series
from MuscleMyopathyLib.imaging.roles import Role, with_role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.progress import Progress, each, portion, silent
from MuscleMyopathyLib.study.case import Case

PHANTOM_MARK = "phantom.json"
"""Lies beside the images that the digital limb wrote; what is computed from such a folder says so."""


@dataclass(frozen=True)
class CaseFiles:
    """Where the images of a case lie.

    Attributes:
        folder: A folder of DICOM, NIfTI or NRRD files whose series tell their roles; or None.
        by_role: Files whose role the user gives; they come before what the folder holds in that role.
        roles: The user's word on series of the folder: from series name to role; ``Role.UNKNOWN`` leaves one out.
        labels: Label image of muscles; or None.
        label_scheme: Name or file of the scheme that says what the labels mean.
    """

    folder: Path | None = None
    by_role: Mapping[Role, Path] = ()  # type: ignore[assignment]
    roles: Mapping[str, Role] = ()  # type: ignore[assignment]
    labels: Path | None = None
    label_scheme: str = "muscle-myopathy"
