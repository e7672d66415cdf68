"""Forms as readings of a study: begun once per case, reader and session, saved at every key, locked for good."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.reading_study import MANIFEST, ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKey, ReadingKind, ReadingState
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.form_files import form_from_mapping, form_to_mapping
from MuscleMyopathyLib.scoring.journal import FormJournal, Operation
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.score_tables import score_table, sum_scores

KEYS = ["case", "reader", "session"]


class FormReading:
    """One form of one reading, open for scoring.

    Its journal lies beside the form's file while the reading is open, and goes when it is locked.
    """

    def __init__(self, study: ReadingStudy, key: ReadingKey, journal: FormJournal) -> None:
        """Use `begin` or `resume`."""
        self.study = study
        self.key = key
        self._journal = journal

    @classmethod
    def begin(cls, study: ReadingStudy, reading: Reading, scale: Scale) -> FormReading:
        """Begin a form; a reading may hold forms of several scales, each once.

        Args:
            study: Where readings are kept.
            reading: Case, reader, session, date; of the kind form, without parts.
            scale: What is scored.

        Raises:
            InputError: This reader has scored this case on this scale in this session already, or the reading is
                locked or holds contours.
            OutputError: The folder cannot be written.
        """
        if reading.kind is not ReadingKind.FORM:
            raise InputError(f"The {reading.key} is to hold a form: give it the kind {ReadingKind.FORM.value!r}.")
        if not (study.path_of(reading.key) / MANIFEST).is_file():
            study.begin(reading)
        existing = study.get(reading.key)
        if existing.state is ReadingState.LOCKED:
            raise InputError(f"The {reading.key} is locked. A repeat is a new session: use {reading.session + 1}.")
        if scale.id in existing.parts:
            raise InputError(
                f"There is a {reading.key} on {scale.name} already. Resume it; a repeat is a new session: use "
                f"{reading.session + 1}."
            )
        journal = FormJournal.begin(journal_path(study, reading.key, scale), scale)
        study.save_form(reading.key, form_to_mapping(journal.form), scale.id)
        return cls(study, reading.key, journal)

    @classmethod
    def resume(cls, study: ReadingStudy, key: ReadingKey, scale: Scale) -> FormReading:
        """Go on with a form that was begun, with all that was scored and what can be undone.

        Raises:
            InputError: There is no such form, it is locked or damaged, or of a version that cannot be read.
        """
        reading = study.get(key)
        if reading.state is ReadingState.LOCKED:
            raise InputError(f"The {key} is locked: it is finished. Begin a new session instead.")
        path = journal_path(study, key, scale)
        if not path.is_file():
            raise InputError(f"The {key} holds no open form on {scale.name}. Begin it.")
        journal = FormJournal.resume(path, scale)
        study.save_form(key, form_to_mapping(journal.form), scale.id)
        return cls(study, key, journal)

    @property
    def form(self) -> Form:
        """The form as it stands."""
        return self._journal.form

    def apply(self, operation: Operation) -> Form:
        """Do an operation; when this returns, it is on the disk.

        Raises:
            ParameterError: It does not fit the scale; nothing changed.
            InputError: The form is open twice, or the reading was locked.
            OutputError: It cannot be written.
        """
        form = self._journal.apply(operation)
        self.study.save_form(self.key, form_to_mapping(form), form.scale.id)
        return form

    def lock(self) -> Reading:
        """Finish the reading, with all forms in it, for good.

        Raises:
            InputError: It is locked already.
        """
        self.study.save_form(self.key, form_to_mapping(self.form.as_locked()), self.form.scale.id)
        reading = self.study.lock(self.key)
        self._journal.form = self.form.as_locked()
        for journal in self.study.path_of(self.key).glob(f"*{_JOURNAL}"):
            journal.unlink()
        return reading


_JOURNAL = "_journal.jsonl"


def journal_path(study: ReadingStudy, key: ReadingKey, scale: Scale) -> Path:
    """Return the path of an open form's journal."""
    name = f"sub-{key.case}_reader-{key.reader}_session-{key.session}_desc-{scale.id}{_JOURNAL}"
    return study.path_of(key) / name


def save_locked_form(study: ReadingStudy, reading: Reading, form: Form) -> Reading:
    """Store a form that was filled elsewhere (imported or simulated) as a locked reading.

    Raises:
        InputError: This reader has this session of this case already.
        OutputError: The folder cannot be written.
    """
    study.begin(dataclasses.replace(reading, kind=ReadingKind.FORM))
    key = reading.key._replace(kind=ReadingKind.FORM)
    study.save_form(key, form_to_mapping(form.as_locked()), form.scale.id)
    return study.lock(key)


def forms_of_study(study: ReadingStudy, scale: Scale) -> tuple[dict[ReadingKey, Form], pd.DataFrame]:
    """Read all forms of a scale, open and locked.

    Returns:
        The forms by reading, and a table ``case``, ``reader``, ``session``, ``problem`` of those that could not be
        read, in words.
    """
    forms: dict[ReadingKey, Form] = {}
    problems = []
    for row in study.table().to_dict("records"):
        if row["kind"] != ReadingKind.FORM:
            continue
        try:
            if row["problem"]:
                raise InputError(str(row["problem"]))
            key = ReadingKey(row["case"], row["reader"], int(row["session"]), ReadingKind.FORM)
            if scale.id in study.get(key).parts:
                forms[key] = form_from_mapping(scale, study.form(key, scale.id))
        except InputError as error:
            problems.append({**{name: row[name] for name in KEYS}, "problem": str(error)})
    return forms, pd.DataFrame(problems, columns=[*KEYS, "problem"])


def study_scores(forms: dict[ReadingKey, Form]) -> pd.DataFrame:
    """Return the scores of all forms: the columns of `score_table` after ``case``, ``reader``, ``session``, and
    ``form_seconds`` (time spent on the whole form) last."""
    return _stacked(forms, lambda form: score_table(form).assign(form_seconds=form.seconds))


def study_sums(forms: dict[ReadingKey, Form]) -> pd.DataFrame:
    """Return the sum scores of all forms: the columns of `sum_scores` after ``case``, ``reader``, ``session``."""
    return _stacked(forms, sum_scores)


def _stacked(forms: dict[ReadingKey, Form], table_of: Callable[[Form], pd.DataFrame]) -> pd.DataFrame:
    tables = []
    for key, form in forms.items():
        table = table_of(form)
        for position, name in enumerate(KEYS):
            table.insert(position, name, getattr(key, name))
        tables.append(table)
    if not tables:
        raise InputError("There is no form on this scale in the study.")
    return pd.concat(tables, ignore_index=True)
