"""Which structures lie on the grid of a map, and of which map the report speaks."""

from __future__ import annotations

import SimpleITK as sitk

from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.study.case import CaseMap, CaseResult


def structures_on(result: CaseResult, sequence: str, grid: sitk.Image) -> list[Segmentation]:
    """Return whole muscle and muscles on the grid of a series: carried there, or drawn there."""
    found = []
    for name, drawn in (("whole muscle", result.whole_muscle), ("muscles", result.muscles)):
        carried = [t for t in result.transfers if (t.structures, t.sequence) == (name, sequence)]
        if carried and same_geometry(carried[0].transfer.segmentation.image, grid):
            found.append(carried[0].transfer.segmentation)
        elif drawn is not None and same_geometry(drawn.image, grid):
            found.append(drawn)
        elif name == "muscles" and result.case.muscles and same_geometry(result.case.muscles.image, grid):
            found.append(result.case.muscles)
    return found


def maps_by_sequence(result: CaseResult) -> dict[str, dict[MapKind, CaseMap]]:
    """Return the maps of each series, in the order in which they were made."""
    found: dict[str, dict[MapKind, CaseMap]] = {}
    for one in result.maps:
        found.setdefault(one.sequence, {})[one.kind] = one
    return found
