"""Scoring on nodes: the module's logic offers this in the batch console.

table = suggest_scores(fat_fraction_map, muscles)
table = score("/study", "P-017", "R1", 1, {"RF_left": "3", "RF_right": "2"})
table = agreement_table("/study", first="R1:1", second="R2:1")
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_agreement import form_agreement, raters_of
from MuscleMyopathyLib.reproducibility.form_readings import (
    FormReading,
    forms_of_study,
    journal_path,
    study_scores,
)
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKey, ReadingKind
from MuscleMyopathyLib.reproducibility.scoring_results import parse_raters
from MuscleMyopathyLib.scene.case_scores import form_to_table
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.scoring import suggestion
from MuscleMyopathyLib.scoring.journal import Do, Operation
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.suggestion import SuggestionParameters


def suggest_scores(
    fat_fraction_node: Any,
    segmentation_node: Any,
    *,
    parameters: SuggestionParameters | None = None,
    output_node: Any = None,
) -> Any:
    """Suggest a modified Mercuri score for every muscle from its share of fat voxels.

    Args:
        fat_fraction_node: Volume node of the fat-fraction map in percent.
        segmentation_node: Its muscles are brought onto the grid of the map.
        parameters: Threshold, cut-offs, erosion.
        output_node: Table node to fill; None makes a new one.

    Returns:
        The table node, with the columns of `scoring.suggestion.suggest_scores`.

    Raises:
        InputError, GeometryError: A node is missing or cannot be used.
    """
    table = suggested_scores(fat_fraction_node, segmentation_node, parameters)
    return table_node_from_dataframe(table, f"{segmentation_node.GetName()} suggested scores", output_node)


def suggested_scores(
    fat_fraction_node: Any, segmentation_node: Any, parameters: SuggestionParameters | None = None
) -> Any:
    """Return what `suggest_scores` puts into a table node."""
    if fat_fraction_node is None:
        raise InputError("No fat-fraction map is chosen. Choose one, or compute it from water and fat.")
    return suggestion.suggest_scores(
        image_from_volume_node(fat_fraction_node),
        segmentation_from_node(segmentation_node, fat_fraction_node),
        parameters,
    )


def score(
    study_folder: str | Path,
    case: str,
    reader: str,
    session: int,
    answers: Mapping[str, Any],
    *,
    scale: Scale | str = "mercuri-modified",
    lock: bool = False,
    output_node: Any = None,
) -> Any:
    """Score targets of a case on a scale; the form is begun, or gone on with where it is open.

    Args:
        study_folder: Holds the readings of a study.
        case: Pseudonym of the case.
        reader: Pseudonym of the reader.
        session: Which reading of that reader, from 1.
        answers: Codes, numbers or truth values by target, e.g. ``{"RF_left": "3"}``.
        scale: The scale, its id or its file.
        lock: Whether to finish the reading afterwards.
        output_node: Table node to fill; None makes a new one.

    Returns:
        The table node of the form.

    Raises:
        InputError: The reading is locked, or a name cannot name it.
        ParameterError: An answer lies outside the scale; those before it are saved.
        OutputError: The folder cannot be written.
    """
    chosen = read_scale(scale) if isinstance(scale, str) else scale
    study, key = ReadingStudy(study_folder), ReadingKey(case, reader, session, ReadingKind.FORM)
    if journal_path(study, key, chosen).is_file():
        reading = FormReading.resume(study, key, chosen)
    else:
        begun = Reading(case, reader, session, datetime.now().astimezone().date(), kind=ReadingKind.FORM)
        reading = FormReading.begin(study, begun, chosen)
    for target, value in answers.items():
        reading.apply(Operation(Do.SCORE, target, value))
    if lock:
        reading.lock()
    return form_to_table(reading.form, f"{case} scores of {reader}, session {session}", output_node)


def agreement_table(
    study_folder: str | Path,
    scale: Scale | str = "mercuri-modified",
    *,
    first: str | None = None,
    second: str | None = None,
    output_node: Any = None,
) -> Any:
    """Compare two readers, two sessions of one, or a reader with the suggested scores, by kappa.

    Args:
        study_folder: Holds the readings of a study.
        scale: The scale, its id or its file.
        first: ``READER:SESSION``; None takes the first of the study.
        second: ``READER:SESSION`` or ``suggested``; None takes the next of the study.
        output_node: Table node to fill; None makes a new one.

    Returns:
        The table node, with the columns of `form_agreement.FormAgreement.kappa`.

    Raises:
        InputError: There are no two raters who share a case.
        ParameterError: A text names no rater.
    """
    chosen = read_scale(scale) if isinstance(scale, str) else scale
    forms, _problems = forms_of_study(ReadingStudy(study_folder), chosen)
    scores = study_scores(forms)
    one, other = parse_raters(first, second)
    known = raters_of(scores)
    one = one or known[0]
    other = other or next((rater for rater in known if rater != one), None)
    if other is None:
        raise InputError(f"Agreement needs two raters, and there are only forms by {one}.")
    kappa = form_agreement(scores, chosen, one, other).kappa
    return table_node_from_dataframe(kappa, f"agreement of {one} and {other}", output_node)
