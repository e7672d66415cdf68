"""A transfer as plain values and back: what a folder or a scene keeps beside the structures and their volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.transfer import Refinement, Transfer


def transfer_record(transfer: Transfer) -> dict[str, Any]:
    """Return all of a transfer but the structures and the table of volumes, as plain values for JSON."""
    found = transfer.refinement
    return {
        "overlap_percent": transfer.overlap_percent,
        "problems": list(transfer.problems),
        "refinement": None
        if found is None
        else {
            "centre_mm": list(sitk.Euler3DTransform(found.transform).GetCenter()),
            "angles_radians_and_shift_mm": list(sitk.Euler3DTransform(found.transform).GetParameters()),
            "displacement_mm": found.displacement_mm,
            "largest_displacement_mm": found.largest_displacement_mm,
            "likeness_before": found.likeness_before,
            "likeness_after": found.likeness_after,
        },
    }


def transfer_from_record(record: Mapping[str, Any], segmentation: Segmentation, volumes: pd.DataFrame) -> Transfer:
    """Return the transfer of a record of `transfer_record`.

    Raises:
        KeyError: Something of it is missing.
    """
    found = record["refinement"]
    refinement = None
    if found is not None:
        transform = sitk.Euler3DTransform()
        transform.SetCenter(found["centre_mm"])
        transform.SetParameters(found["angles_radians_and_shift_mm"])
        refinement = Refinement(
            transform,
            found["displacement_mm"],
            found["largest_displacement_mm"],
            found["likeness_before"],
            found["likeness_after"],
        )
    return Transfer(segmentation, volumes, record["overlap_percent"], refinement, tuple(record["problems"]))
