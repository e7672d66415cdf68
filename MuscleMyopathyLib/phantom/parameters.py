"""Parameters of the digital limb."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.phantom.protocols import WEI_2023, Protocol


class Pattern(StrEnum):
    """Which muscles are replaced by fat or oedematous; the table is ``Resources/Phantom/patterns.json``."""

    HEALTHY = "healthy"
    LGMDR2 = "LGMDR2"
    IMNM = "IMNM"
    PM = "PM"
    DM = "DM"
    ADM = "ADM"


class Sex(StrEnum):
    """Sets the typical size of the muscles and thickness of the subcutaneous fat."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True)
class LimbParameters:
    """One subject's limb segment, both legs.

    Attributes:
        region: Thigh or calf.
        pattern: Distribution of fat replacement and oedema.
        severity: 0 (as healthy) to 1 (the pattern's full extent).
        seed: Subject: shapes, asymmetry, texture. The same seed gives the same limb on every grid.
        sex: Typical muscle size and subcutaneous fat.
        size: Factor on the lengths in the cross-section, 0.7 to 1.3.
        subcutaneous_fat: Factor on the thickness of the subcutaneous fat, 0.3 to 3.
        legs_touch: Whether the legs press against each other instead of leaving a gap.
        shift_mm: How far the point between the legs lies from the scanner's origin, to the patient's left and to
            the back; a large shift cuts a leg off at the edge of the field of view.
        detailed_muscles: Label the two heads of biceps femoris apart, and the muscles beyond Wei's 17 that have a
            code (AB, TFL, EDL, FHL, FDL, POP); otherwise biceps femoris is one and the others have no label.
        protocol: The grid on which the limb is sampled.
    """

    region: Region = Region.THIGH
    pattern: Pattern = Pattern.HEALTHY
    severity: float = 0.7
    seed: int = 0
    sex: Sex = Sex.MALE
    size: float = 1.0
    subcutaneous_fat: float = 1.0
    legs_touch: bool = False
    shift_mm: tuple[float, float] = (0.0, 0.0)
    detailed_muscles: bool = False
    protocol: Protocol = WEI_2023

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("severity", self.severity, 0.0, 1.0),
            ("size", self.size, 0.7, 1.3),
            ("subcutaneous_fat", self.subcutaneous_fat, 0.3, 3.0),
        ):
            if not low <= value <= high:
                raise ParameterError(f"LimbParameters.{name} = {value} must lie between {low:g} and {high:g}.")
        if self.seed < 0:
            raise ParameterError(f"LimbParameters.seed = {self.seed} must not be negative.")
