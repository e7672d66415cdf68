"""The series of a folder: found by their headers alone, then loaded one by one.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as empty:
...     find_series(empty)
Traceback (most recent call last):
...
MuscleMyopathyLib.errors.InputError: The folder ... is empty. Choose the folder that holds the images.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.description import SeriesDescription, describe_series
from MuscleMyopathyLib.imaging.dicom_headers import DicomFile, NotAnImageError, looks_like_dicom, read_headers
from MuscleMyopathyLib.imaging.dicom_series import describe_stack
from MuscleMyopathyLib.imaging.dicom_stacks import sort_into_stacks
from MuscleMyopathyLib.imaging.files import image_suffix
from MuscleMyopathyLib.imaging.image_file_series import describe_files, group_echoes, sidecar_of
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.voxel_problems import voxel_problems
from MuscleMyopathyLib.progress import Progress, each, portion, silent

__all__ = [
    "FolderScan",
    "IgnoredFile",
    "SeriesDescription",
    "describe_series",
    "find_series",
    "load_series",
    "scan_folder",
]


@dataclass(frozen=True)
class IgnoredFile:
    """A file that belongs to no series, and why; ``damaged`` where it should have."""

    path: Path
    reason: str
    damaged: bool = False


@dataclass(frozen=True)
class FolderScan:
    """What is in a folder: its series, and the files that belong to none."""

    series: tuple[SeriesDescription, ...]
    ignored: tuple[IgnoredFile, ...]


def find_series(path: str | Path, progress: Progress = silent) -> list[SeriesDescription]:
    """Return the series of a folder (searched with its sub-folders) or of a single file, without their voxels.

    Raises:
        InputError: Nothing is there, the folder is empty, or none of its files holds an image.
    """
    path = Path(path)
    return require_series(scan_folder(path, progress), path)


def require_series(scan: FolderScan, path: Path) -> list[SeriesDescription]:
    """Return the series that a scan of ``path`` found.

    Raises:
        InputError: The folder is empty, or none of its files holds an image; the reasons are counted.
    """
    if scan.series:
        return list(scan.series)
    if not scan.ignored:
        raise InputError(f"The folder {path} is empty. Choose the folder that holds the images.")
    reasons = "; ".join(
        f"{reason} ({count} ×)" for reason, count in Counter(f.reason for f in scan.ignored).items()
    )
    raise InputError(f"{path} holds no image of a patient. Its files: {reasons}.")


def scan_folder(path: str | Path, progress: Progress = silent) -> FolderScan:
    """Return the series of a folder or a file, and every file that belongs to none with the reason.

    Every file's header is read once. Hidden files are passed over.

    Raises:
        InputError: There is no such file or folder.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    files = _files_below(path) if path.is_dir() else [path]
    image_files = [file for file in files if image_suffix(file)]
    sidecars = {sidecar_of(file) for file in image_files}
    others = [file for file in files if not image_suffix(file) and file not in sidecars]
    dicom, ignored = _read_dicom_headers(others, portion(progress, 0.0, 0.9))
    series = [_beside_damaged(describe_stack(stack), ignored) for stack in sort_into_stacks(dicom)]
    for group in each(group_echoes(image_files), portion(progress, 0.9, 1.0), lambda group: group[0].name):
        try:
            series.append(describe_files(group))
        except InputError as error:
            ignored.append(IgnoredFile(group[0], str(error), damaged=True))
    return FolderScan(tuple(_with_unique_names(series)), tuple(ignored))


def load_series(description: SeriesDescription, progress: Progress = silent) -> Series:
    """Return a series with its voxels.

    Raises:
        InputError: A file is truncated, damaged or gone since it was found.
        GeometryError: The slices form no regular grid, or the echoes lie on different grids.
    """
    volumes = description.source.read(progress)
    may_be_negative = description.role in (Role.FAT_FRACTION_MAP, Role.MULTI_ECHO_GRE_PHASE, Role.UNKNOWN)
    found = [voxel_problems(volume, negative_is_wrong=not may_be_negative) for volume in volumes]
    return Series(
        name=description.name,
        image=volumes[0],
        role=description.role,
        reason=description.reason,
        echoes=volumes if len(volumes) > 1 else (),
        echo_times_ms=description.echo_times_ms,
        acquisition=description.acquisition,
        frame_of_reference_uid=description.frame_of_reference_uid,
        patient_key=description.patient_key,
        files=description.files,
        problems=description.problems + _numbered(found),
        unit=description.unit,
    )


def _files_below(folder: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(parent, name) for name in sorted(names) if not name.startswith(".")]
    return found


def _read_dicom_headers(files: Sequence[Path], progress: Progress) -> tuple[list[DicomFile], list[IgnoredFile]]:
    found, ignored = [], []
    for file in each(files, progress, lambda file: f"Reading the header of {file.name}"):
        if not looks_like_dicom(file):
            reason = "an empty file" if file.stat().st_size == 0 else "not an image file"
            ignored.append(IgnoredFile(file, reason))
            continue
        try:
            found.append(read_headers(file))
        except NotAnImageError as other:
            ignored.append(IgnoredFile(file, str(other)))
        except InputError as error:
            ignored.append(IgnoredFile(file, str(error), damaged=True))
    return found, ignored


def _beside_damaged(series: SeriesDescription, ignored: Iterable[IgnoredFile]) -> SeriesDescription:
    """Name damaged files in the folder of a series: an end slice that went missing shows nowhere else."""
    folders = {file.parent for file in series.files}
    names = [file.path.name for file in ignored if file.damaged and file.path.parent in folders]
    if not names:
        return series
    problem = f"Beside it lie files that cannot be read, and a slice may be missing: {', '.join(names)}."
    return replace(series, problems=(*series.problems, problem))


def _with_unique_names(series: Sequence[SeriesDescription]) -> list[SeriesDescription]:
    taken: set[str] = set()
    unique = []
    for found in series:
        name, number = found.name, 1
        while name in taken:
            number += 1
            name = f"{found.name} #{number}"
        taken.add(name)
        unique.append(replace(found, name=name))
    return unique


def _numbered(found: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the problems of one volume, or those of the first echo that has any and how many others have some."""
    if len(found) == 1:
        return found[0]
    concerned = [number for number, texts in enumerate(found, start=1) if texts]
    if not concerned:
        return ()
    others = f" So or similarly in {len(concerned) - 1} further echoes." if len(concerned) > 1 else ""
    return tuple(f"Echo {concerned[0]}: {text}{others}" for text in found[concerned[0] - 1])
