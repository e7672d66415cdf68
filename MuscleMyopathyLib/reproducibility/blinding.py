"""Blinding: which readings a reader may see, and whether the clinical data of a case stay hidden.

A reader who still has an open reading of a case, or who has not begun the one at hand, sees of that case only the
reading at hand. Who is through with a case sees what is finished: locked readings, never another's open one.
"""

from __future__ import annotations

from collections.abc import Iterable

from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingState


def is_blinded(readings: Iterable[Reading], case: str, reader: str, session: int) -> bool:
    """Tell whether earlier readings, other readers and clinical data of the case are hidden from this reader.

    Args:
        readings: All readings of the study.
        case: The case to be looked at.
        reader: Who looks.
        session: The session at hand.
    """
    own = [one for one in readings if (one.case, one.reader) == (case, reader)]
    begun = any(one.session == session for one in own)
    return not begun or any(one.state is ReadingState.OPEN for one in own)


def visible_readings(readings: Iterable[Reading], reader: str, session: int) -> list[Reading]:
    """Return those readings of a study that the reader may see in the session, in their order."""
    everything = list(readings)
    blinded = {
        case: is_blinded(everything, case, reader, session) for case in {reading.case for reading in everything}
    }

    def may_see(reading: Reading) -> bool:
        at_hand = (reading.reader, reading.session) == (reader, session)
        return at_hand or (not blinded[reading.case] and reading.state is ReadingState.LOCKED)

    return [reading for reading in everything if may_see(reading)]
