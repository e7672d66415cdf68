"""The forms of a case as tables in its folder: one per reading and scale, read back for the report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.case_nodes import put_case_node
from MuscleMyopathyLib.scene.headless import current_scene
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.score_tables import score_table

SCORES = "MuscleMyopathy.Scores"
"""Attribute of a table of scores: reader and session, as ``R1/2``."""

DESCRIPTIONS = {
    "code": "What the reader gave, as the scale writes it.",
    "score": "Rank of the level, by which sums and weighted kappa count; or the number.",
    "state": "Scored, not assessable, or not scored.",
    "reason": "Why it is not assessable.",
    "suggested_code": "Level suggested from the fat-fraction map, beside the reader's own.",
    "suggested_share_percent": "Share of the muscle's voxels with a fat fraction of at least 50 %.",
}
"""Tooltips of the columns."""


def form_to_table(form: Form, name: str, output_node: Any = None) -> Any:
    """Put a form into a table node: one row per target, with the columns of `scoring.score_tables.score_table`."""
    return table_node_from_dataframe(score_table(form), name, output_node, DESCRIPTIONS)


def put_case_scores(identifier: str, form: Form, reader: str, session: int) -> Any:
    """Put a form's table into the case's folder, in place of the earlier one of the same reading and scale."""
    kind = f"{form.scale.id} scores of {reader}, session {session}"
    node = put_case_node(identifier, kind, lambda name, found: form_to_table(form, name, found))
    node.SetAttribute(SCORES, f"{reader}/{session}")
    node.SetLocked(True)
    return node


def case_scores(identifier: str) -> pd.DataFrame | None:
    """Return the scores of a case that its tables hold, but for those hidden from a blinded reader.

    Returns:
        The columns of `score_table` with ``reader`` and ``session``; None where there are no scores.
    """
    tables = []
    for node in score_nodes(identifier):
        if not node.GetHideFromEditors():
            reader, _, session = node.GetAttribute(SCORES).rpartition("/")
            tables.append(dataframe_from_table_node(node).assign(reader=reader, session=int(session)))
    return pd.concat(tables, ignore_index=True) if tables else None


def score_nodes(identifier: str) -> list[Any]:
    """Return the tables of scores of a case."""
    scene = current_scene()
    nodes = (
        scene.GetNthNodeByClass(number, "vtkMRMLTableNode")
        for number in range(scene.GetNumberOfNodesByClass("vtkMRMLTableNode"))
    )
    return [
        node for node in nodes if node.GetAttribute(SCORES) and node.GetAttribute(attributes.CASE) == identifier
    ]


def hide_other_scores(identifier: str, reader: str, session: int, *, blinded: bool) -> None:
    """Hide the tables of the case's other readings while a reader is blinded, and show them afterwards."""
    for node in score_nodes(identifier):
        node.SetHideFromEditors(blinded and node.GetAttribute(SCORES) != f"{reader}/{session}")
