"""A small case with known numbers: two legs of 3 slices, two muscles each, and a marker on the patient's left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction
from MuscleMyopathyLib.qmri.measures import measure_structures
from MuscleMyopathyLib.study.case import Case, CaseResult

SPACING_MM = (2.0, 3.0, 10.0)
FAT_PERCENT = {("RF", "left"): 60.0, ("RF", "right"): 20.0, ("VL", "left"): 30.0, ("VL", "right"): 35.0}


def _image(array: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-60.0, -45.0, 100.0))
    return image


def _legs() -> tuple[np.ndarray, dict[int, Structure]]:
    """Return labels (slice, row, column) of RF above VL in each leg, with columns towards the patient's left."""
    labels = np.zeros((3, 30, 60), dtype=np.uint8)
    structures = {}
    for side, columns in ((Side.RIGHT, slice(8, 24)), (Side.LEFT, slice(36, 52))):
        for code, rows in (("RF", slice(6, 14)), ("VL", slice(16, 26))):
            structure = Structure(code, side)
            structures[structure.label] = structure
            labels[:, rows, columns] = structure.label
    return labels, structures


@pytest.fixture
def a_case_result() -> CaseResult:
    """Return a case whose fat fractions are those of `FAT_PERCENT`, with one problem."""
    labels, structures = _legs()
    percent = np.full(labels.shape, 90.0)
    for label, structure in structures.items():
        percent[labels == label] = FAT_PERCENT[structure.code, str(structure.side)]
    limb = np.zeros(labels.shape, dtype=bool)
    limb[:, 4:28, 6:26] = limb[:, 4:28, 34:54] = True
    fat, water = (_image(np.where(limb, 1000 * share, 0.0)) for share in (percent / 100, 1 - percent / 100))
    muscles = Segmentation.from_array(labels, structures, water)
    whole_structures = {
        Structure("MUSCLE", side).label: Structure("MUSCLE", side) for side in (Side.LEFT, Side.RIGHT)
    }
    whole_labels = np.zeros_like(labels)
    for label, structure in structures.items():
        whole_labels[labels == label] = Structure("MUSCLE", structure.side).label
    whole = Segmentation.from_array(whole_labels, whole_structures, water)
    fraction = fat_fraction(water, fat, FatFractionParameters()).percent
    tables = [measure_structures(s, fraction, water=water, fat=fat) for s in (whole, muscles)]
    return CaseResult(
        case=Case(
            identifier="P-017",
            region=Region.THIGH,
            series=(
                Series("water image", water, Role.WATER, "the description says 'water'", echo_times_ms=(3.45,)),
                Series("fat image", fat, Role.FAT, "the description says 'fat'"),
            ),
            muscles=muscles,
            reader="R1",
        ),
        compartments=None,
        whole_muscle=whole,
        muscles=muscles,
        fat_fraction_percent=fraction,
        measures=_keyed([table.volume for table in tables]),
        measures_by_slice=_keyed([table.by_slice for table in tables]),
        problems=pd.DataFrame(
            [{"stage": "measures", "structure": "GR", "side": "left", "problem": "cut off at the image's edge"}]
        ),
        parameters={"fat_fraction": {"noise_factor": 2.0}, "compartments": {"epimysium_erosion_mm": 1.5}},
        provenance={
            "software": "MuscleMyopathy 9.8.7",
            "date": "2026-03-04T05:06:07+00:00",
            "inputs": [{"role": "water", "sha256": "0123abcd"}],
            "seconds": {"fat fraction": 1.25},
        },
    )


def _keyed(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    keys = {"case": "P-017", "reader": "R1", "session": 1, "sequence": "water + fat", "region": "thigh"}
    for position, (name, value) in enumerate(keys.items()):
        table.insert(position, name, value)
    return table
