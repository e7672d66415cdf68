"""The ways to structures that the panel *Segment* offers: what each is, and what it looks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Kind, Region, Side, Structure, muscles, structure_type

MUSCLES, COMPARTMENTS, WEIGHTS, PROPAGATE = "muscles", "compartments", "weights", "propagate"
"""Values of ``segment --method``; the library's enum loads its networks' readers, which the panel need not."""

LABELS = {
    MUSCLES: _("Muscles, by the network"),
    COMPARTMENTS: _("Compartments, without a network"),
    WEIGHTS: _("Muscles, by weights of others"),
    PROPAGATE: _("Fill between drawn slices"),
}

TOOL_TIPS = {
    MUSCLES: _(
        "The muscles of Wei et al. (Front Neurol 2023;14:1251025) by side, as a draft to correct. Each leg is "
        "laid before the network by itself, so left and right cannot be exchanged. All checked images vote."
    ),
    COMPARTMENTS: _(
        "Skin, subcutaneous fat, lean and fatty tissue inside the deep fascia, and bone; from water and fat, or "
        "from T1w. Where muscle is replaced by fat the fascia is the border, not the brightness."
    ),
    WEIGHTS: _(
        "A MONAI bundle, results of nnU-Net v2, TorchScript, or weights with a description beside them. The "
        "checked images are the network's input channels, in the order of the list."
    ),
    PROPAGATE: _(
        "Draw a structure in a few slices; the slices between follow the image from slice to slice, both ways. "
        "What is drawn keeps every voxel."
    ),
}

SIDES = {
    "both": _("found from the images"),
    "right": _("the right one alone"),
    "left": _("the left one alone"),
}
"""Which legs the images show."""

COMPARTMENT_CODES = ("LEAN", "IMAT", "SAT", "BONE", "SKIN")


def structures_of(method: str, region: str, drawn: Any = None) -> list[Structure]:
    """Return what a method looks for; empty for weights of others, whose own table says it.

    Args:
        method: One of `LABELS`.
        region: Limb segment.
        drawn: Segmentation node that propagation starts from.
    """
    if method == PROPAGATE:
        return [] if drawn is None else sorted_structures(drawn_structures(drawn))
    codes: Iterable[str] = ()
    if method == COMPARTMENTS:
        codes = COMPARTMENT_CODES
    elif method == MUSCLES:
        codes = [kind.code for kind in muscles(Region(region))]
    return [Structure(code, side) for side in (Side.RIGHT, Side.LEFT) for code in codes]


def drawn_structures(node: Any) -> list[Structure]:
    """Return the known structures among a segmentation node's segments."""
    from MuscleMyopathyLib.scene.segmentations import structure_of_segment

    segments = node.GetSegmentation()
    found = (structure_of_segment(segments.GetSegment(one)) for one in segments.GetSegmentIDs())
    return list(dict.fromkeys(structure for structure in found if structure is not None))


def sorted_structures(structures: Iterable[Structure]) -> list[Structure]:
    """Return structures in the order of the anatomy's table, right before left as on the screen."""
    sides = [Side.RIGHT, Side.LEFT, Side.BOTH]
    return sorted(structures, key=lambda one: (one.type.label, sides.index(one.side)))


def group_of(structure: Structure, region: str) -> str:
    """Return the heading under which the tree shows a structure: region and side."""
    kind = structure_type(structure.code)
    words = {Region.THIGH: _("Thigh"), Region.CALF: _("Calf")}
    own = kind.regions[0] if kind.kind is Kind.MUSCLE else Region(region)
    sides = {Side.LEFT: _("left"), Side.RIGHT: _("right"), Side.BOTH: _("both sides")}
    return f"{words[own]}, {sides[structure.side]}"
