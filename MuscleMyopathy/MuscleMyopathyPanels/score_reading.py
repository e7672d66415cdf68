"""The form at hand on disk: whose it is, in which folder, and the time that its reader spent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.journal import Do, Operation
from MuscleMyopathyLib.scoring.scale import Scale

IDLE_S = 120.0
"""A longer pause between two keys counts as this much: the reader was elsewhere."""


@dataclass(frozen=True)
class FormKey:
    """What tells forms apart: a study's folder, case, reader, session and scale."""

    folder: str
    case: str
    reader: str
    session: int
    scale: Scale

    def reading(self) -> Any:
        """Return the ``ReadingKey``."""
        from MuscleMyopathyLib.reproducibility.readings import ReadingKey, ReadingKind

        return ReadingKey(self.case, self.reader, self.session, ReadingKind.FORM)

    def study(self) -> Any:
        """Return the ``ReadingStudy``."""
        from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy

        return ReadingStudy(self.folder)


class OpenForm:
    """A form that was begun, gone on with, or locked: then it can only be looked at.

    Args:
        key: Which form.
        reading: The ``FormReading``; None for a locked form.
        form: The form as it stands.
    """

    def __init__(self, key: FormKey, reading: Any, form: Form) -> None:
        self.key = key
        self.form = form
        self._reading = reading
        self._last_key = time.monotonic()

    @property
    def path(self) -> Path:
        """The folder in which the form lies."""
        return Path(self.key.study().path_of(self.key.reading()))

    def apply(self, do: Do, target: str = "", value: Any = None) -> None:
        """Do something to the form; when this returns, it is on the disk.

        Raises:
            ParameterError, InputError, OutputError: As `FormReading.apply`.
        """
        if self._reading is None:
            self.form.spent(0.0)
            return
        now = time.monotonic()
        seconds = min(now - self._last_key, IDLE_S)
        self.form = self._reading.apply(Operation(do, target, value, seconds))
        self._last_key = now

    def lock(self) -> None:
        """Finish the reading for good."""
        self._reading.lock()
        self._reading, self.form = None, self.form.as_locked()


def begin_form(key: FormKey) -> OpenForm:
    """Begin a form.

    Raises:
        InputError, OutputError: As `FormReading.begin`.
    """
    from MuscleMyopathyLib.reproducibility.form_readings import FormReading
    from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind

    today = datetime.now().astimezone().date()
    begun = Reading(key.case, key.reader, key.session, today, kind=ReadingKind.FORM)
    reading = FormReading.begin(key.study(), begun, key.scale)
    return OpenForm(key, reading, reading.form)


def find_form(key: FormKey) -> OpenForm | None:
    """Return a form that was begun, with all that can be undone, or locked; None where there is none.

    Raises:
        InputError: It is damaged, or of a version of the scale that cannot be read.
    """
    from MuscleMyopathyLib.reproducibility.form_readings import FormReading, journal_path
    from MuscleMyopathyLib.reproducibility.reading_study import MANIFEST
    from MuscleMyopathyLib.reproducibility.readings import ReadingState
    from MuscleMyopathyLib.scoring.form_files import form_from_mapping

    study, reading_key = key.study(), key.reading()
    if not (study.path_of(reading_key) / MANIFEST).is_file():
        return None
    reading = study.get(reading_key)
    if reading.state is ReadingState.OPEN:
        if not journal_path(study, reading_key, key.scale).is_file():
            return None
        resumed = FormReading.resume(study, reading_key, key.scale)
        return OpenForm(key, resumed, resumed.form)
    if key.scale.id not in reading.parts:
        return None
    return OpenForm(key, None, form_from_mapping(key.scale, study.form(reading_key, key.scale.id)))


def identifier_problem(case: str, reader: str) -> str:
    """Return why a form cannot be begun for them; empty where it can."""
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.reproducibility.readings import require_identifier

    if not reader:
        return _("Who reads? Enter the reader's code in the line at the top.")
    try:
        require_identifier(case, _("case"))
        require_identifier(reader, _("reader"))
    except InputError as error:
        return str(error)
    return ""
