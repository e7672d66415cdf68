"""Which readings of a table are compared: one reader with himself, or readers with one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.reproducibility.intraclass_correlation import IccForm
from MuscleMyopathyLib.reproducibility.readings import SIMULATED_WORD

ReaderSession = tuple[str, int]


class AgreementKind(StrEnum):
    """Intra-reader: one reader, first two sessions. Inter-reader: two or more readers, first sessions."""

    INTRA = "intra"
    INTER = "inter"
    BOTH = "both"

    @property
    def single(self) -> tuple[AgreementKind, ...]:
        """The kinds meant: intra, inter, or one after the other."""
        return (AgreementKind.INTRA, AgreementKind.INTER) if self is AgreementKind.BOTH else (self,)


@dataclass(frozen=True)
class AgreementParameters:
    """How agreement is computed and judged.

    Attributes:
        kind: Intra-reader, inter-reader or both.
        form: Form of the intraclass correlation. The papers name none; ICC(2,1) counts constant differences and
            holds for any reader like these.
        threshold: A feature is reliable when its ICC reaches this in every comparison: 0.80 in Nagawa et al. (Sci
            Rep 2021), 0.81 in Wei et al. (Front Neurol 2023).
        confidence: Level of the confidence intervals.
        readers: Who is compared; everybody where empty.
    """

    kind: AgreementKind = AgreementKind.BOTH
    form: IccForm = IccForm.AGREEMENT
    threshold: float = 0.80
    confidence: float = 0.95
    readers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ParameterError(f"threshold = {self.threshold} must lie between 0 and 1.")
        if not 0.5 <= self.confidence < 1:
            raise ParameterError(f"confidence = {self.confidence} must lie between 0.5 and 1.")


@dataclass(frozen=True)
class Comparison:
    """Readings of the same cases that are compared: (reader, session) each, all different."""

    kind: AgreementKind
    readings: tuple[ReaderSession, ...]

    @property
    def name(self) -> str:
        """The readings in words, for tables: ``R1 session 1 / R1 session 2``."""
        return " / ".join(reading_name(*reading) for reading in self.readings)

    @property
    def simulated(self) -> bool:
        """Whether one of them is no reader but a simulation."""
        return any(SIMULATED_WORD in reader.lower() for reader, _ in self.readings)


def reading_name(reader: str, session: int) -> str:
    """Return a reading in words."""
    return f"{reader} session {session}"


def find_comparisons(
    readings: Iterable[ReaderSession],
    parameters: AgreementParameters | None = None,
) -> list[Comparison]:
    """Return what can be compared: each reader who read twice, and all readers' first sessions.

    Raises:
        InputError: A reader asked for is not there, or the kind of comparison asked for is not possible.
    """
    parameters = parameters or AgreementParameters()
    present = sorted(set(readings))
    sessions: dict[str, list[int]] = {}
    for reader, session in present:
        sessions.setdefault(reader, []).append(session)
    held = ", ".join(reading_name(*reading) for reading in present) or "no reading"
    if missing := [reader for reader in parameters.readers if reader not in sessions]:
        raise InputError(f"There is no reading by {', '.join(missing)}. There is: {held}.")
    readers = parameters.readers or tuple(sessions)
    intra = [
        Comparison(AgreementKind.INTRA, ((reader, sessions[reader][0]), (reader, sessions[reader][1])))
        for reader in readers
        if len(sessions[reader]) > 1
    ]
    inter = (
        [Comparison(AgreementKind.INTER, tuple((reader, sessions[reader][0]) for reader in readers))]
        if len(readers) > 1
        else []
    )
    found = {AgreementKind.INTRA: intra, AgreementKind.INTER: inter}
    needs = {
        AgreementKind.INTRA: "intra-reader agreement needs two sessions of one reader",
        AgreementKind.INTER: "inter-reader agreement needs two readers",
    }
    for kind in parameters.kind.single:
        if not found[kind]:
            raise InputError(f"{needs[kind].capitalize()}, and there is: {held}.")
    return [comparison for kind in parameters.kind.single for comparison in found[kind]]
