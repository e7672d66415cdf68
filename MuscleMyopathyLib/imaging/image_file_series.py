"""NIfTI, NRRD and MetaImage files as series: described by name, header and a BIDS sidecar (``.json``).

Times in a sidecar are seconds (BIDS 1.10, magnetic resonance imaging). ``EchoTime`` may be a list for a 4D file.
Files that differ only in BIDS' ``_echo-1``, ``_echo-2``, … are the echoes of one series.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging import role_words
from MuscleMyopathyLib.imaging.description import SeriesDescription
from MuscleMyopathyLib.imaging.files import image_suffix, read_image, read_volumes
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.nifti import NIFTI_SUFFIXES, orientation_problem
from MuscleMyopathyLib.imaging.regions import guess_region
from MuscleMyopathyLib.imaging.role_inference import FILE_NAME, RoleEvidence, infer_role
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import ECHO_TIMES_UNKNOWN, Acquisition, Series
from MuscleMyopathyLib.output import write_json
from MuscleMyopathyLib.progress import Progress, each

_ECHO = re.compile(r"[_-]echo-(\d+)(?=[_.-]|$)")
_TEXT_FIELDS = ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceDetails")


@dataclass(frozen=True)
class FileSource:
    """Reads the volumes of one file, or one volume from each of several files."""

    files: tuple[Path, ...]

    def read(self, progress: Progress) -> tuple[sitk.Image, ...]:
        """Return the 3D images in the order of the echoes, all on one grid.

        Raises:
            InputError: A file cannot be read as an image.
            GeometryError: The files lie on different grids.
        """
        if len(self.files) == 1:
            progress(0.0, f"Reading {self.files[0].name}")
            return read_volumes(self.files[0])
        volumes = [read_image(path) for path in each(self.files, progress, lambda path: f"Reading {path.name}")]
        for path, volume in zip(self.files[1:], volumes[1:], strict=True):
            require_same_geometry(volumes[0], volume, self.files[0].name, path.name)
        return tuple(volumes)


def group_echoes(paths: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Return the files of each series, by echo: files of one folder whose names differ only in ``_echo-<n>``."""
    groups: dict[Path, dict[int, Path]] = {}
    for path in paths:
        match = _ECHO.search(path.name)
        key = path.with_name(_ECHO.sub("", path.name)) if match else path
        groups.setdefault(key, {})[int(match.group(1)) if match else 0] = path
    return [tuple(members[number] for number in sorted(members)) for members in groups.values()]


def describe_files(files: tuple[Path, ...]) -> SeriesDescription:
    """Return what name, header and sidecar say about the files of one series.

    Raises:
        InputError: A file cannot be read as an image.
    """
    first = files[0]
    size, spacing, volumes = _read_header(first)
    volumes = len(files) if len(files) > 1 else volumes
    sidecars, problems = _read_sidecars(files)
    if image_suffix(first) in NIFTI_SUFFIXES:
        problems += tuple(filter(None, (orientation_problem(first),)))
    tags = sidecars[0]
    name = _ECHO.sub("", first.name)[: -len(image_suffix(first.name) or "")]
    echo_times = _echo_times_ms(sidecars, volumes)
    label_word = role_words.first_word(role_words.LABEL_IMAGE, name)
    if label_word:
        role = Role.UNKNOWN
        reason = f'{FILE_NAME} says "{label_word}": a label image, not an image of the examination.'
    else:
        texts = [(field, str(tags[field])) for field in _TEXT_FIELDS if tags.get(field)]
        evidence = RoleEvidence(
            image_type=_words(tags, "ImageType"),
            texts=(*texts, (FILE_NAME, name)),
            scanning_sequence=_words(tags, "ScanningSequence"),
            scan_options=_words(tags, "ScanOptions"),
            repetition_time_ms=_milliseconds(tags.get("RepetitionTime")),
            echo_times_ms=echo_times,
            inversion_time_ms=_milliseconds(tags.get("InversionTime")),
            volumes=volumes,
        )
        role, reason = infer_role(evidence)
        if volumes > 1 and not echo_times:
            problems += (f"{ECHO_TIMES_UNKNOWN}: there is no sidecar with EchoTime.",)
    return SeriesDescription(
        name=name,
        role=role,
        reason=reason,
        size=size,
        spacing_mm=spacing,
        files=files,
        source=FileSource(files),
        volumes=volumes,
        echo_times_ms=echo_times,
        acquisition=Acquisition(
            repetition_time_ms=_milliseconds(tags.get("RepetitionTime")),
            flip_angle_degrees=_number(tags.get("FlipAngle")),
            field_strength_tesla=_number(tags.get("MagneticFieldStrength")),
            sequence_name=str(tags["SequenceName"]) if tags.get("SequenceName") else None,
            manufacturer=str(tags["Manufacturer"]) if tags.get("Manufacturer") else None,
        ),
        region=guess_region(
            [name, *(str(tags.get(k, "")) for k in ("BodyPartExamined", "BodyPart", *_TEXT_FIELDS))]
        ),
        unit=str(tags["Units"]) if tags.get("Units") else None,
        is_label_image=label_word is not None,
        problems=problems,
    )


