"""Muscles, tissues, sides and regions: codes, names, terminology codes, colours.

The 17 muscles scored by Wei et al. (Front Neurol 2023;14:1251025), further muscles that other label schemes
draw, and the tissue compartments. Muscles carry identifiers of the Foundational Model of Anatomy (FMA).

>>> Structure("RF", Side.LEFT).name
'rectus femoris left'
>>> structure_type("SOL").coding
('FMA', '22542')
>>> Structure.parse("VL_right")
Structure(code='VL', side=<Side.RIGHT: 'right'>)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from MuscleMyopathyLib.errors import ParameterError


class Side(StrEnum):
    """The patient's side; ``BOTH`` is a structure that is not divided into left and right."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


OTHER_SIDE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}

SIDE_COLORS: dict[Side, str] = {Side.LEFT: "#0072B2", Side.RIGHT: "#D55E00", Side.BOTH: "#707070"}
"""sRGB of each side in every chart: blue and vermilion of Okabe and Ito's palette, which colour-blind people
tell apart; grey where undivided."""


class Region(StrEnum):
    """The limb segment; the calf is the leg below the knee."""

    THIGH = "thigh"
    CALF = "calf"


class Kind(StrEnum):
    """What a structure is: one muscle, a tissue compartment, or a bone."""

    MUSCLE = "muscle"
    TISSUE = "tissue"
    BONE = "bone"


BOTH_REGIONS = (Region.THIGH, Region.CALF)

PRIVATE_SCHEME = "99MUSCLEMYO"
"""Coding scheme (DICOM's private prefix 99) of the compartments that no public terminology names exactly."""


@dataclass(frozen=True)
class StructureType:
    """What a structure is, without its side.

    Attributes:
        code: Short name, as in every table (``RF``).
        name: English name in lower case.
        regions: The limb segments that it belongs to.
        kind: Muscle, tissue or bone.
        coding: Coding scheme and value: FMA for every muscle, SCT (SNOMED CT) or `PRIVATE_SCHEME` otherwise.
        color: sRGB, 0–255 each.
        label: Its number in our own label images for the left side or undivided; right is ``label + 100``.
        in_wei: One of the 17 muscles that Wei's readers scored.
    """

    code: str
    name: str
    regions: tuple[Region, ...]
    kind: Kind
    coding: tuple[str, str]
    color: tuple[int, int, int]
    label: int
    in_wei: bool = False


def _muscle(
    code: str,
    name: str,
    region: Region,
    fma: int,
    color: tuple[int, int, int],
    label: int,
    in_wei: bool = True,
) -> StructureType:
    return StructureType(code, name, (region,), Kind.MUSCLE, ("FMA", str(fma)), color, label, in_wei)


def _tissue(
    code: str, name: str, coding: tuple[str, str], color: tuple[int, int, int], label: int
) -> StructureType:
    return StructureType(code, name, BOTH_REGIONS, Kind.TISSUE, coding, color, label)


