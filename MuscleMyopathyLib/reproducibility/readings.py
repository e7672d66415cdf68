"""A reading: what one reader drew or scored on one case in one session, and how it is named on disk.

>>> reading = Reading(case="P-017", reader="R1", session=2, date=date(2024, 5, 1))
>>> reading.file_name("thigh")
'sub-P-017_reader-R1_session-2_desc-thigh_dseg.nii.gz'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.label_schemes import OWN_SCHEME

MINIMUM_INTERVAL_DAYS = 60
"""A reader repeats a reading after two months at the earliest (Nagawa 2021, Wei 2023), when it is forgotten."""

SIMULATED_WORD = "simulated"
"""Stands in the name of every simulated reader, so that each table made from the reading says it."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")


class ReadingKind(StrEnum):
    """Contours, or a filled form such as a Mercuri score."""

    SEGMENTATION = "segmentation"
    FORM = "form"


class ReadingState(StrEnum):
    """An open reading can be changed; a locked one is finished for good."""

    OPEN = "open"
    LOCKED = "locked"


class ReadingKey(NamedTuple):
    """What tells readings apart: there is one reading per case, reader, session and kind."""

    case: str
    reader: str
    session: int
    kind: ReadingKind = ReadingKind.SEGMENTATION

    def __str__(self) -> str:
        return f"{self.kind} of {self.case} by {self.reader}, session {self.session}"


@dataclass(frozen=True)
class Reading:
    """One reading.

    Attributes:
        case: Pseudonym of the case; letters, digits and hyphens.
        reader: Pseudonym of the reader, likewise.
        session: Which reading of this case by this reader, from 1.
        date: When it was read.
        kind: Contours or a form.
        state: Open or locked.
        parts: Its files by name, e.g. ``thigh`` and ``calf``, or the scale of a form; one unnamed part is "".
        simulated: Made by a computer as a stand-in for a reader.
        perturbation: The parameters of the simulation and which reading it began from; empty for a real reader.
        label_scheme: Numbering of its label images.
        source: Name of the file that it was imported from; empty where it was drawn here.
        notes: The reader's remarks.
        checksums: SHA-256 of each file when it was locked.
        seal: SHA-256 over everything above when it was locked; empty while it is open.
    """

    case: str
    reader: str
    session: int
    date: date
    kind: ReadingKind = ReadingKind.SEGMENTATION
    state: ReadingState = ReadingState.OPEN
    parts: tuple[str, ...] = ()
    simulated: bool = False
    perturbation: Mapping[str, Any] = field(default_factory=dict)
    label_scheme: str = OWN_SCHEME
    source: str = ""
    notes: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    seal: str = ""

    def __post_init__(self) -> None:
        require_identifier(self.case, "case")
        require_identifier(self.reader, "reader")
        require_session(self.session)
        for part in self.parts:
            require_part(part)
        if len({part.lower() for part in self.parts}) != len(self.parts):
            raise InputError(f"{self.key} names a part twice: {', '.join(self.parts)}.")
        if self.simulated != (SIMULATED_WORD in self.reader.lower()):
            raise InputError(
                f"The reader of a simulated reading, and no other, carries the word {SIMULATED_WORD!r} in the "
                f"name; {self.reader!r} is {'simulated' if self.simulated else 'a real reader'}."
            )
        if self.simulated and not self.perturbation:
            raise InputError(f"{self.key} is simulated and does not say how.")

    @property
    def key(self) -> ReadingKey:
        """Case, reader, session and kind."""
        return ReadingKey(self.case, self.reader, self.session, self.kind)

    def file_name(self, part: str = "") -> str:
        """Return the name of a part's file: a label image (``dseg``, as BIDS derivatives call it) or a form."""
        require_part(part)
        described = f"_desc-{part}" if part else ""
        ending = "dseg.nii.gz" if self.kind is ReadingKind.SEGMENTATION else "form.json"
        return f"sub-{self.case}_reader-{self.reader}_session-{self.session}{described}_{ending}"


def require_identifier(text: str, what: str) -> None:
    """Refuse a name that cannot be part of a file's name on every system, or that would leave its folder.

    Raises:
        InputError: Anything but 1 to 64 letters (without accents), digits and hyphens inside.
    """
    if not _IDENTIFIER.fullmatch(text):
        raise InputError(
            f"{text!r} cannot name a {what}: use letters without accents, digits and hyphens between them, "
            "at most 64, such as P-017."
        )


def require_session(session: int) -> None:
    """Refuse a number that counts no session.

    Raises:
        InputError: It is no whole number from 1 to 999.
    """
    if isinstance(session, bool) or not isinstance(session, int) or not 1 <= session <= 999:
        raise InputError(f"Sessions are counted 1, 2, 3 …; {session!r} is none.")


def require_part(part: str) -> None:
    """Refuse a name of a part that cannot be in a file's name; the empty name is the only part's."""
    if part:
        require_identifier(part, "part of a reading")


def days_between_sessions(reading: Reading, others: Iterable[Reading]) -> tuple[int | None, str]:
    """Return the days since this reader's first reading of the case, and a warning where a repeat came too soon.

    Args:
        reading: The reading in question.
        others: Readings of the study; only the same reader's earlier sessions of the case and kind count.

    Returns:
        Days since the first session, None where there is no earlier one; and the warning, or "".
    """
    earlier = sorted(
        (
            other
            for other in others
            if (other.case, other.reader, other.kind) == (reading.case, reading.reader, reading.kind)
            and other.session < reading.session
        ),
        key=lambda other: other.session,
    )
    if not earlier:
        return None, ""
    first, last = earlier[0], earlier[-1]
    days = (reading.date - last.date).days
    warning = ""
    if days < 0:
        warning = f"dated {-days} days before session {last.session}"
    elif days < MINIMUM_INTERVAL_DAYS:
        warning = f"{days} days after session {last.session}: closer than {MINIMUM_INTERVAL_DAYS} days"
    return (reading.date - first.date).days, warning
