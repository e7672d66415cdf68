"""The inputs of a case: from named files, or from a folder in which the series tell their roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.description import SeriesDescription
from MuscleMyopathyLib.imaging.files import read_label_image
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from MuscleMyopathyLib.imaging.roles import Role, with_role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series, with_echo_times
from MuscleMyopathyLib.label_schemes import OWN_SCHEME, read_label_scheme
from MuscleMyopathyLib.progress import Progress, each, portion, silent
from MuscleMyopathyLib.study.case import Case

PHANTOM_MARK = "phantom.json"
"""Lies beside the images that the digital limb wrote; what is computed from such a folder says so."""

MEASURED_ROLES = (
    Role.WATER,
    Role.FAT,
    Role.FAT_FRACTION_MAP,
    Role.T1W,
    Role.MULTI_ECHO_GRE,
    Role.MULTI_ECHO_GRE_PHASE,
    Role.MULTI_ECHO_SE,
    Role.T2_MAP,
    Role.R2STAR_MAP,
)
"""The roles that the case pipeline works on."""

SHOWN_ROLES = (*MEASURED_ROLES, Role.IN_PHASE, Role.T2W, Role.STIR)
"""The roles that a case carries: those it works on, and those shown beside."""


@dataclass(frozen=True)
class CaseFiles:
    """Where the images of a case lie.

    Attributes:
        folder: A folder (or one file) of DICOM, NIfTI or NRRD whose series tell their roles; or None.
        by_role: Files whose role the user gives; they come before what the folder holds in that role.
        roles: The user's word on series of the folder: from series name to role; ``Role.UNKNOWN`` leaves one out.
        echo_times_ms: The user's echo times of the series of a role, where the files do not tell them.
        labels: Label image of muscles, on the grid of one of the series; or None.
        label_scheme: Name or file of the scheme that says what the labels mean.
    """

    folder: Path | None = None
    by_role: Mapping[Role, Path] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    echo_times_ms: Mapping[Role, tuple[float, ...]] = field(default_factory=dict)
    labels: Path | None = None
    label_scheme: str = OWN_SCHEME


def read_case(
    files: CaseFiles,
    *,
    identifier: str | None = None,
    region: Region | None = None,
    reader: str = "",
    session: int = 1,
    phantom: bool = False,
    progress: Progress = silent,
) -> Case:
    """Read the images of a case.

    Args:
        files: Where they lie.
        identifier: Name of the case; by default the folder's name.
        region: Limb segment; by default what headers or names tell.
        reader: Who drew the muscles.
        session: Which reading of that reader.
        phantom: Whether the images are simulated; a folder written by the digital limb tells so itself.
        progress: Receives the fraction done.

    Raises:
        InputError: Nothing usable is there, two series claim one role, the region is not told, a series name is
            unknown, or the images belong to different patients.
        GeometryError: A series that is needed forms no regular grid.
    """
    chosen = _chosen_series(files, portion(progress, 0.0, 0.5))
    if not chosen:
        raise InputError(
            "No image of a case was found. Give water and fat images, a fat-fraction map or a T1-weighted image; "
            "'muscle-myopathy series FOLDER' shows what a folder holds and what each series was taken for."
        )
    series = tuple(
        load_series(description)
        for description in each(chosen, portion(progress, 0.5, 1.0), lambda found: f"reading {found.name}")
    )
    series = _with_echo_times(series, files.echo_times_ms)
    _require_one_patient(series)
    # Descriptions and file names may hold a patient's name; results carry the role, which is unique in a case.
    series = tuple(replace(one, name=str(one.role)) for one in series)
    muscles = None if files.labels is None else _read_muscles(files, files.labels)
    folders = {path.parent for description in chosen for path in description.files}
    return Case(
        identifier=identifier or _default_identifier(files),
        region=region or _told_region(chosen),
        series=series,
        muscles=muscles,
        phantom=phantom or any((folder / PHANTOM_MARK).exists() for folder in folders),
        reader=reader,
        session=session,
    )


def _chosen_series(files: CaseFiles, progress: Progress) -> list[SeriesDescription]:
    found = [] if files.folder is None else find_series(files.folder, progress)
    names = {description.name for description in found}
    unknown = sorted(set(files.roles) - names)
    if unknown:
        raise InputError(f"There is no series {', '.join(unknown)}. There are: {', '.join(sorted(names))}.")
    found = [
        with_role(description, files.roles[description.name]) if description.name in files.roles else description
        for description in found
    ]
    chosen = [
        description
        for description in found
        if description.role in SHOWN_ROLES
        and description.role not in files.by_role
        and not description.is_label_image
    ]
    for role, path in files.by_role.items():
        (description,) = _only_series(path, role)
        chosen.append(with_role(description, role))
    return _one_per_role(chosen)


def _only_series(path: Path, role: Role) -> list[SeriesDescription]:
    found = find_series(path)
    if len(found) != 1:
        raise InputError(f"{path}, given as {role}, holds {len(found)} series; one is needed.")
    return found


def _one_per_role(chosen: list[SeriesDescription]) -> list[SeriesDescription]:
    """Refuse two series in a role that is measured; of those only shown, keep the first."""
    kept: dict[Role, SeriesDescription] = {}
    for description in chosen:
        first = kept.setdefault(description.role, description)
        if first is not description and description.role in MEASURED_ROLES:
            raise InputError(
                f"Two series are taken for {description.role}: {first.name!r} and {description.name!r}. Leave one "
                f"out, on the command line with --role '{description.name}=unknown'."
            )
    return list(kept.values())


def _with_echo_times(series: tuple[Series, ...], times_ms: Mapping[Role, tuple[float, ...]]) -> tuple[Series, ...]:
    missing = sorted(set(times_ms) - {one.role for one in series})
    if missing:
        raise InputError(f"Echo times are given for {', '.join(missing)}, and the case has no such series.")
    return tuple(with_echo_times(one, times_ms[one.role]) if one.role in times_ms else one for one in series)


def _require_one_patient(series: tuple[Series, ...]) -> None:
    keys: dict[str, list[str]] = {}
    for one in series:
        if one.patient_key is not None:
            keys.setdefault(one.patient_key, []).append(one.name)
    if len(keys) > 1:
        groups = " | ".join(", ".join(names) for names in keys.values())
        raise InputError(f"The series belong to {len(keys)} different patients ({groups}). A case is one patient.")


def _read_muscles(files: CaseFiles, labels: Path) -> Segmentation:
    """Read the label image; the structures are those of the scheme that it holds.

    A scheme made for one file (JSON or ITK-SNAP, by path) names structures on purpose: one without a voxel stays
    and gets its row with the reason. A shipped scheme names all that could be there.
    """
    image = read_label_image(labels)
    scheme = read_label_scheme(files.label_scheme)
    everything = Segmentation(image, scheme)
    present = {int(label) for label in np.unique(everything.array)} - {0}
    if not present & set(scheme):
        raise InputError(
            f"{labels} holds the labels {', '.join(map(str, sorted(present))) or '0 only'}, and none of them is "
            f"named by the label scheme {files.label_scheme!r}. Choose its scheme with --label-scheme."
        )
    if Path(files.label_scheme).suffix:
        return everything
    return Segmentation(image, {label: structure for label, structure in scheme.items() if label in present})


def _told_region(chosen: list[SeriesDescription]) -> Region:
    told = {description.region for description in chosen} - {None}
    if len(told) != 1:
        what = "The images do not tell" if not told else "The images tell both thigh and calf, not"
        raise InputError(f"{what} which limb segment they show. Say it: thigh or calf (--region thigh).")
    (region,) = told
    assert region is not None
    return region


def _default_identifier(files: CaseFiles) -> str:
    if files.folder is not None:
        return files.folder.resolve().name.split(".")[0]
    return next(iter(files.by_role.values())).resolve().parent.name
