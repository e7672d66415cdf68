"""A DICOM stack as a series: its description from the headers, and its volumes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.description import SeriesDescription
from MuscleMyopathyLib.imaging.dicom_grid import POSITION_TOLERANCE_MM, Grid, grid_of
from MuscleMyopathyLib.imaging.dicom_stacks import DicomStack
from MuscleMyopathyLib.imaging.dicom_voxels import read_voxels
from MuscleMyopathyLib.imaging.regions import guess_region
from MuscleMyopathyLib.imaging.role_inference import RoleEvidence, infer_role
from MuscleMyopathyLib.imaging.series import Acquisition
from MuscleMyopathyLib.progress import Progress, portion


@dataclass(frozen=True)
class DicomSource:
    """Reads the volumes of a stack."""

    stack: DicomStack

    def read(self, progress: Progress) -> tuple[sitk.Image, ...]:
        """Return one 3D image per echo, all on one grid.

        Raises:
            GeometryError: The planes form no regular grid, or the echoes lie on different ones.
            InputError: A file is truncated or cannot be decoded.
        """
        grids = _grids(self.stack)
        volumes = []
        for index, grid in enumerate(grids):
            part = portion(progress, index / len(grids), (index + 1) / len(grids))
            volumes.append(grid.image(read_voxels(grid.planes, part)))
        return tuple(volumes)


def describe_stack(stack: DicomStack) -> SeriesDescription:
    """Return what the headers of a stack say."""
    header, first = stack.header, stack.echoes[0][0]
    echo_times = stack.echo_times_ms
    role, reason = infer_role(
        RoleEvidence(
            image_type=first.image_type,
            texts=header.texts,
            scanning_sequence=header.scanning_sequence,
            scan_options=header.scan_options,
            repetition_time_ms=header.repetition_time_ms,
            echo_times_ms=echo_times,
            inversion_time_ms=header.inversion_time_ms,
            volumes=len(stack.echoes),
        )
    )
    grid, obstacle = _grid_or_obstacle(stack)
    problems = stack.problems + (grid.problems if grid else ())
    if len(stack.echoes) > 1 and not echo_times:
        problems += ("The headers tell no echo times.",)
    return SeriesDescription(
        name=_name(stack),
        role=role,
        reason=reason,
        size=grid.size if grid else None,
        spacing_mm=grid.spacing if grid else None,
        files=tuple(dict.fromkeys(plane.file for plane in stack.planes)),
        source=DicomSource(stack),
        volumes=len(stack.echoes),
        echo_times_ms=echo_times,
        acquisition=Acquisition(
            repetition_time_ms=header.repetition_time_ms,
            flip_angle_degrees=header.flip_angle_degrees,
            field_strength_tesla=header.field_strength_tesla,
            sequence_name=dict(header.texts).get("SequenceName"),
            manufacturer=header.manufacturer,
        ),
        region=guess_region(header.places),
        frame_of_reference_uid=header.frame_of_reference_uid,
        patient_key=header.patient_key,
        unit=first.scaling.unit,
        obstacle=obstacle,
        problems=problems,
    )


def _name(stack: DicomStack) -> str:
    texts = dict(stack.header.texts)
    name = (
        texts.get("SeriesDescription") or texts.get("ProtocolName") or f"series {stack.header.number or 'unnamed'}"
    )
    return f"{name} ({stack.distinction})" if stack.distinction else name


def _grid_or_obstacle(stack: DicomStack) -> tuple[Grid | None, str | None]:
    try:
        grid = _grids(stack)[0]
    except GeometryError as error:
        return None, str(error)
    if stack.truncated:
        names = ", ".join(path.name for path in stack.truncated)
        return grid, f"Truncated, a part of the voxels is missing: {names}. Copy or export again."
    return grid, None


def _grids(stack: DicomStack) -> list[Grid]:
    grids = [grid_of(echo) for echo in stack.echoes]
    for number, grid in enumerate(grids[1:], start=2):
        if grid.size != grids[0].size:
            raise GeometryError(
                f"Echo {number} has {grid.size[2]} slices and the first echo {grids[0].size[2]}. "
                "Export the whole series again."
            )
        ends = [(grid.planes[end].position, grids[0].planes[end].position) for end in (0, -1)]
        apart = max(float(np.linalg.norm(np.subtract(*pair))) for pair in ends)
        if apart > POSITION_TOLERANCE_MM:
            raise GeometryError(f"Echo {number} lies {apart:.4g} mm away from the first echo.")
    return grids
