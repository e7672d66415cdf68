"""Blinding in the scene: segmentations of other readings are hidden while a reading is open, then shown again."""

from __future__ import annotations

from typing import Any

import slicer

from MuscleMyopathyLib.scene import attributes

READING = "MuscleMyopathy.Reading"
"""Attribute of a segmentation: the reading that it is, as ``R1/2`` (reader and session)."""

HIDDEN = "MuscleMyopathy.HiddenByBlinding"
"""Attribute of a segmentation hidden here: whether it was visible before."""

NO_READINGS = ("compartments", "whole muscle")
"""Results of the pipeline that nobody drew."""


def reading_tag(reader: str, session: int) -> str:
    """Return the value of `READING` for a reader's session."""
    return f"{reader}/{session}"


def hide_other_readings(identifier: str, reader: str, session: int, *, blinded: bool) -> None:
    """Hide what the reader must not see of a case, in views and selectors; show again what need not be hidden.

    A repeat also hides segmentations that say of no reading to be theirs: they may be the first one.

    Args:
        identifier: The case.
        reader: Who reads.
        session: The session at hand.
        blinded: Whether the study says so (``reproducibility.blinding.is_blinded``).
    """
    at_hand = reading_tag(reader, session)
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        if node.GetAttribute(attributes.CASE) != identifier:
            continue
        tag = node.GetAttribute(READING)
        other = tag != at_hand if tag else session > 1 and node.GetAttribute(attributes.RESULT) not in NO_READINGS
        _hide(node) if blinded and other else _show(node)


def _hide(node: Any) -> None:
    if node.GetAttribute(HIDDEN) is not None:
        return
    display = node.GetDisplayNode()
    visible = display is not None and bool(display.GetVisibility())
    node.SetAttribute(HIDDEN, "visible" if visible else "invisible")
    node.SetHideFromEditors(True)
    if display is not None:
        display.SetVisibility(False)


def _show(node: Any) -> None:
    before = node.GetAttribute(HIDDEN)
    if before is None:
        return
    node.SetAttribute(HIDDEN, None)
    node.SetHideFromEditors(False)
    if node.GetDisplayNode() is not None:
        node.GetDisplayNode().SetVisibility(before == "visible")
