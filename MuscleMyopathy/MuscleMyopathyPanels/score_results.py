"""The files of a form: CSV, sum scores, FHIR."""

from __future__ import annotations

from pathlib import Path

from .score_reading import OpenForm


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
