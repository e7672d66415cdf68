"""The vendors' and users' words for roles in series descriptions, protocol names and file names.

>>> plain_words("WATER: Ax T2 IDEAL")
'water ax t2 ideal'
>>> dixon_image("t1_vibe_dixon_tra_W")
(<Role.WATER: 'water'>, 'w')
>>> first_word(FAT_SUPPRESSED, "AXIAL SE T2 FAT SAT - RESEARCH")
'fat sat'
>>> dixon_image("AXIAL SE T2 FAT SAT - RESEARCH") is None
True
"""

from __future__ import annotations

import re

from MuscleMyopathyLib.imaging.roles import Role

T1_WEIGHTED = re.compile(r"\bt1(w|wi|tse|fse|se|fs|vibe|ffe|gre|flash)?\b")
T2_WEIGHTED = re.compile(r"\bt2(w|wi|tse|fse|se|fs|frfse|spair|spir)?\b")
PROTON_DENSITY = re.compile(r"\b(pdw?(fs)?|proton ?density)\b")
SHORT_TAU_INVERSION = re.compile(r"\b(\w*stir\w*|\w*tirm|tir|short ?tau|fs ?ir|ir ?fs)\b")
FLUID_ATTENUATED = re.compile(r"\b(\w*flair|dark ?fluid)\b")
T2_MAP = re.compile(r"\b(t2( \w+)? ?maps?|t2 ?images?)\b")
FAT_SUPPRESSED = re.compile(
    r"\b(q?fat ?sat\w*|fat ?supp?\w*|fat ?nulled|\w*spair|\w*spir|chess"
    r"|(t1w?i?|t2w?i?|pdw?|tse|fse|frfse|se)?fs)\b"
)
SPIN_ECHO = re.compile(r"\b(se|tse|fse|mese|semc|cpmg|mse|spin ?echo|t2 ?map\w*|t2 ?echo(es)?|t2)\b")
GRADIENT_ECHO = re.compile(r"\b(gre|megre|flash|fgre|m?ffe|spgr|vibe|m?dixon\w*|ideal\w*|gradient ?echo)\b")
PHASE = re.compile(r"(?<!in )(?<!out )(?<!of )(?<!opp )(?<!opposed )\b(phase|pha)\b")
"""A phase image, but neither in phase nor opposed phase."""

R2STAR_MAP = re.compile(r"\br2( ?star\w*|\*)(?!\w)")
LABEL_IMAGE = re.compile(r"\b(labels?|label ?map|d?seg|segmentation|masks?|rois?)\b")
"""Words of file names, as `plain_words` leaves them."""

DIXON = re.compile(r"\b(m?dixon\w*|ideal\w*|wfop)\b")
"""Sequences that give nothing but Dixon images."""

_NOT_FAT_SUPPRESSED = re.compile(r"\b(no|non|without|w o|ohne|sans) ?(fs|fat ?sat\w*|fat ?supp?\w*)\b")
_WATER_SELECTED = re.compile(r"\bwater ?(exc\w*|sel\w*|sat\w*|supp?\w*)\b")

_DIXON_SEQUENCE = re.compile(r"\b(m?dixon\w*|ideal\w*|lava|flex|vibe|[eq]?thrive|wfop|me?gre)\b")
"""Sequences that give several images, so that a single letter in the name tells which one."""

_DIXON_IMAGES = {
    Role.FAT_FRACTION_MAP: re.compile(r"\b(pdff\w*|ff|ff ?map|fat ?frac\w*|fat ?perc\w*|fat ?signal ?fraction)\b"),
    Role.IN_PHASE: re.compile(r"\b(in ?phase|in ?ph)\b"),
    Role.OPPOSED_PHASE: re.compile(r"\b(out( of)? ?phase|opp?(osed)? ?phase|opp|opposed|out ?ph)\b"),
    Role.WATER: re.compile(r"\b(water|wat)\b"),
    Role.FAT: re.compile(r"\bfat\b"),
}
_DIXON_LETTERS = {
    "w": Role.WATER,
    "f": Role.FAT,
    "ip": Role.IN_PHASE,
    "in": Role.IN_PHASE,
    "op": Role.OPPOSED_PHASE,
    "out": Role.OPPOSED_PHASE,
}

_WITHOUT_ROLE = {
    "a localizer": re.compile(r"\b(locali[sz]er\w*|scout|survey|loc|plan ?scan)\b"),
    "a diffusion image": re.compile(r"\b(dwi\w*|dti|diffusion|diff|e?adc|tracew?|ivim|b\d{2,4})\b"),
    "a T2* image": re.compile(r"\bt2( ?star|\*)"),
    "a relaxation-rate map": re.compile(r"\br[12] ?maps?\b"),
    "a T1 map": re.compile(r"\b(t1 ?map\w*|t1 ?rho|molli)\b"),
    "a field map": re.compile(r"\b(b[01] ?map\w*|field ?map\w*)\b"),
    "a phase image": re.compile(r"\b(phase ?(map|images?)|part phase|pha)\b"),
    "a water-fraction map": re.compile(r"\bwater ?frac\w*\b"),
    "a subtraction image": re.compile(r"\bsubtract\w*\b"),
    "a projection or angiography image": re.compile(r"\b(mip|tof|mra|angio\w*)\b"),
}


def plain_words(text: str) -> str:
    """Return a description or file name in lower-case words: ``t2_tse_FatSat`` becomes ``t2 tse fat sat``."""
    separated = re.sub(r"([a-z])([A-Z][a-z])", r"\1 \2", text)
    return re.sub(r"[^a-z0-9*+]+", " ", separated.lower()).strip()


def first_word(pattern: re.Pattern[str], text: str) -> str | None:
    """Return the first word of a kind (such as `T1_WEIGHTED`) in a text, or None."""
    match = pattern.search(_NOT_FAT_SUPPRESSED.sub(" ", plain_words(text)))
    return match.group(0) if match else None


def dixon_image(text: str) -> tuple[Role, str] | None:
    """Return which image of a Dixon series the words name, and the word; None where they name none or several."""
    words = plain_words(text)
    for other in (_NOT_FAT_SUPPRESSED, FAT_SUPPRESSED, _WATER_SELECTED):
        words = other.sub(" ", words)
    found = {}
    for role, pattern in _DIXON_IMAGES.items():
        match = pattern.search(words)
        if match:
            found[role] = match.group(0)
            # "fat fraction" is taken out, so that its "fat" does not count as a fat image too.
            words = pattern.sub(" ", words)
    if not found and _DIXON_SEQUENCE.search(words):
        found = {_DIXON_LETTERS[word]: word for word in words.split() if word in _DIXON_LETTERS}
    return next(iter(found.items())) if len(found) == 1 else None


def meaning_without_role(text: str) -> tuple[str, str] | None:
    """Return what the words name that has no role here (a localizer, diffusion, …), and the word; or None."""
    words = plain_words(text)
    for meaning, pattern in _WITHOUT_ROLE.items():
        match = pattern.search(words)
        if match:
            return meaning, match.group(0)
    return None
