"""The kinds of quantitative maps: name, unit, file name, range of the colours, and what is measured of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from MuscleMyopathyLib.qmri.measures import Quantity


@dataclass(frozen=True)
class _Description:
    label: str
    unit: str
    file_name: str
    shown: tuple[float, float] | None
    quantity: Quantity | None = None


class MapKind(Enum):
    """What a map shows."""

    FAT_FRACTION = _Description("fat fraction", "%", "fat_fraction", (0.0, 100.0), Quantity.FAT_FRACTION)
    T2 = _Description("T2", "ms", "t2", (20.0, 100.0), Quantity.T2)
    WATER_T2 = _Description("water T2", "ms", "water_t2", (20.0, 60.0), Quantity.WATER_T2)
    R2STAR = _Description("R2*", "1/s", "r2star", (0.0, 100.0), Quantity.R2STAR)
    FAT_SHARE = _Description("fat share", "%", "fat_share", (0.0, 100.0))
    B1 = _Description("B1", "", "b1", (0.7, 1.1))
    FIELD = _Description("field map", "Hz", "field_map", (-150.0, 150.0))
    S0 = _Description("signal at TE = 0", "", "s0", None)
    WATER = _Description("water", "", "water", None)
    FAT = _Description("fat", "", "fat", None)
    RESIDUAL = _Description("residual", "", "residual", None)
    STANDARD_ERROR = _Description("standard error of T2", "ms", "standard_error", (0.0, 10.0))
    CONFIDENCE = _Description("confidence", "", "confidence", (0.0, 1.0))
    SUSPECTED_SWAP = _Description("suspected swap", "", "suspected_swap", (0.0, 1.0))

    @property
    def label(self) -> str:
        """Name in words, for titles and nodes."""
        return self.value.label

    @property
    def unit(self) -> str:
        """Unit of the voxels; empty where there is none or it is the images' own."""
        return self.value.unit

    @property
    def file_name(self) -> str:
        """Name of its file, without suffix; also its key in results."""
        return self.value.file_name

    @property
    def shown(self) -> tuple[float, float] | None:
        """Lowest and highest value of the colour bar; None where it follows from the data."""
        return self.value.shown

    @property
    def quantity(self) -> Quantity | None:
        """What is measured of it per structure; None where nothing is."""
        return self.value.quantity

    @classmethod
    def of_file_name(cls, name: str) -> MapKind:
        """Return the kind of a file name (without suffix).

        Raises:
            ValueError: There is no such kind.
        """
        for kind in cls:
            if kind.file_name == name:
                return kind
        raise ValueError(f"There is no map {name!r}; there are: {', '.join(kind.file_name for kind in cls)}.")
