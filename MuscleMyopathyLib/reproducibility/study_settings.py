"""What a study decides for all its readers; it stands before the first form and does not change afterwards.

>>> import tempfile
>>> folder = tempfile.mkdtemp()
>>> write_study_settings(folder, StudySettings(suggestions_shown_first=True))
>>> read_study_settings(folder).suggestions_shown_first
True
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.output import write_json
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import ReadingKind

FILE = "study_settings.json"


@dataclass(frozen=True)
class StudySettings:
    """Decisions of a study.

    Attributes:
        suggestions_shown_first: Whether readers see suggested scores before they have scored. Not by default:
            who has seen a suggestion no longer reads independently of it.
    """

    suggestions_shown_first: bool = False


def read_study_settings(folder: str | Path) -> StudySettings:
    """Return a study's decisions; the defaults where it made none.

    Raises:
        InputError: The file is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return StudySettings()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        settings = StudySettings(**values)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} does not hold a study's settings ({error}). Restore it from a copy.") from error
    if not isinstance(settings.suggestions_shown_first, bool):
        raise InputError(f"{path}: suggestions_shown_first must be true or false.")
    return settings


def write_study_settings(folder: str | Path, settings: StudySettings) -> None:
    """Write a study's decisions.

    Raises:
        InputError: The study holds forms already: those who filled them had other conditions.
        OutputError: The folder cannot be written.
    """
    if settings == read_study_settings(folder):
        return
    if has_forms(folder):
        raise InputError(
            f"The study in {folder} holds forms already, so its settings stay as they are. "
            "Choose another folder for readings under other conditions."
        )
    write_json(asdict(settings), Path(folder) / FILE)


def has_forms(folder: str | Path) -> bool:
    """Tell whether any form of the study was begun."""
    return any(ReadingStudy(folder).readings_folder.glob(f"sub-*/reader-*/{ReadingKind.FORM}"))
