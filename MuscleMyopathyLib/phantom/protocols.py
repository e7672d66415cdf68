"""Grids and slices of the papers' protocols, on which the digital limb is sampled."""

from __future__ import annotations

from dataclasses import dataclass

from MuscleMyopathyLib.errors import ParameterError


@dataclass(frozen=True)
class Protocol:
    """An axial grid over both legs.

    Attributes:
        columns: Voxels from the patient's right to left.
        rows: Voxels from front to back.
        pixel_mm: Width and height of a voxel.
        thickness_mm: Slice thickness.
        spacing_mm: Distance between slice centres; thickness plus gap.
        slices: Number of slices, around the middle of the limb segment; None for as many as the segment holds.
        in_plane_samples: Points per voxel in each in-plane direction over which the signal is averaged.
        through_plane_samples: Points over the slice thickness over which the signal is averaged.
    """

    columns: int
    rows: int
    pixel_mm: tuple[float, float]
    thickness_mm: float
    spacing_mm: float
    slices: int | None = None
    in_plane_samples: int = 2
    through_plane_samples: int = 2

    def __post_init__(self) -> None:
        counts = {
            "columns": self.columns,
            "rows": self.rows,
            "slices": 1 if self.slices is None else self.slices,
            "in_plane_samples": self.in_plane_samples,
            "through_plane_samples": self.through_plane_samples,
        }
        for name, count in counts.items():
            if count < 1:
                raise ParameterError(f"Protocol.{name} = {count} must be at least 1.")
        for name, length in {
            "pixel_mm": min(self.pixel_mm),
            "thickness_mm": self.thickness_mm,
            "spacing_mm": self.spacing_mm,
        }.items():
            if not length > 0:
                raise ParameterError(f"Protocol.{name} = {length} must be greater than 0 mm.")

    def slices_over(self, length_mm: float) -> int:
        """Return the number of slices over a limb segment of this length.

        Raises:
            ParameterError: The slices asked for reach beyond the segment.
        """
        held = max(1, int((length_mm - self.thickness_mm) // self.spacing_mm) + 1)
        if self.slices is None:
            return held
        if self.slices > held:
            raise ParameterError(
                f"{self.slices} slices at {self.spacing_mm:g} mm reach beyond the limb segment of "
                f"{length_mm:.0f} mm, which holds {held}. Ask for fewer slices or a smaller spacing."
            )
        return self.slices


WEI_2023 = Protocol(320, 224, (380 / 320, 228 / 224), thickness_mm=6, spacing_mm=24)
"""Wei et al., Front Neurol 2023: field of view 380 × 228 mm, matrix 320 × 224, 6 mm slices, gap 18 mm."""

FINE = Protocol(512, 320, (0.8, 0.8), thickness_mm=6, spacing_mm=24)
"""Reconstructed pixels of 0.8 mm and slice centres 24 mm apart, as in the Huashan thigh data."""

CONTIGUOUS = Protocol(320, 224, (1.2, 1.2), thickness_mm=6, spacing_mm=6)
"""Slices without gaps, for volumes and for training."""

SMALL = Protocol(160, 96, (2.4, 2.4), thickness_mm=6, spacing_mm=40, slices=None, through_plane_samples=1)
"""Small and fast, for tests."""

PROTOCOLS: dict[str, Protocol] = {
    "wei2023": WEI_2023,
    "fine": FINE,
    "contiguous": CONTIGUOUS,
    "small": SMALL,
}
"""Protocols by the name under which the command line and presets offer them."""
