"""A form's journal on disk: one line of JSON per key, flushed to the disk before the next key is taken.

Killing the process at any moment loses at most the key that was being written: a last line without its line end is
dropped. What the journal replays is the form with its undo history. Any other damage is an error, never a guess.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.errors import InputError, OutputError, ParameterError
from MuscleMyopathyLib.output import replacing
from MuscleMyopathyLib.scoring.answers import answer_from_mapping
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.form_files import migrated_answer, migration_to
from MuscleMyopathyLib.scoring.scale import Migration, Scale


class Do(StrEnum):
    """What one line of the journal does to the form."""

    SCORE = "score"
    NOT_ASSESSABLE = "not-assessable"
    CLEAR = "clear"
    SAME_AS_OTHER_SIDE = "same-as-other-side"
    UNDO = "undo"
    REDO = "redo"
    SUGGEST = "suggest"
    PAUSE = "pause"


@dataclass(frozen=True)
class Operation:
    """One line of the journal.

    Attributes:
        do: What happens; ``pause`` only adds time.
        target: The target concerned; empty for undo, redo and pause.
        value: The score, the reason why it is not assessable, or the suggestion as (code, share in percent).
        seconds: Time since the operation before.
    """

    do: Do
    target: str = ""
    value: Any = None
    seconds: float = 0.0

    def applied(self, form: Form) -> Form:
        """Return the form after this operation.

        Raises:
            ParameterError: It does not fit the scale.
            InputError: The form is locked.
        """
        steps: dict[Do, Callable[[], Form]] = {
            Do.SCORE: lambda: form.scored(self.target, self.value),
            Do.NOT_ASSESSABLE: lambda: form.not_assessable(self.target, self.value),
            Do.CLEAR: lambda: form.cleared(self.target),
            Do.SAME_AS_OTHER_SIDE: lambda: form.same_as_other_side(self.target),
            Do.UNDO: form.undone,
            Do.REDO: form.redone,
            Do.SUGGEST: lambda: form.with_suggestion(self.target, Suggestion(*self.value)),
            Do.PAUSE: lambda: form,
        }
        return steps[self.do]().spent(self.seconds)


class FormJournal:
    """A form whose every operation is on the disk when it returns.

    >>> import tempfile
    >>> from MuscleMyopathyLib.scoring.scale_files import read_scale
    >>> scale = read_scale("mercuri-modified")
    >>> path = Path(tempfile.mkdtemp()) / "form.journal"
    >>> journal = FormJournal.begin(path, scale)
    >>> _ = journal.apply(Operation(Do.SCORE, "RF_right", "2", seconds=1.5))
    >>> FormJournal.resume(path, scale).form.progress
    '1 of 34'
    """

    def __init__(self, path: Path, form: Form, lines: int, size: int) -> None:
        """Use `begin` or `resume`."""
        self.path = path
        self.form = form
        self._lines = lines
        self._size = size

    @classmethod
    def begin(cls, path: Path, scale: Scale) -> FormJournal:
        """Begin an empty form.

        Raises:
            InputError: The journal exists already.
            OutputError: It cannot be written.
        """
        header = _header(scale)
        try:
            if path.exists() and b"\n" in path.read_bytes():
                raise InputError(f"{path.name} exists already: resume this form instead of beginning it again.")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                _append(file.fileno(), header)
            _flush_folder(path.parent)
        except OSError as error:
            raise _cannot_write(path, error) from error
        return cls(path, Form(scale), 1, len(header))

    @classmethod
    def resume(cls, path: Path, scale: Scale) -> FormJournal:
        """Restore a form from its journal; an unfinished last line is dropped.

        Raises:
            InputError: There is no journal, it is damaged, of another scale, or of a version that cannot be read.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if not lines:
            return cls.begin(path, scale)
        header = _read(path, lines[0], 0)
        migration = migration_to(scale, header.get("scale"), header.get("version"))
        form, operations = Form(scale), []
        for number, line in enumerate(lines[1:], start=1):
            values = _read(path, line, number)
            try:
                operations.append(_operation(scale, values, migration))
                form = operations[-1].applied(form)
            except (ParameterError, KeyError, TypeError, ValueError) as error:
                raise InputError(f"{path.name}, line {number + 1} does not fit {scale.name}: {error}") from error
        if header["version"] != scale.version:
            # What is written from now on uses the new names; the lines before must too.
            whole = b"".join([_header(scale), *(_entry(n, one) for n, one in enumerate(operations, start=1))])
            with replacing(path) as temporary:
                temporary.write_bytes(whole)
        return cls(path, form, len(lines), len(whole))

    def apply(self, operation: Operation) -> Form:
        """Do an operation and write it down; returns the form after it, which is on the disk by then.

        Raises:
            ParameterError: It does not fit the scale; nothing is written.
            InputError: The form is locked, or another program wrote to the journal.
            OutputError: It cannot be written; the form stays as it was.
        """
        form = operation.applied(self.form)
        line = _entry(self._lines, operation)
        try:
            with self.path.open("r+b") as file:
                whole = file.read(self._size)
                beyond = file.read()
                if len(whole) < self._size or b"\n" in beyond:
                    raise InputError(
                        f"{self.path.name} was changed by another program: this form is open twice. "
                        "Close the other window."
                    )
                file.truncate(self._size)
                file.seek(self._size)
                _append(file.fileno(), line)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self.form = form
        self._lines += 1
        self._size += len(line)
        return form


def _operation(scale: Scale, values: dict[str, Any], migration: Migration) -> Operation:
    do = Do(values["do"])
    target = migration.targets.get(values.get("target", ""), values.get("target", ""))
    value = values.get("value")
    if do is Do.SCORE:
        entry = migrated_answer({"value": value}, migration)
        value = answer_from_mapping(scale.target(target), entry).value
    elif do is Do.SUGGEST:
        code, share_percent = values["value"]
        value = (migration.codes.get(code, code), float(share_percent))
    return Operation(do, target, value, float(values["seconds"]))


def _header(scale: Scale) -> bytes:
    return _line({"n": 0, "scale": scale.id, "version": scale.version})


def _entry(number: int, operation: Operation) -> bytes:
    values: dict[str, Any] = {"n": number, "do": operation.do, "seconds": round(operation.seconds, 3)}
    if operation.target:
        values |= {"target": operation.target, "value": operation.value}
    return _line(values)


def _line(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _read(path: Path, line: bytes, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
        if values["n"] == number:
            return dict(values)
        problem = f"it is numbered {values['n']}"
    except (ValueError, TypeError, KeyError) as error:
        problem = repr(error)
    raise InputError(f"{path.name}, line {number + 1} is damaged ({problem}). Restore the file from a copy.")


def _append(descriptor: int, line: bytes) -> None:
    written = 0
    while written < len(line):
        written += os.write(descriptor, line[written:])
    os.fsync(descriptor)


def _flush_folder(folder: Path) -> None:
    """Make the new file's name as durable as its content; Windows has no such call and needs none."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error.strerror or error}. Free some space or check the folder."
    )
