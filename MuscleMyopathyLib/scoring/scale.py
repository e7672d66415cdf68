"""A scale: what is scored (muscles by side, or items), by which levels, numbers or choices.

>>> normal, fatty = Level(0, "0", "normal"), Level(1, "1", "fatty")
>>> target = Target("RF_left", "rectus femoris left", TargetKind.LEVEL, levels=(normal, fatty))
>>> scale = Scale("two-levels", 1, "Two levels", "an example", (target,))
>>> scale.target("RF_left").level("1").label
'fatty'
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from MuscleMyopathyLib.anatomy import OTHER_SIDE, Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError

_SCALE_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_TARGET_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class TargetKind(StrEnum):
    """How a target is answered: an ordinal level, a number, yes or no, one of several options, or any of them."""

    LEVEL = "level"
    NUMBER = "number"
    YES_NO = "yes-no"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True)
class Level:
    """One level of an ordinal scale, or one option of a choice.

    Attributes:
        value: Its rank on an ordinal scale, by which sums and weighted kappa count; also the digit key that scores
            it. Options of a choice are numbered from 0 in their order, which means nothing.
        code: What a reader writes: ``2a``. Forms store it.
        label: A few words.
        wording: The definition in full.
        picture: Path of an example picture, from the folder of the scale's file; empty without one.
    """

    value: int
    code: str
    label: str
    wording: str = ""
    picture: str = ""


@dataclass(frozen=True)
class NormalRange:
    """Normal range of a laboratory value, both ends normal; None where there is no such end."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise InputError("a normal range needs a low or a high end")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"a normal range cannot reach from {self.low:g} down to {self.high:g}")

    def __contains__(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Target:
    """One thing to score.

    Attributes:
        id: Unique in the scale; of a muscle its `Structure.identifier`, e.g. ``RF_left``.
        name: For people.
        kind: How it is answered.
        question: The question in full; empty where the name says it.
        levels: Levels, or options of a choice.
        unit: Of a number, for people, e.g. ``U/L``.
        ucum: The unit's code in UCUM (Unified Code for Units of Measure), for exports.
        minimum: Least possible number.
        maximum: Greatest possible number.
        normal: Normal range of a number.
        structure: The muscle and side, where the target is one.
    """

    id: str
    name: str
    kind: TargetKind
    question: str = ""
    levels: tuple[Level, ...] = ()
    unit: str = ""
    ucum: str = ""
    minimum: float | None = None
    maximum: float | None = None
    normal: NormalRange | None = None
    structure: Structure | None = None

    def __post_init__(self) -> None:
        if not _TARGET_ID.fullmatch(self.id):
            raise InputError(f"the id {self.id!r} must begin with a letter and hold letters, digits and _ only")
        if self.kind in (TargetKind.NUMBER, TargetKind.YES_NO):
            if self.levels:
                raise InputError(f"{self.id} is answered by {self.kind} and cannot have levels or options")
        else:
            _check_levels(self.id, self.levels, ordinal=self.kind is TargetKind.LEVEL)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise InputError(f"{self.id}: the minimum {self.minimum:g} exceeds the maximum {self.maximum:g}")

    @property
    def side(self) -> Side | None:
        """The muscle's side; None for an item."""
        return self.structure.side if self.structure else None

    def level(self, code: str) -> Level:
        """Return the level or option of a code.

        Raises:
            ParameterError: It is outside the scale; the codes are listed.
        """
        for level in self.levels:
            if level.code == code:
                return level
        codes = ", ".join(level.code for level in self.levels)
        raise ParameterError(f"{self.name}: {code!r} is not on the scale. Its codes are: {codes}.")


@dataclass(frozen=True)
class Migration:
    """How answers of an older version are read: renamed targets and renamed codes, old name to new name."""

    targets: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """A scale with its targets.

    Attributes:
        id: Lower-case letters, digits and hyphens; part of file names.
        version: Counted from 1; grows with every change of levels or targets.
        name: For people.
        source: Where it was published.
        targets: In the order in which they are scored.
        sum_name: What the sum over all targets is called; empty where a sum means nothing.
        migrations: Older versions whose forms this version reads.
    """

    id: str
    version: int
    name: str
    source: str
    targets: tuple[Target, ...]
    sum_name: str = ""
    migrations: Mapping[int, Migration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _SCALE_ID.fullmatch(self.id):
            raise InputError(f"the id {self.id!r} must be lower-case letters, digits and hyphens, at most 64")
        if self.version < 1:
            raise InputError(f"versions are counted from 1; {self.version} is none")
        if not self.targets:
            raise InputError("there is nothing to score: name muscles or items")
        if twice := _twice(target.id for target in self.targets):
            raise InputError(f"the target {twice} stands twice")
        if self.sum_name and any(target.kind is not TargetKind.LEVEL for target in self.targets):
            raise InputError("a sum needs targets that are all scored by levels")
        for version in self.migrations:
            if not 1 <= version < self.version:
                raise InputError(f"version {version} is not older than version {self.version}")

    def target(self, target_id: str) -> Target:
        """Return a target.

        Raises:
            ParameterError: The scale has no such target.
        """
        for target in self.targets:
            if target.id == target_id:
                return target
        known = ", ".join(target.id for target in self.targets)
        raise ParameterError(f"{self.name} has no target {target_id!r}. It has: {known}.")

    def other_side(self, target_id: str) -> Target | None:
        """Return the same muscle on the other side; None for an item, or where only one side is scored."""
        structure = self.target(target_id).structure
        if structure is None or structure.side is Side.BOTH:
            return None
        wanted = Structure(structure.code, OTHER_SIDE[structure.side])
        return next((target for target in self.targets if target.structure == wanted), None)


def _check_levels(target: str, levels: tuple[Level, ...], *, ordinal: bool) -> None:
    kind = "level" if ordinal else "option"
    if len(levels) < 2:
        raise InputError(f"{target} needs at least two {kind}s, not {len(levels)}")
    if twice := _twice(level.code for level in levels):
        raise InputError(f"{target}: two {kind}s have the code {twice!r}")
    if twice := _twice(str(level.value) for level in levels):
        raise InputError(f"{target}: two {kind}s have the value {twice}")
    values = [level.value for level in levels]
    if values != sorted(values) or values[0] < 0:
        raise InputError(f"{target}: the {kind}s' values must grow from 0 on, not {values}")
    for level in levels:
        if not level.code.strip() or not level.label.strip():
            raise InputError(f"{target}: the {kind} of value {level.value} lacks a code or a label")


def _twice(names: Iterable[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")
