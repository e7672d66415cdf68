"""A case: one examination of one patient (or phantom), and what the pipeline makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series

PHANTOM_NOTICE = "Simulated data: a digital phantom, no patient. Never evidence about patients."
NOT_A_DEVICE_NOTICE = "For research. Not a medical device."


@dataclass(frozen=True)
class Case:
    """The inputs of one examination.

    Attributes:
        identifier: The name that the user gave (a pseudonym); stands in every table and on the report.
        region: Limb segment in the images.
        series: The examination's series.
        muscles: A segmentation of muscles that came with the case, or None.
        phantom: Whether the images are simulated; then every output says so.
        reader: Who drew the muscles; empty where nobody did or it is not stated.
        session: Which reading of that reader, from 1.
    """

    identifier: str
    region: Region
    series: tuple[Series, ...]
    muscles: Segmentation | None = None
    phantom: bool = False
    reader: str = ""
    session: int = 1

    def by_role(self, role: Role) -> Series | None:
        """Return the one series of a role, or None.

        Raises:
            InputError: Several series have that role; their names are listed.
        """
        found = [series for series in self.series if series.role is role]
        if len(found) > 1:
            names = ", ".join(series.name for series in found)
            raise InputError(
                f"Case {self.identifier} has several series in the role '{role}': {names}. "
                "Choose one and set the role of the others to 'unknown'."
            )
        return found[0] if found else None


@dataclass(frozen=True)
class CaseResult:
    """What the pipeline made of a case; this is what the report shows and the scene holds.

    Attributes:
        case: The inputs.
        compartments: Subcutaneous fat, lean tissue, fat inside the fascia and bone by side; None where none of
            the images allows it.
        whole_muscle: The global muscle region of interest by side (inside the deep fascia, without bone, eroded).
        muscles: The muscles by side, divided into left and right where they came undivided; or None.
        fat_fraction_percent: Fat-fraction map in percent, NaN where there is no signal; or None.
        measures: One row per structure and side over the volume.
        measures_by_slice: One row per structure, side and slice.
        problems: Columns ``stage``, ``structure``, ``side``, ``problem``.
        parameters: The parameters as plain values.
        provenance: Version, date, inputs with checksums, time of each stage.
    """

    case: Case
    compartments: Segmentation | None
    whole_muscle: Segmentation | None
    muscles: Segmentation | None
    fat_fraction_percent: sitk.Image | None
    measures: pd.DataFrame
    measures_by_slice: pd.DataFrame
    problems: pd.DataFrame
    parameters: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
