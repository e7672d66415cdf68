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
from MuscleMyopathyLib.imaging.transfer import Transfer
from MuscleMyopathyLib.qmri.map_kinds import MapKind

PHANTOM_NOTICE = "Simulated data: a digital phantom, no patient. Never evidence about patients."
NOT_A_DEVICE_NOTICE = "For research. Not a medical device."


@dataclass(frozen=True)
class PhantomTruth:
    """What the images of a digital limb truly show, beside what is measured in them.

    Attributes:
        fat_fraction_percent: True fat fraction.
        water_t2_ms: True T2 of the water.
    """

    fat_fraction_percent: sitk.Image
    water_t2_ms: sitk.Image


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
        truth: Of a phantom whose truth is known: shown beside what was measured. It takes no part in measuring.
    """

    identifier: str
    region: Region
    series: tuple[Series, ...]
    muscles: Segmentation | None = None
    phantom: bool = False
    reader: str = ""
    session: int = 1
    truth: PhantomTruth | None = None

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
class CaseMap:
    """A quantitative map of a case, beside its fat fraction.

    Attributes:
        kind: What it shows.
        sequence: From which series, by its role: the key ``sequence`` of the tables.
        image: Single precision, on the grid of that series; NaN where there is no value.
        method: How it was made, in a sentence.
    """

    kind: MapKind
    sequence: str
    image: sitk.Image
    method: str


@dataclass(frozen=True)
class CaseTransfer:
    """Structures of a case carried to the grid of another of its series.

    Attributes:
        structures: ``muscles`` or ``whole muscle``.
        sequence: The series that they were carried to, by its role.
        source: The series that they were drawn on, by its role.
        target_image: What they are shown on: the first echo, or the map.
        transfer: The structures there, with volumes, displacement and problems.
    """

    structures: str
    sequence: str
    source: str
    target_image: sitk.Image
    transfer: Transfer


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
        maps: T2, R2* and what else was computed or came from the scanner.
        map_measures: Measures of ``maps``: one row per sequence, structure and side.
        map_measures_by_slice: One row per sequence, structure, side and slice.
        transfers: How the structures came to the grids of the maps; none where they share the grid.
        t2_against_fat: T2 in bins of fat fraction, see `qmri.t2_against_fat`; empty without both.
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
    maps: tuple[CaseMap, ...] = ()
    map_measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    map_measures_by_slice: pd.DataFrame = field(default_factory=pd.DataFrame)
    transfers: tuple[CaseTransfer, ...] = ()
    t2_against_fat: pd.DataFrame = field(default_factory=pd.DataFrame)
