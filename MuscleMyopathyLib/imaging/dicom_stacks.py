"""DICOM planes sorted into stacks: one stack is one image of one contrast at one time.

A SeriesInstanceUID may hold several images: of a Dixon sequence, several echoes, three orientations of a
localizer, repeated measurements. They are told apart by matrix, pixel spacing, orientation, ImageType and echo;
and only where several planes then still lie at one place, by time, diffusion weighting or acquisition number,
because those also differ within good stacks.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.dicom_grid import COSINE_TOLERANCE, POSITION_TOLERANCE_MM, axes_of, heights_of
from MuscleMyopathyLib.imaging.dicom_headers import DicomFile, Plane, SeriesHeader

_VIEWS = ("sagittal", "coronal", "axial")


@dataclass(frozen=True)
class DicomStack:
    """The planes of one series: one image, or the echoes of one.

    Attributes:
        header: What the files say about the series.
        echoes: The planes of each echo, unordered, by echo time; a single one for an image of one echo.
        distinction: What tells it from the other stacks of its SeriesInstanceUID; empty where it is the only one.
        truncated: Files that lack a part of their voxels.
        problems: What was found in sorting.
    """

    header: SeriesHeader
    echoes: tuple[tuple[Plane, ...], ...]
    distinction: str = ""
    truncated: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def planes(self) -> tuple[Plane, ...]:
        """The planes of all echoes."""
        return tuple(plane for echo in self.echoes for plane in echo)

    @property
    def echo_times_ms(self) -> tuple[float, ...]:
        """Echo time of each echo; empty where one is unknown."""
        times = [echo[0].echo_time_ms for echo in self.echoes]
        return tuple(time for time in times if time is not None) if None not in times else ()


def sort_into_stacks(files: Iterable[DicomFile]) -> list[DicomStack]:
    """Return the stacks of all files, by series number and then in the order of their files."""
    by_series: dict[str, list[DicomFile]] = {}
    for file in files:
        by_series.setdefault(file.header.uid, []).append(file)
    stacks = [stack for members in by_series.values() for stack in _stacks_of_series(members)]
    return sorted(stacks, key=lambda stack: math.inf if stack.header.number is None else stack.header.number)


def _stacks_of_series(files: Sequence[DicomFile]) -> list[DicomStack]:
    planes, problems = _without_copies(files)
    cosines = _clusters([plane.orientation for plane in planes], COSINE_TOLERANCE)
    spacings = _clusters([plane.pixel_spacing for plane in planes], COSINE_TOLERANCE)
    shapes: dict[Hashable, list[Plane]] = {}
    for plane, orientation, spacing in zip(planes, cosines, spacings, strict=True):
        shapes.setdefault((plane.rows, plane.columns, orientation, spacing, plane.image_type), []).append(plane)
    groups = [echoes for members in shapes.values() for echoes in _echo_trains(members)]
    if len({(plane.rows, plane.columns) for plane in planes}) > 1:
        sizes = ", ".join(sorted({f"{plane.columns} × {plane.rows}" for plane in planes}))
        problems = (
            *problems,
            f"The series holds images of several sizes ({sizes}); each is a series of its own here.",
        )
    by_path = {file.planes[0].file: file for file in files}
    stacks = []
    for echoes, distinction in zip(groups, _distinctions(groups), strict=True):
        members = [by_path[path] for path in dict.fromkeys(plane.file for echo in echoes for plane in echo)]
        truncated = tuple(file.planes[0].file for file in members if file.missing_bytes)
        stacks.append(DicomStack(members[0].header, echoes, distinction, truncated, problems))
    return stacks


def _without_copies(files: Sequence[DicomFile]) -> tuple[list[Plane], tuple[str, ...]]:
    """Leave out files that are copies of another (the same SOPInstanceUID)."""
    kept: dict[Hashable, Plane] = {}
    copies = []
    for plane in (plane for file in files for plane in file.planes):
        key = (plane.instance_uid or plane.file, plane.frame)
        if key in kept:
            copies.append(plane.file.name)
        else:
            kept[key] = plane
    names = ", ".join(sorted(set(copies)))
    return list(kept.values()), (f"Copies of other files were left out: {names}.",) if copies else ()


def _clusters(values: Sequence[tuple[float, ...]], tolerance: float) -> list[int]:
    """Return for each value the number of the first value that it equals within the tolerance."""
    leaders: list[tuple[float, ...]] = []
    found: dict[tuple[float, ...], int] = {}
    for value in values:
        if value not in found:
            near = [n for n, leader in enumerate(leaders) if np.allclose(value, leader, rtol=0, atol=tolerance)]
            found[value] = near[0] if near else len(leaders)
            if not near:
                leaders.append(value)
    return [found[value] for value in values]


def _echo_trains(planes: Sequence[Plane]) -> list[tuple[tuple[Plane, ...], ...]]:
    """Split planes of one contrast into echoes, and these into repeats where planes share a place."""
    echoes: dict[tuple[float, int], list[Plane]] = {}
    for plane in planes:
        # Header times of one echo may differ in the last digit; echoes are never closer than a hundredth of a ms.
        key = (
            (math.inf, plane.echo_number or 0) if plane.echo_time_ms is None else (round(plane.echo_time_ms, 2), 0)
        )
        echoes.setdefault(key, []).append(plane)
    repeats = [_repeats(echoes[key]) for key in sorted(echoes)]
    if len({len(found) for found in repeats}) > 1:
        return [(stack,) for found in repeats for stack in found]
    return [tuple(train) for train in zip(*repeats, strict=True)]


def _repeats(planes: Sequence[Plane]) -> list[tuple[Plane, ...]]:
    """Split planes that share places by the first tag that parts them cleanly; leave them together otherwise."""
    if not _share_a_place(planes):
        return [tuple(planes)]
    for tag in range(len(planes[0].repeats)):
        parts: dict[float, list[Plane]] = {}
        for plane in planes:
            value = plane.repeats[tag]
            parts.setdefault(-math.inf if value is None else value, []).append(plane)
        if len(parts) > 1 and not any(_share_a_place(part) for part in parts.values()):
            return [tuple(parts[value]) for value in sorted(parts)]
    return [tuple(planes)]


def _share_a_place(planes: Sequence[Plane]) -> bool:
    try:
        heights = np.sort(heights_of(planes))
    except GeometryError:
        return False
    return bool(len(heights) > 1 and np.diff(heights).min() <= POSITION_TOLERANCE_MM)


def _distinctions(groups: Sequence[tuple[tuple[Plane, ...], ...]]) -> list[str]:
    """Name each stack of a series by what differs among them: ImageType, view, size, echo time, else a number."""
    if len(groups) == 1:
        return [""]
    firsts = [group[0][0] for group in groups]
    common = set.intersection(*(set(plane.image_type) for plane in firsts))
    kinds = [" ".join(v for v in dict.fromkeys(plane.image_type) if v not in common) for plane in firsts]
    labels = [""] * len(groups)
    for words in (kinds, *([teller(plane) for plane in firsts] for teller in (_view, _matrix, _echo_time))):
        if len(set(labels)) < len(labels) and len(set(words)) > 1:
            labels = [f"{label} {word}".strip() for label, word in zip(labels, words, strict=True)]
    return [
        f"{label} {labels[: index + 1].count(label)}".strip() if labels.count(label) > 1 else label
        for index, label in enumerate(labels)
    ]


def _view(plane: Plane) -> str:
    try:
        return _VIEWS[int(np.abs(axes_of(plane)[:, 2]).argmax())]
    except GeometryError:
        return "without a view"


def _matrix(plane: Plane) -> str:
    return f"{plane.columns} × {plane.rows}"


def _echo_time(plane: Plane) -> str:
    return "" if plane.echo_time_ms is None else f"TE {plane.echo_time_ms:.4g} ms"
