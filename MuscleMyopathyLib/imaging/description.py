"""A series before it is loaded: what its header says, and where its voxels are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.progress import Progress


class VolumeSource(Protocol):
    """Where the voxels of a series come from."""

    def read(self, progress: Progress) -> tuple[sitk.Image, ...]:
        """Return the volumes (the echoes, or the one image); raises InputError or GeometryError."""
        ...


@dataclass(frozen=True)
class SeriesDescription:
    """A series that was found and not loaded yet.

    Attributes:
        name: Short name, unique among the series found with it.
        role: What it is in the examination.
        reason: Why it was taken for that.
        size: Voxels along columns, rows and slices; None where it has no regular grid.
        spacing_mm: Voxel spacing along the same axes; None where it has no regular grid.
        files: Its files.
        source: Reads its voxels.
        volumes: How many 3D images it holds (echoes).
        echo_times_ms: Echo time of each volume; empty where unknown.
        acquisition: What is known of the sequence.
        region: Limb segment, where header or name tells it.
        frame_of_reference_uid: DICOM's frame of reference.
        patient_key: One-way hash of the patient.
        unit: Unit of the voxel values in UCUM, where the header states it.
        is_label_image: Whether its name says that it holds labels, not intensities.
        obstacle: Why it cannot be loaded; None where nothing stands in the way as far as the headers tell.
        problems: What else is wrong with it.
    """

    name: str
    role: Role
    reason: str
    size: tuple[int, int, int] | None
    spacing_mm: tuple[float, float, float] | None
    files: tuple[Path, ...]
    source: VolumeSource
    volumes: int = 1
    echo_times_ms: tuple[float, ...] = ()
    acquisition: Acquisition = field(default_factory=Acquisition)
    region: Region | None = None
    frame_of_reference_uid: str | None = None
    patient_key: str | None = None
    unit: str | None = None
    is_label_image: bool = False
    obstacle: str | None = None
    problems: tuple[str, ...] = ()


def describe_series(descriptions: Iterable[SeriesDescription]) -> pd.DataFrame:
    """Return one row per series for the user to read.

    Columns: ``name``, ``role``, ``reason``, ``size`` and ``spacing_mm`` (columns × rows × slices),
    ``echo_times_ms``, ``files`` (their number), ``region``, ``problem``.
    """
    return pd.DataFrame(
        [
            {
                "name": found.name,
                "role": str(found.role),
                "reason": found.reason,
                "size": " × ".join(str(n) for n in found.size or ()),
                "spacing_mm": " × ".join(f"{s:.4g}" for s in found.spacing_mm or ()),
                "echo_times_ms": ", ".join(f"{time:.4g}" for time in found.echo_times_ms),
                "files": len(found.files),
                "region": str(found.region or ""),
                "problem": " ".join([*([found.obstacle] if found.obstacle else []), *found.problems]),
            }
            for found in descriptions
        ],
        columns=["name", "role", "reason", "size", "spacing_mm", "echo_times_ms", "files", "region", "problem"],
    )
