"""JSON ↔ text node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.texts import json_from_text_node, text_node_from_json

VALUES = {"version": "1.0", "erosion_mm": 1 / 3, "used": True, "sides": ["left", None], "note": 'ü; "a":b\n<x>&'}


def test_values_come_back_from_a_text_node_and_from_a_saved_scene(scene: Any, tmp_path: Path) -> None:
    node = text_node_from_json(VALUES, "provenance")
    assert json_from_text_node(node) == VALUES
    load_scene(save_scene(tmp_path / "scene.mrb"))
    assert json_from_text_node(scene.GetFirstNodeByName("provenance")) == VALUES


@pytest.mark.parametrize("value", [{"x": float("nan")}, {"x": object()}], ids=["NaN", "object"])
def test_what_is_no_json_is_refused_before_a_node_is_made(scene: Any, value: Any) -> None:
    before = scene.GetNumberOfNodes()
    with pytest.raises(InputError, match="provenance cannot be written as JSON"):
        text_node_from_json(value, "provenance")
    assert scene.GetNumberOfNodes() == before


def test_a_text_that_is_no_json_is_refused(scene: Any) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", "notes")
    node.SetText("hello")
    with pytest.raises(InputError, match="notes is not JSON"):
        json_from_text_node(node)
    with pytest.raises(InputError, match="No text is chosen"):
        json_from_text_node(None)
