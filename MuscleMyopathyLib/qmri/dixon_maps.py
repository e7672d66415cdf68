"""The maps of a water–fat separation by kind: what panel, console, pipeline and command share."""

from __future__ import annotations

from collections.abc import Mapping

import SimpleITK as sitk

from MuscleMyopathyLib.qmri.dixon import Dixon
from MuscleMyopathyLib.qmri.map_kinds import MapKind


def dixon_maps(separated: Dixon) -> Mapping[MapKind, sitk.Image]:
    """Return the maps of a separation; R2* only where the echoes could give it."""
    maps = {
        MapKind.FAT_FRACTION: separated.fat_fraction_percent,
        MapKind.WATER: separated.water,
        MapKind.FAT: separated.fat,
        MapKind.FIELD: separated.field_hz,
        MapKind.RESIDUAL: separated.residual_percent,
        MapKind.CONFIDENCE: separated.confidence,
        MapKind.SUSPECTED_SWAP: separated.suspected_swap,
    }
    if separated.r2star_per_s is not None:
        maps[MapKind.R2STAR] = separated.r2star_per_s
    return maps
