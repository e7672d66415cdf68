"""An answer to a target of a scale: scored, not assessable with a reason, or not scored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.scoring.scale import Target, TargetKind

Value = str | float | bool | tuple[str, ...]
"""Code of a level or option, a number, yes or no, or the codes of several options."""


class State(StrEnum):
    """What is known of a target."""

    NOT_SCORED = "not scored"
    SCORED = "scored"
    NOT_ASSESSABLE = "not assessable"


@dataclass(frozen=True)
class Answer:
    """What a reader said of a target; without value and reason it is not scored.

    Attributes:
        value: The score; None where there is none.
        reason: Why it is not assessable; empty where it is scored.
    """

    value: Value | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.value is not None and self.reason:
            raise ParameterError("An answer is either a score or the reason why there is none, not both.")

    @property
    def state(self) -> State:
        """Scored, not assessable, or not scored."""
        if self.value is not None:
            return State.SCORED
        return State.NOT_ASSESSABLE if self.reason else State.NOT_SCORED


NOT_SCORED = Answer()


def checked_value(target: Target, value: Any) -> Value:
    """Return a value as the target stores it.

    Args:
        target: What was scored.
        value: A level's or option's code as text; a number; True or False; a list of codes.

    Raises:
        ParameterError: It does not fit the target or lies outside the scale.
    """
    if target.kind in (TargetKind.LEVEL, TargetKind.CHOICE):
        if not isinstance(value, str):
            raise ParameterError(f"{target.name}: {value!r} is no code. Give the code as text, such as '2'.")
        return target.level(value).code
    if target.kind is TargetKind.YES_NO:
        if not isinstance(value, bool):
            raise ParameterError(f"{target.name} is answered by yes or no (true or false), not by {value!r}.")
        return value
    if target.kind is TargetKind.CHOICES:
        if not isinstance(value, list | tuple) or not value:
            raise ParameterError(f"{target.name} is answered by one or more codes, not by {value!r}.")
        chosen = {target.level(code).code for code in value}
        if "none" in chosen and len(chosen) > 1:
            raise ParameterError(f"{target.name}: 'none' cannot stand beside another option.")
        return tuple(level.code for level in target.levels if level.code in chosen)
    return _number(target, value)


def _number(target: Target, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParameterError(f"{target.name} needs a number, not {value!r}.")
    too_low = target.minimum is not None and value < target.minimum
    too_high = target.maximum is not None and value > target.maximum
    if too_low or too_high:
        low = "…" if target.minimum is None else f"{target.minimum:g}"
        high = "…" if target.maximum is None else f"{target.maximum:g}"
        raise ParameterError(f"{target.name} = {value:g} {target.unit} lies outside {low} to {high}.")
    return float(value)


def answer_to_mapping(answer: Answer) -> dict[str, Any]:
    """Return plain values that `answer_from_mapping` reads back."""
    if answer.reason:
        return {"not_assessable": answer.reason}
    return {"value": list(answer.value) if isinstance(answer.value, tuple) else answer.value}


def answer_from_mapping(target: Target, values: Mapping[str, Any]) -> Answer:
    """Read an answer and check it against its target.

    Raises:
        InputError: It is no answer.
        ParameterError: It lies outside the scale.
    """
    if set(values) == {"not_assessable"} and values["not_assessable"]:
        return Answer(reason=str(values["not_assessable"]))
    if set(values) == {"value"}:
        return Answer(checked_value(target, values["value"]))
    raise InputError(f"{target.name}: {dict(values)!r} is neither a value nor a reason for not assessable.")
