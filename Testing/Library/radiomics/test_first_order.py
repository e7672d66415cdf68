"""First-order features are PyRadiomics' own to the last voxel, wherever percentiles fall."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.radiomics.engine import pyradiomics, quiet
from MuscleMyopathyLib.radiomics.first_order import faster_members


@pytest.mark.parametrize("decimals", [0, 3])
def test_values_are_those_of_pyradiomics_for_every_number_of_voxels(decimals: int) -> None:
    """A tenth of 30 voxels is the third one or, one bit further, not: then its deviation is not counted."""
    original = pyradiomics("radiomics.firstorder").RadiomicsFirstOrder
    faster = type("Faster", (original,), dict(faster_members()))
    rng = np.random.default_rng(1)
    for count in range(2, 122):
        values = np.round(rng.gamma(2.0, 50.0, (2, 1, count)), decimals)
        image, mask = sitk.GetImageFromArray(values), sitk.GetImageFromArray(np.ones(values.shape, np.uint8))
        with quiet(), np.errstate(all="ignore"):
            expected, found = original(image, mask).execute(), faster(image, mask).execute()
        assert {name: float(value) for name, value in found.items()} == pytest.approx(
            {name: float(value) for name, value in expected.items()}, rel=1e-12, nan_ok=True
        )
