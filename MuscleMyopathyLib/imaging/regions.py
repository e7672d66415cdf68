"""Thigh or calf, where header or names tell; otherwise None, and the user is asked.

>>> guess_region(["EXTREMITY", "^THIGH", "AXIAL SE T1"])
<Region.THIGH: 'thigh'>
>>> guess_region(["LEG"]) is None
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.imaging.role_words import plain_words

_WORDS = {
    Region.THIGH: re.compile(r"(thigh|femur|oberschenkel|upper ?leg|uprleg|cuisse|quadriceps)"),
    Region.CALF: re.compile(r"(calf|calves|lower ?leg|lowleg|unterschenkel|crus\b|mollet|shank|\btibia\b)"),
}


def guess_region(texts: Iterable[str]) -> Region | None:
    """Return the limb segment named by BodyPartExamined, descriptions or file names.

    "Leg" alone names none: DICOM means the lower leg by it, everyday use the whole limb. Texts that name both
    segments name none.
    """
    words = " | ".join(plain_words(text) for text in texts)
    named = [region for region, pattern in _WORDS.items() if pattern.search(words)]
    return named[0] if len(named) == 1 else None
