"""A cohort: cases with their images and readings as files, wherever they were listed (a CSV or a BIDS folder)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError

_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?")


@dataclass(frozen=True)
class CohortReading:
    """One label image of a case, not yet read.

    Attributes:
        labels: The label image.
        structures: Which label is which structure.
        all_expected: Whether every structure of ``structures`` should be there; then one without a voxel keeps its
            row with the reason. Otherwise ``structures`` names all that could be there.
        reader: Who drew it; empty where it is not stated.
        session: Which reading of that reader, from 1.
        sequences: The sequences that it is meant for; all of its limb segment where empty.
    """

    labels: Path
    structures: Mapping[int, Structure]
    all_expected: bool = False
    reader: str = ""
    session: int = 1
    sequences: tuple[str, ...] = ()


@dataclass(frozen=True)
class CohortPart:
    """The images of one limb segment of a case, and what was drawn on them.

    Attributes:
        region: ``thigh``, ``calf``, or empty where it is not stated.
        images: Image files by the name of their sequence.
        readings: What was drawn.
    """

    region: str
    images: Mapping[str, Path]
    readings: tuple[CohortReading, ...]


@dataclass(frozen=True)
class CohortCase:
    """One case.

    Attributes:
        identifier: Its pseudonym.
        parts: Limb segments that can be measured; none where nothing usable was found.
        details: What else the cohort's table says of it (group, age …), as text.
        problems: What is lacking, in words.
        phantom: Whether its images are simulated.
    """

    identifier: str
    parts: tuple[CohortPart, ...]
    details: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    phantom: bool = False


def require_different_identifiers(identifiers: list[str]) -> None:
    """Refuse a cohort in which two cases could not be told apart, on any system.

    Raises:
        InputError: A case occurs twice, or two differ only in capitals, which some systems' folders do not tell.
    """
    counts = Counter(identifier.casefold() for identifier in identifiers)
    alike = [identifier for identifier in identifiers if counts[identifier.casefold()] > 1]
    if alike:
        raise InputError(
            f"Cases occur twice or differ only in capitals: {', '.join(dict.fromkeys(alike))}. "
            "Give each case a name of its own."
        )


def folder_name(identifier: str) -> str:
    """Return a name for a case's folder that every system takes and that no other case has.

    >>> folder_name("P-017")
    'P-017'
    >>> folder_name("../P 17")
    'P-17-f72cd720'
    """
    if _PLAIN_NAME.fullmatch(identifier):
        return identifier
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", identifier).strip("-")[:60]
    digest = hashlib.sha256(identifier.encode()).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest
