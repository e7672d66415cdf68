"""What the shipped network tells apart in the cross-section of one limb.

One network serves thigh and calf, so that it can also say which of the two it sees.
"""

from __future__ import annotations

from collections.abc import Sequence

from MuscleMyopathyLib.anatomy import Region, structure_type

BACKGROUND, SUBCUTANEOUS, BONE, OTHER = range(4)
"""Air (and the other leg), skin with subcutaneous fat, bone, and the rest inside the deep fascia."""

TISSUES = ("AIR", "SAT", "BONE", "OTHER")
THIGH_MUSCLES = ("RF", "VL", "VM", "VI", "SAR", "GR", "AL", "AM", "SM", "ST", "BFL", "BFS", "AB")
CALF_MUSCLES = ("TA", "PER", "TP", "SOL", "GM", "GL", "EDL")
CLASSES = TISSUES + THIGH_MUSCLES + CALF_MUSCLES
"""Names of the classes in the order of the network's output; muscles by their codes of anatomy.py."""


def class_index(name: str) -> int:
    """Return the number of a class in the network's output."""
    return CLASSES.index(name)


def classes_of(region: Region, names: Sequence[str] = CLASSES) -> list[int]:
    """Return the numbers of the classes that can occur in a region: the tissues and its muscles."""
    return [index for index, name in enumerate(names) if name in TISSUES or region in structure_type(name).regions]
