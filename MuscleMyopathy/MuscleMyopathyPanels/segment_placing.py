"""What a segmentation found, put into the case: the segmentation with its surface in 3D, and its table."""

from __future__ import annotations

from typing import Any

import slicer

from MuscleMyopathyLib.scene.attributes import MADE_BY

from .layouts import look_from_the_front
from .segment_method import COMPARTMENTS, MUSCLES, PROPAGATE, WEIGHTS
from .segment_results import TABLE

KINDS = {
    COMPARTMENTS: "compartments to correct",
    MUSCLES: "muscles by the network",
    WEIGHTS: "muscles by weights of others",
    PROPAGATE: "propagated structures",
}
"""What the nodes are called; a run of the same method replaces them."""


def place_found(identifier: str, method: str, found: Any, volume: Any) -> Any:
    """Put an outcome into the scene.

    Args:
        identifier: Case identifier.
        method: How it was found.
        found: ``SegmentationOutcome``.
        volume: Volume node on whose grid it is.

    Returns:
        The segmentation node; it refers to its table by `TABLE`.
    """
    from MuscleMyopathyLib.scene.case_nodes import put_case_node, put_case_table
    from MuscleMyopathyLib.scene.segmentations import segmentation_node_from

    kind = KINDS[method]
    node = put_case_node(
        identifier, kind, lambda name, node: segmentation_node_from(found.segmentation, name, volume, node)
    )
    node.SetDescription(f"{found.made_by}; {' '.join(found.problems)}".strip("; "))
    node.SetAttribute(MADE_BY, found.made_by)
    table = put_case_table(identifier, f"{kind}: structures", found.structures)
    node.SetNodeReferenceID(TABLE, table.GetID())
    for other in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        # Outlines of two segmentations on top of each other cannot be told apart.
        if other is not node and other.GetDisplayNode() is not None:
            other.GetDisplayNode().SetVisibility(False)
    display = node.GetDisplayNode()
    display.SetVisibility(True)
    node.CreateClosedSurfaceRepresentation()
    display.SetVisibility3D(True)
    slicer.util.setSliceViewerLayers(background=volume, foreground=None, fit=True)
    look_from_the_front()
    return node
