"""A series of an examination: its image on one grid, its role, and what is known of its acquisition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role

ECHO_TIMES_UNKNOWN = "The echo times are unknown"
"""How the problem of a series without echo times begins."""


@dataclass(frozen=True)
class Acquisition:
    """How a series was acquired; what the files do not tell is None and is never guessed."""

    repetition_time_ms: float | None = None
    flip_angle_degrees: float | None = None
    field_strength_tesla: float | None = None
    sequence_name: str | None = None
    manufacturer: str | None = None


@dataclass(frozen=True)
class Series:
    """One series.

    Attributes:
        name: Short name, unique in its case; from the series description or the file name.
        image: 3D image; the first echo of a multi-echo series.
        role: What it is in the examination.
        reason: Why it was taken for that, for the user to read.
        echoes: The 3D images of a multi-echo series, by echo time, ``image`` first; empty otherwise.
        echo_times_ms: Echo time of each echo, or of the one image; empty where unknown.
        acquisition: What is known of the sequence.
        frame_of_reference_uid: DICOM's frame of reference, for telling whether two series share a space.
        patient_key: A one-way hash of the DICOM patient: equal for one patient, holding no name. None for files
            without a patient.
        files: Where it was read from.
        problems: What is wrong with it, in words; a series with a problem may still be usable.
        unit: Unit of the voxel values as the header states it, in UCUM (``%``, ``ms``); None where it states none.
    """

    name: str
    image: sitk.Image
    role: Role
    reason: str
    echoes: tuple[sitk.Image, ...] = ()
    echo_times_ms: tuple[float, ...] = ()
    acquisition: Acquisition = field(default_factory=Acquisition)
    frame_of_reference_uid: str | None = None
    patient_key: str | None = None
    files: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()
    unit: str | None = None


def with_echo_times(series: Series, echo_times_ms: Sequence[float]) -> Series:
    """Return a series with the echo times that the user gave; that they were unknown is no problem any more.

    Raises:
        InputError: Their number is not that of the echoes.
    """
    count = len(series.echoes or (series.image,))
    if len(echo_times_ms) != count:
        raise InputError(f"{series.name} has {count} echoes, but {len(echo_times_ms)} echo times were given.")
    return replace(
        series,
        echo_times_ms=tuple(float(time) for time in echo_times_ms),
        problems=problems_but_echo_times(series),
    )


def problems_but_echo_times(series: Series) -> tuple[str, ...]:
    """Return what is wrong with a series whose echo times come from elsewhere: that they are unknown is not."""
    return tuple(text for text in series.problems if not text.startswith(ECHO_TIMES_UNKNOWN))
