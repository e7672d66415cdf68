"""Parameters of the compartments."""

from __future__ import annotations

from dataclasses import dataclass

from MuscleMyopathyLib.anatomy import Side


@dataclass(frozen=True)
class CompartmentParameters:
    """What the user may choose about compartments.

    Attributes:
        only_side: The side of the one leg in the images; ``both`` finds out how many legs there are and which.
        lean_fat_threshold_percent: Inside the fascia a voxel with at least this fat content is fat, 0–100.
        epimysium_erosion_mm: How far inside the fascia the whole-muscle region begins, in mm, so that the
            epimysium stays out (Nagawa and Wei exclude it).
        skin_thickness_mm: Thickness of the skin, in mm, which is no subcutaneous fat.
    """

    only_side: Side = Side.BOTH
    lean_fat_threshold_percent: float = 50.0
    epimysium_erosion_mm: float = 2.0
    skin_thickness_mm: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.lean_fat_threshold_percent < 100:
            raise ValueError("lean_fat_threshold_percent must lie between 0 and 100.")
        if self.epimysium_erosion_mm < 0 or self.skin_thickness_mm < 0:
            raise ValueError("epimysium_erosion_mm and skin_thickness_mm must not be negative.")
