"""What comes of a form: its table in the scene, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from MuscleMyopathyLib.scene import attributes

from .readers_blinding import READING, reading_tag
from .score_reading import FormKey, OpenForm


def put_scores(form: OpenForm) -> Any:
    """Put the form's table into the case's folder, in place of the earlier one of the same reading."""
    from MuscleMyopathyLib.scene.case_nodes import put_case_node
    from MuscleMyopathyLib.scene.console_scoring import form_to_table

    key = form.key
    kind = f"{key.scale.id} scores of {key.reader}, session {key.session}"
    node = put_case_node(key.case, kind, lambda name, found: form_to_table(form.form, name, found))
    node.SetAttribute(READING, reading_tag(key.reader, key.session))
    node.SetLocked(True)
    return node


def write_scores(form: OpenForm, path: Path) -> list[Path]:
    """Write the form as CSV and as a FHIR QuestionnaireResponse (R5), and its sum scores where the scale has any.

    Returns:
        The files.

    Raises:
        OutputError: The folder cannot be written.
    """
    from MuscleMyopathyLib.output import write_json, write_table
    from MuscleMyopathyLib.scoring.fhir import questionnaire_response
    from MuscleMyopathyLib.scoring.score_tables import score_table, sum_scores

    key = form.key
    table = score_table(form.form)
    for position, (name, value) in enumerate(
        (("case", key.case), ("reader", key.reader), ("session", key.session))
    ):
        table.insert(position, name, value)
    path = path.with_suffix(".csv")
    files = [path, path.with_suffix(".json")]
    write_table(table, path)
    name = f"sub-{key.case}_reader-{key.reader}_session-{key.session}"
    write_json(questionnaire_response(form.form, identifier=name), files[1])
    if key.scale.sum_name:
        files.append(path.with_name(f"{path.stem}_sums.csv"))
        write_table(sum_scores(form.form), files[2])
    return files


def hide_other_scores(key: FormKey, *, blinded: bool) -> None:
    """Hide the tables of the case's other readings while their reader is blinded, and show them afterwards."""
    for node in slicer.util.getNodesByClass("vtkMRMLTableNode"):
        reading = node.GetAttribute(READING)
        if reading and node.GetAttribute(attributes.CASE) == key.case:
            node.SetHideFromEditors(blinded and reading != reading_tag(key.reader, key.session))