def _read_header(path: Path) -> tuple[tuple[int, int, int], tuple[float, float, float], int]:
    """Return size, spacing in mm and number of volumes."""
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes).")
    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    try:
        header.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(
            f"{path} cannot be read: it is truncated, damaged or no {image_suffix(path)} image. "
            "Copy or export it again."
        ) from error
    size, spacing = header.GetSize(), header.GetSpacing()
    if len(size) not in (3, 4):
        raise InputError(f"{path} has {len(size)} axes: expected an image of 3 axes, or 4 with echoes or time.")
    return (size[0], size[1], size[2]), (spacing[0], spacing[1], spacing[2]), size[3] if len(size) == 4 else 1


def _read_sidecars(files: Sequence[Path]) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
    """Return the sidecar of each file (empty where there is none), and problems."""
    found: list[Mapping[str, Any]] = []
    problems: list[str] = []
    for file in files:
        path = sidecar_of(file)
        tags: Any = {}
        try:
            tags = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except (OSError, ValueError) as error:
            problems.append(f"The sidecar {path.name} cannot be read: {error}.")
        found.append(tags if isinstance(tags, Mapping) else {})
    return found, tuple(problems)


def sidecar_of(path: Path) -> Path:
    """Return where the sidecar of an image file is, if it has one: the same name with ``.json``."""
    return path.with_name(path.name[: -len(image_suffix(path) or "")] + ".json")


def write_sidecar(series: Series, path: Path, echo: int = 0, further: Mapping[str, Any] | None = None) -> None:
    """Write beside an image file what `describe_files` reads there: echo time, repetition time, flip angle, field.

    Args:
        series: Whose image it is; what is not known of it is left out.
        path: The image file.
        echo: Which echo it holds, from 0.
        further: Other fields of BIDS; None as a value leaves one out.

    Raises:
        OutputError: The file cannot be written.
    """
    known = series.acquisition
    fields = {
        "EchoTime": series.echo_times_ms[echo] / 1000 if echo < len(series.echo_times_ms) else None,
        "RepetitionTime": None if known.repetition_time_ms is None else known.repetition_time_ms / 1000,
        "FlipAngle": known.flip_angle_degrees,
        "MagneticFieldStrength": known.field_strength_tesla,
        **(further or {}),
    }
    write_json({name: value for name, value in fields.items() if value is not None}, sidecar_of(path))


def _echo_times_ms(sidecars: Sequence[Mapping[str, Any]], volumes: int) -> tuple[float, ...]:
    listed = sidecars[0].get("EchoTime")
    values = listed if isinstance(listed, list) else [tags.get("EchoTime") for tags in sidecars]
    times = [_milliseconds(value) for value in values]
    return tuple(time for time in times if time is not None) if len(times) == volumes and None not in times else ()


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _milliseconds(seconds: object) -> float | None:
    value = _number(seconds)
    return None if value is None else value * 1000.0


def _words(tags: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = tags.get(field) or ()
    return (
        tuple(value.replace("\\", "_").split("_"))
        if isinstance(value, str)
        else tuple(str(item) for item in value)
    )
