"""Text node ↔ JSON: parameters, provenance and forms in the scene."""

from __future__ import annotations

import json
from typing import Any

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.headless import current_scene


def text_node_from_json(value: Any, name: str, node: Any = None) -> Any:
    """Put plain values (mappings with text keys, lists, texts, numbers, truth values, None) into a text node.

    Args:
        value: The values. Decimal numbers must be finite.
        name: Name of the node.
        node: A ``vtkMRMLTextNode`` to fill in place. None makes a new one.

    Returns:
        The ``vtkMRMLTextNode``, with the values as indented JSON.

    Raises:
        InputError: The values are not plain.
    """
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be written as JSON: {error}.") from error
    if node is None:
        node = current_scene().AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetName(attributes.node_name(name))
    node.SetText(text)
    return node


def json_from_text_node(node: Any) -> Any:
    """Return the plain values of a text node.

    Raises:
        InputError: There is no node, or its text is not JSON.
    """
    if node is None:
        raise InputError("No text is chosen. Choose one.")
    try:
        return json.loads(node.GetText() or "")
    except json.JSONDecodeError as error:
        raise InputError(f"The text {node.GetName()} is not JSON: {error}.") from error
