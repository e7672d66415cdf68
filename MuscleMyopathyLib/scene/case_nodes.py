"""Tables and texts of a case beside the results of the pipeline: features, agreement.

They are kept by a repeat run of the pipeline, which removes its own earlier results, and replaced by a newer one
of their own kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.hierarchy import case_item, find_case_item, hierarchy_node

ADDITION = "MuscleMyopathy.Addition"
"""Attribute of a node: its kind (``features``)."""


def find_case_node(identifier: str, kind: str) -> Any:
    """Return the node of a case's addition of a kind, or None."""
    scene = current_scene()
    nodes = (scene.GetNthNode(number) for number in range(scene.GetNumberOfNodes()))
    wanted = (identifier, kind)
    return next(
        (node for node in nodes if (node.GetAttribute(attributes.CASE), node.GetAttribute(ADDITION)) == wanted),
        None,
    )


def put_case_node(identifier: str, kind: str, fill: Callable[[str, Any], Any]) -> Any:
    """Fill the node of a kind, or a new one, with ``fill(name, node)`` and put it into the case's folder."""
    node = fill(f"{identifier} {kind}", find_case_node(identifier, kind))
    node.SetAttribute(attributes.CASE, identifier)
    node.SetAttribute(ADDITION, kind)
    hierarchy = hierarchy_node()
    folder = find_case_item(identifier) or case_item(identifier)
    notice = hierarchy.GetItemAttribute(folder, attributes.NOTICE)
    node.SetAttribute(attributes.NOTICE, notice or None)
    own = hierarchy.GetItemByDataNode(node)
    if own == hierarchy.GetInvalidItemID():
        hierarchy.CreateItem(folder, node)
    else:
        hierarchy.SetItemParent(own, folder)
    return node


def put_case_table(identifier: str, kind: str, table: Any) -> Any:
    """Put a DataFrame into the case's table node of a kind, which is locked against slips of the hand."""
    # The panels ask for nodes before pandas is installed.
    from MuscleMyopathyLib.scene.tables import table_node_from_dataframe

    node = put_case_node(identifier, kind, lambda name, node: table_node_from_dataframe(table, name, node))
    node.SetLocked(True)
    return node