STRUCTURE_TYPES: tuple[StructureType, ...] = (
    _muscle("RF", "rectus femoris", Region.THIGH, 22430, (214, 69, 65), 1),
    _muscle("VL", "vastus lateralis", Region.THIGH, 22431, (242, 146, 69), 2),
    _muscle("VM", "vastus medialis", Region.THIGH, 22432, (247, 202, 80), 3),
    _muscle("VI", "vastus intermedius", Region.THIGH, 22433, (193, 120, 54), 4),
    _muscle("SAR", "sartorius", Region.THIGH, 22353, (120, 190, 90), 5),
    _muscle("GR", "gracilis", Region.THIGH, 43882, (46, 139, 87), 6),
    _muscle("AL", "adductor longus", Region.THIGH, 22441, (64, 196, 180), 7),
    _muscle("AM", "adductor magnus", Region.THIGH, 22443, (52, 152, 219), 8),
    _muscle("SM", "semimembranosus", Region.THIGH, 22438, (65, 90, 200), 9),
    _muscle("ST", "semitendinosus", Region.THIGH, 22357, (142, 100, 210), 10),
    _muscle("BF", "biceps femoris", Region.THIGH, 22356, (196, 90, 176), 11),
    _muscle("BFL", "biceps femoris, long head", Region.THIGH, 45887, (206, 110, 190), 12, in_wei=False),
    _muscle("BFS", "biceps femoris, short head", Region.THIGH, 45890, (160, 60, 130), 13, in_wei=False),
    _muscle("AB", "adductor brevis", Region.THIGH, 22442, (120, 220, 230), 14, in_wei=False),
    _muscle("TFL", "tensor fasciae latae", Region.THIGH, 22423, (170, 140, 110), 15, in_wei=False),
    _muscle("TA", "tibialis anterior", Region.CALF, 22532, (214, 69, 65), 21),
    _muscle("PER", "peroneal compartment", Region.CALF, 22539, (242, 146, 69), 22),
    _muscle("TP", "tibialis posterior", Region.CALF, 51099, (120, 190, 90), 23),
    _muscle("SOL", "soleus", Region.CALF, 22542, (52, 152, 219), 24),
    _muscle("GM", "gastrocnemius, medial head", Region.CALF, 45956, (142, 100, 210), 25),
    _muscle("GL", "gastrocnemius, lateral head", Region.CALF, 45959, (196, 90, 176), 26),
    _muscle("EDL", "extensor digitorum longus", Region.CALF, 22534, (247, 202, 80), 27, in_wei=False),
    _muscle("POP", "popliteus", Region.CALF, 22590, (170, 140, 110), 28, in_wei=False),
    _muscle("FHL", "flexor hallucis longus", Region.CALF, 22593, (64, 196, 180), 29, in_wei=False),
    _muscle("FDL", "flexor digitorum longus", Region.CALF, 51071, (46, 139, 87), 30, in_wei=False),
    _tissue("MUSCLE", "whole muscle", (PRIVATE_SCHEME, "MUSCLE"), (192, 104, 88), 41),
    _tissue("LEAN", "lean tissue inside the fascia", (PRIVATE_SCHEME, "LEAN"), (176, 84, 72), 42),
    _tissue("IMAT", "fat inside the fascia", (PRIVATE_SCHEME, "IMAT"), (250, 215, 120), 43),
    _tissue("SAT", "subcutaneous fat", (PRIVATE_SCHEME, "SAT"), (230, 230, 150), 44),
    StructureType("BONE", "bone", BOTH_REGIONS, Kind.BONE, ("SCT", "272673000"), (205, 215, 225), 45),
    _tissue("SKIN", "skin", ("SCT", "39937001"), (177, 122, 101), 46),
    _tissue("VESSEL", "vessels", ("SCT", "59820001"), (200, 40, 60), 47),
)

RIGHT_LABEL_OFFSET = 100

_BY_CODE = {kind.code: kind for kind in STRUCTURE_TYPES}


def structure_type(code: str) -> StructureType:
    """Return the structure type of a code.

    Raises:
        ParameterError: The code is unknown; the known ones are listed.
    """
    try:
        return _BY_CODE[code]
    except KeyError:
        known = ", ".join(_BY_CODE)
        raise ParameterError(f"Unknown structure code {code!r}. Known codes: {known}.") from None


@dataclass(frozen=True, order=True)
class Structure:
    """A muscle or tissue on one side (or undivided): what a label or a segment means."""

    code: str
    side: Side = Side.BOTH

    def __post_init__(self) -> None:
        structure_type(self.code)

    @property
    def type(self) -> StructureType:
        """The structure type: region, terminology code, colour."""
        return structure_type(self.code)

    @property
    def name(self) -> str:
        """English name with the side: ``rectus femoris left``; the side is left out where undivided."""
        return self.type.name if self.side is Side.BOTH else f"{self.type.name} {self.side}"

    @property
    def label(self) -> int:
        """Number in our own label images."""
        return self.type.label + (RIGHT_LABEL_OFFSET if self.side is Side.RIGHT else 0)

    @property
    def identifier(self) -> str:
        """Short text form that `parse` reads back: ``RF_left``, or ``RF`` where undivided."""
        return self.code if self.side is Side.BOTH else f"{self.code}_{self.side}"

    @classmethod
    def parse(cls, identifier: str) -> Structure:
        """Read ``RF_left``, ``RF_right`` or ``RF``.

        Raises:
            ParameterError: Unknown code or side.
        """
        code, _, side = identifier.partition("_")
        try:
            return cls(code, Side(side) if side else Side.BOTH)
        except ValueError:
            raise ParameterError(
                f"Unknown side {side!r} in structure {identifier!r}: use left, right or both."
            ) from None


def muscles(region: Region, *, only_wei: bool = True) -> tuple[StructureType, ...]:
    """Return the muscles of a region in the order of the table; by default Wei's (11 thigh, 6 calf)."""
    return tuple(
        kind
        for kind in STRUCTURE_TYPES
        if kind.kind is Kind.MUSCLE and region in kind.regions and (kind.in_wei or not only_wei)
    )
