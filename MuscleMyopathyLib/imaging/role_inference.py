"""The role of a series, found from its header or file name, with the reason in a sentence for the user.

A doubtful series is `Role.UNKNOWN` with the reason; the user chooses (`roles.with_role`). The voxels are never
looked at. Short words are those of the vendors' default protocols; times are those of musculoskeletal MRI.

>>> infer_role(RoleEvidence(image_type=("ORIGINAL", "PRIMARY", "W", "W", "DERIVED")))
(<Role.WATER: 'water'>, 'ImageType says W: water image of a Dixon series.')
>>> infer_role(RoleEvidence(texts=(("SeriesDescription", "t1_tse_tra"),)))
(<Role.T1W: 'T1w'>, 'SeriesDescription "t1_tse_tra" says "t1": T1-weighted.')
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from MuscleMyopathyLib.imaging import role_words
from MuscleMyopathyLib.imaging.roles import Role

SHORT_INVERSION_MS = (80.0, 300.0)
"""Inversion times that null fat: about 150–180 ms at 1.5 T, 200–240 ms at 3 T."""

T1_REPETITION_BELOW_MS = 1000.0
T1_ECHO_BELOW_MS = 30.0
T2_REPETITION_FROM_MS = 1800.0
T2_ECHO_FROM_MS = 60.0
"""Spin echo with times between these bounds is left to the user."""

Finding = tuple[Role, str]


@dataclass(frozen=True)
class RoleEvidence:
    """What header, sidecar or file name say about a series; unknown things are empty or None.

    Attributes:
        image_type: DICOM's ImageType (or FrameType), in its order.
        texts: Field name and its free text: SeriesDescription, ProtocolName, SequenceName, the file name.
        scanning_sequence: DICOM's ScanningSequence: SE, GR, IR, EP.
        scan_options: DICOM's ScanOptions.
        repetition_time_ms: Repetition time.
        echo_times_ms: Echo time of each echo.
        inversion_time_ms: Inversion time.
        volumes: Number of volumes on one grid that make up the series (echoes).
        unit: UCUM unit of the voxel values, such as ``ms`` or ``%``.
    """

    image_type: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    scanning_sequence: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    repetition_time_ms: float | None = None
    echo_times_ms: tuple[float, ...] = ()
    inversion_time_ms: float | None = None
    volumes: int = 1
    unit: str | None = None

    def says(self, *patterns: re.Pattern[str]) -> str | None:
        """Return how a sentence begins, ``SeriesDescription "…" says "t2" and "fs"``; None unless all are said.

        One text that says everything is preferred to several.
        """
        for field, text in self.texts:
            words = [role_words.first_word(pattern, text) for pattern in patterns]
            if all(words):
                return f"{_quoted(field, text)} says " + " and ".join(f'"{word}"' for word in words)
        if len(patterns) == 1:
            return None
        parts = [self.says(pattern) for pattern in patterns]
        return ", and ".join(part for part in parts if part) if all(parts) else None


FILE_NAME = "The file name"


def _quoted(field: str, text: str) -> str:
    """Return the field with its text; a file's name, which may be a person's, is not repeated in reports."""
    return field if field == FILE_NAME else f'{field} "{text}"'


MEANING = {
    Role.WATER: "water image of a Dixon series",
    Role.FAT: "fat image of a Dixon series",
    Role.IN_PHASE: "in-phase image",
    Role.OPPOSED_PHASE: "opposed-phase image",
    Role.FAT_FRACTION_MAP: "fat-fraction map",
    Role.T2_MAP: "T2 map",
    Role.R2STAR_MAP: "R2* map",
}

_IMAGE_TYPES = {
    **dict.fromkeys(("W", "WATER"), Role.WATER),
    **dict.fromkeys(("F", "FAT"), Role.FAT),
    **dict.fromkeys(("IP", "IN_PHASE", "INPHASE", "IN PHASE", "IN"), Role.IN_PHASE),
    **dict.fromkeys(
        ("OP", "OPP", "OUT", "OUT_PHASE", "OPP_PHASE", "OPPOSED_PHASE", "OUTPHASE", "OUT PHASE", "OUTOFPHASE"),
        Role.OPPOSED_PHASE,
    ),
    **dict.fromkeys(
        ("FF", "FAT_FRACTION", "FATFRACTION", "FAT FRACTION", "FAT_FRAC", "FATFRAC", "PDFF"), Role.FAT_FRACTION_MAP
    ),
    **dict.fromkeys(("T2 MAP", "T2_MAP", "T2MAP"), Role.T2_MAP),
    **dict.fromkeys(("R2_STAR", "R2*", "R2_STAR MAP", "R2* MAP"), Role.R2STAR_MAP),
}

_PHASE_TYPES = ("P", "PHASE", "PHASE MAP")

_IMAGE_TYPES_WITHOUT_ROLE = {
    **dict.fromkeys(_PHASE_TYPES, "a phase image, not a magnitude image"),
    **dict.fromkeys(("R", "REAL"), "the real part, not a magnitude image"),
    **dict.fromkeys(("I", "IMAGINARY"), "the imaginary part, not a magnitude image"),
    **dict.fromkeys(("LOCALIZER",), "a localizer"),
    **dict.fromkeys(("ADC", "TRACEW", "DIFFUSION"), "a diffusion image"),
    **dict.fromkeys(("T2_STAR", "T2*", "T2 STAR MAP"), "a T2* map"),
    **dict.fromkeys(("T1 MAP", "T1_MAP"), "a T1 map"),
    **dict.fromkeys(("WF", "WATER_FRACTION"), "a water-fraction map"),
    **dict.fromkeys(("B0", "B0 MAP", "B1", "B1 MAP", "FIELD_MAP"), "a field map"),
    **dict.fromkeys(("SUBTRACTION",), "a subtraction image"),
    **dict.fromkeys(("PROJECTION IMAGE", "MIP", "MNIP"), "a projection"),
}


def infer_role(evidence: RoleEvidence) -> Finding:
    """Return the role and the reason; the first rule that applies decides.

    In this order: the phase of gradient echoes; what ImageType says; several echoes; words for images without a
    role, for R2* maps, for the images of a Dixon series and for T2 maps; inversion recovery; weighting in words
    (refused where the times contradict); weighting from repetition and echo time.
    """
    rules: tuple[Callable[[RoleEvidence], Finding | None], ...] = (
        _by_phase_of_echoes,
        _by_image_type,
        _by_echoes,
        _by_words_without_role,
        _by_rate_words,
        _by_dixon_words,
        _by_map,
        _by_inversion,
        _by_weighting_words,
        _by_times,
    )
    for rule in rules:
        finding = rule(evidence)
        if finding is not None:
            return finding
    return Role.UNKNOWN, "Nothing in the header or the name tells what this image is. Choose its role."


def _by_phase_of_echoes(evidence: RoleEvidence) -> Finding | None:
    if evidence.volumes < 2:
        return None
    types = {value.strip().upper() for value in evidence.image_type[2:]} & set(_PHASE_TYPES)
    phase = f"ImageType says {min(types)}" if types else evidence.says(role_words.PHASE)
    gradient = (
        "ScanningSequence says GR"
        if "GR" in evidence.scanning_sequence
        else evidence.says(role_words.GRADIENT_ECHO)
    )
    if phase and gradient:
        return Role.MULTI_ECHO_GRE_PHASE, f"{phase}, and {gradient}: phase of a multi-echo gradient echo."
    if phase:
        return Role.UNKNOWN, f"{phase}: a phase image, not a magnitude image."
    return None


def _by_image_type(evidence: RoleEvidence) -> Finding | None:
    # The first two values say original/derived and primary/secondary; the pixel's meaning comes after them.
    values = [value.strip().upper() for value in evidence.image_type[2:]]
    for value in values:
        if value in _IMAGE_TYPES_WITHOUT_ROLE:
            return Role.UNKNOWN, f"ImageType says {value}: {_IMAGE_TYPES_WITHOUT_ROLE[value]}."
    found = {_IMAGE_TYPES[value]: value for value in values if value in _IMAGE_TYPES}
    if len(found) > 1:
        return Role.UNKNOWN, f"ImageType says {' and '.join(found.values())} at once. Choose the role."
    if not found:
        return None
    (role, value), *_ = found.items()
    for field, text in evidence.texts:
        in_words = role_words.dixon_image(text)
        if in_words and in_words[0] is not role:
            return Role.UNKNOWN, (
                f'ImageType says {value} ({MEANING[role]}) but {_quoted(field, text)} says "{in_words[1]}" '
                f"({MEANING[in_words[0]]}). Choose the role."
            )
    return role, f"ImageType says {value}: {MEANING[role]}."


def _by_echoes(evidence: RoleEvidence) -> Finding | None:
    if evidence.volumes < 2:
        return None
    if len(evidence.echo_times_ms) == evidence.volumes:
        first, last = evidence.echo_times_ms[0], evidence.echo_times_ms[-1]
        echoes = f"{evidence.volumes} echoes of {first:.4g} to {last:.4g} ms"
    else:
        echoes = f"{evidence.volumes} volumes on one grid"
    if "GR" in evidence.scanning_sequence:
        return Role.MULTI_ECHO_GRE, f"{echoes}; ScanningSequence says GR: multi-echo gradient echo."
    if "SE" in evidence.scanning_sequence:
        return Role.MULTI_ECHO_SE, f"{echoes}; ScanningSequence says SE: multi-echo spin echo."
    gradient, spin = evidence.says(role_words.GRADIENT_ECHO), evidence.says(role_words.SPIN_ECHO)
    if gradient and not spin:
        return Role.MULTI_ECHO_GRE, f"{echoes}; {gradient}: multi-echo gradient echo."
    if spin and not gradient:
        return Role.MULTI_ECHO_SE, f"{echoes}; {spin}: multi-echo spin echo."
    return Role.UNKNOWN, f"{echoes}, but nothing tells whether of spin or gradient echo. Choose the role."


def _by_words_without_role(evidence: RoleEvidence) -> Finding | None:
    for field, text in evidence.texts:
        found = role_words.meaning_without_role(text)
        if found:
            return Role.UNKNOWN, f'{_quoted(field, text)} says "{found[1]}": {found[0]}, which has no role here.'
    return None


def _by_rate_words(evidence: RoleEvidence) -> Finding | None:
    said = evidence.says(role_words.R2STAR_MAP)
    return (Role.R2STAR_MAP, f"{said}: R2* map.") if said else None


def _by_dixon_words(evidence: RoleEvidence) -> Finding | None:
    for field, text in evidence.texts:
        found = role_words.dixon_image(text)
        if found:
            return found[0], f'{_quoted(field, text)} says "{found[1]}": {MEANING[found[0]]}.'
    said = evidence.says(role_words.DIXON)
    if said:
        return Role.UNKNOWN, f"{said}: a Dixon series, but nothing tells which of its images. Choose the role."
    return None


def _by_map(evidence: RoleEvidence) -> Finding | None:
    said = evidence.says(role_words.T2_MAP)
    if said:
        return Role.T2_MAP, f"{said}: T2 map."
    return None


def _by_inversion(evidence: RoleEvidence) -> Finding | None:
    said = evidence.says(role_words.FLUID_ATTENUATED)
    if said:
        return Role.UNKNOWN, f"{said}: fluid-attenuated inversion recovery, which has no role here."
    said = evidence.says(role_words.SHORT_TAU_INVERSION)
    if said:
        return Role.STIR, f"{said}: short-tau inversion recovery."
    time = evidence.inversion_time_ms
    shortest, longest = SHORT_INVERSION_MS
    if time is not None and shortest <= time <= longest and "IR" in evidence.scanning_sequence:
        return Role.STIR, f"Inversion recovery with an inversion time of {time:.4g} ms, which nulls fat: STIR."
    return None


def _by_weighting_words(evidence: RoleEvidence) -> Finding | None:
    t1, t2 = evidence.says(role_words.T1_WEIGHTED), evidence.says(role_words.T2_WEIGHTED)
    if t1 and t2:
        return Role.UNKNOWN, f"{evidence.says(role_words.T1_WEIGHTED, role_words.T2_WEIGHTED)}. Choose the role."
    if not t1 and not t2:
        density = evidence.says(role_words.PROTON_DENSITY)
        return (Role.UNKNOWN, f"{density}: proton-density-weighted, which has no role here.") if density else None
    by_times = _weighting_of_times(evidence)
    if by_times is (Role.T2W if t1 else Role.T1W):
        return Role.UNKNOWN, f"{t1 or t2}, but {_times(evidence)} mean {by_times}. Choose the role."
    weighting = role_words.T1_WEIGHTED if t1 else role_words.T2_WEIGHTED
    option = _fat_suppressing_option(evidence)
    suppressed = evidence.says(weighting, role_words.FAT_SUPPRESSED) or (option and f"{t1 or t2}, and {option}")
    if t1:
        return _t1_weighted(suppressed or t1, bool(suppressed))
    return _t2_weighted(suppressed or str(t2), bool(suppressed))


def _by_times(evidence: RoleEvidence) -> Finding | None:
    weighting = _weighting_of_times(evidence)
    if weighting is None:
        return None
    times = f"Spin echo with {_times(evidence)}"
    suppressed = evidence.says(role_words.FAT_SUPPRESSED) or _fat_suppressing_option(evidence)
    said = f"{times}, and {suppressed}" if suppressed else times
    return (_t1_weighted if weighting is Role.T1W else _t2_weighted)(said, bool(suppressed))


def _t1_weighted(said: str, fat_suppressed: bool) -> Finding:
    if fat_suppressed:
        return Role.UNKNOWN, f"{said}: T1-weighted with fat suppression, which has no role here."
    return Role.T1W, f"{said}: T1-weighted."


def _t2_weighted(said: str, fat_suppressed: bool) -> Finding:
    if fat_suppressed:
        return Role.STIR, f"{said}: fat-suppressed T2-weighted, read like STIR."
    return Role.T2W, f"{said}: T2-weighted."


def _fat_suppressing_option(evidence: RoleEvidence) -> str | None:
    # DICOM's defined term and GE's; "SP" is spatial presaturation and says nothing about fat.
    found = {option.strip().upper() for option in evidence.scan_options} & {"FS", "FAT_GEMS"}
    return f"ScanOptions says {min(found)}" if found else None


def _weighting_of_times(evidence: RoleEvidence) -> Role | None:
    """Return the weighting of a spin echo by its times; None for other sequences and for times in between."""
    if "SE" not in evidence.scanning_sequence or "IR" in evidence.scanning_sequence:
        return None
    if evidence.repetition_time_ms is None or len(evidence.echo_times_ms) != 1:
        return None
    repetition, echo = evidence.repetition_time_ms, evidence.echo_times_ms[0]
    if 0 < repetition <= T1_REPETITION_BELOW_MS and 0 < echo <= T1_ECHO_BELOW_MS:
        return Role.T1W
    if repetition >= T2_REPETITION_FROM_MS and echo >= T2_ECHO_FROM_MS:
        return Role.T2W
    return None


def _times(evidence: RoleEvidence) -> str:
    echo = evidence.echo_times_ms[0]
    return f"a repetition time of {evidence.repetition_time_ms:.4g} ms and an echo time of {echo:.4g} ms"
