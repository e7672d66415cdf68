"""A form: a scale being filled in. Immutable; every operation returns a new form.

>>> from MuscleMyopathyLib.scoring.scale_files import read_scale
>>> form = Form(read_scale("mercuri-modified")).scored("RF_right", "3").same_as_other_side("RF_left")
>>> form.answer("RF_left").value, form.progress, form.next_unscored()
('3', '2 of 34', 'VL_right')
>>> form.undone().answer("RF_left").state
<State.NOT_SCORED: 'not scored'>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.scoring.answers import NOT_SCORED, Answer, State, checked_value
from MuscleMyopathyLib.scoring.scale import Scale, Target


class Suggestion(NamedTuple):
    """A level suggested from a fat-fraction map, and the share of fat voxels behind it in percent."""

    code: str
    share_percent: float


class Change(NamedTuple):
    """One change of an answer, as undo and redo need it."""

    target: str
    before: Answer
    after: Answer


@dataclass(frozen=True)
class Form:
    """Answers of one reader to the targets of a scale, for one case.

    Attributes:
        scale: What is filled in.
        answers: Answers by target; a target that is missing here is not scored.
        suggestions: Suggested levels by target, beside the reader's own.
        seconds: Time spent.
        locked: Finished; nothing can be changed any more.
        done: Changes that can be undone, the latest last.
        undone_changes: Changes that can be redone, the next one last.
    """

    scale: Scale
    answers: Mapping[str, Answer] = field(default_factory=dict)
    suggestions: Mapping[str, Suggestion] = field(default_factory=dict)
    seconds: float = 0.0
    locked: bool = False
    done: tuple[Change, ...] = ()
    undone_changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        for name in ("answers", "suggestions"):
            values = dict(getattr(self, name))
            for target in values:
                self.scale.target(target)
            object.__setattr__(self, name, MappingProxyType(values))

    def answer(self, target: str) -> Answer:
        """Return what was said of a target.

        Raises:
            ParameterError: The scale has no such target.
        """
        return self.answers.get(self.scale.target(target).id, NOT_SCORED)

    def scored(self, target: str, value: Any) -> Form:
        """Score a target: a level's or option's code, a number, True or False, or a list of codes.

        Raises:
            ParameterError: The score lies outside the scale; the scale's codes are listed.
            InputError: The form is locked.
        """
        return self._answered(target, Answer(checked_value(self.scale.target(target), value)))

    def not_assessable(self, target: str, reason: str) -> Form:
        """Say that a target cannot be scored, and why.

        Raises:
            ParameterError: No reason is given.
            InputError: The form is locked.
        """
        if not reason.strip():
            raise ParameterError(f"{self.scale.target(target).name}: say why it cannot be assessed.")
        return self._answered(target, Answer(reason=reason.strip()))

    def cleared(self, target: str) -> Form:
        """Take an answer back: the target is not scored again.

        Raises:
            InputError: The form is locked.
        """
        return self._answered(target, NOT_SCORED)

    def same_as_other_side(self, target: str) -> Form:
        """Answer a muscle as the same muscle on the other side.

        Raises:
            ParameterError: The target has no other side, or that is not scored yet.
            InputError: The form is locked.
        """
        other = self.scale.other_side(target)
        name = self.scale.target(target).name
        if other is None:
            raise ParameterError(f"{name} has no other side on this scale.")
        answer = self.answer(other.id)
        if answer.state is State.NOT_SCORED:
            raise ParameterError(f"{name}: {other.name} is not scored yet.")
        return self._answered(target, answer)

    def undone(self) -> Form:
        """Take the latest change back; without one the form stays as it is."""
        self._refuse_locked()
        if not self.done:
            return self
        change = self.done[-1]
        answers = _with(self.answers, change.target, change.before)
        return replace(self, answers=answers, done=self.done[:-1], undone_changes=(*self.undone_changes, change))

    def redone(self) -> Form:
        """Make the change again that was taken back last; without one the form stays as it is."""
        self._refuse_locked()
        if not self.undone_changes:
            return self
        change = self.undone_changes[-1]
        answers = _with(self.answers, change.target, change.after)
        return replace(self, answers=answers, done=(*self.done, change), undone_changes=self.undone_changes[:-1])

    def with_suggestion(self, target: str, suggestion: Suggestion) -> Form:
        """Store a suggested level beside the reader's answer, which it does not touch.

        Raises:
            ParameterError: The suggested level is not on the target's scale.
            InputError: The form is locked.
        """
        self._refuse_locked()
        self.scale.target(target).level(suggestion.code)
        return replace(self, suggestions={**self.suggestions, target: suggestion})

    def spent(self, seconds: float) -> Form:
        """Add time to the time spent.

        Raises:
            InputError: The form is locked.
        """
        self._refuse_locked()
        if seconds < 0:
            raise ParameterError(f"Time spent cannot be {seconds:g} s.")
        return replace(self, seconds=self.seconds + seconds)

    def as_locked(self) -> Form:
        """Finish the form.

        Raises:
            InputError: It is finished already.
        """
        self._refuse_locked()
        return replace(self, locked=True)

    def unscored(self) -> list[Target]:
        """Return the targets that are neither scored nor not assessable."""
        return [target for target in self.scale.targets if self.answer(target.id).state is State.NOT_SCORED]

    @property
    def progress(self) -> str:
        """How far the form is: ``21 of 34``. A target that is not assessable is done."""
        total = len(self.scale.targets)
        return f"{total - len(self.unscored())} of {total}"

    def next_unscored(self, after: str | None = None) -> str | None:
        """Return the next target to score, going round at the end; None where all are done.

        Args:
            after: The target at hand; None begins at the first.
        """
        ids = [target.id for target in self.scale.targets]
        start = 0 if after is None else ids.index(self.scale.target(after).id) + 1
        open_ones = {target.id for target in self.unscored()}
        return next((target for target in ids[start:] + ids[:start] if target in open_ones), None)

    def _answered(self, target: str, answer: Answer) -> Form:
        self._refuse_locked()
        before = self.answer(target)
        if answer == before:
            return self
        change = Change(target, before, answer)
        answers = _with(self.answers, target, answer)
        return replace(self, answers=answers, done=(*self.done, change), undone_changes=())

    def _refuse_locked(self) -> None:
        if self.locked:
            raise InputError(
                f"This form ({self.scale.name}) is locked: it is finished. Begin a new session instead."
            )


def _with(answers: Mapping[str, Answer], target: str, answer: Answer) -> dict[str, Answer]:
    changed = {**answers, target: answer}
    if answer == NOT_SCORED:
        del changed[target]
    return changed
