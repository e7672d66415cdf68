"""What all methods' outcomes have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.methods import COLUMNS, SegmentationOutcome

RF, VL = Structure("RF", Side.LEFT), Structure("VL", Side.LEFT)


def test_structures_that_were_not_asked_for_leave_labels_table_and_confidence() -> None:
    grid = sitk.Image(4, 3, 2, sitk.sitkFloat32)
    grid.SetSpacing((1.0, 1.0, 8.0))
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[0], labels[1] = 1, 2
    confidence = sitk.GetImageFromArray(np.full(labels.shape, 0.75, np.float32))
    confidence.CopyInformation(grid)
    table = pd.DataFrame([[one.code, str(one.side), 1.0, 0.75, ""] for one in (RF, VL)], columns=COLUMNS)
    outcome = SegmentationOutcome(
        Segmentation.from_array(labels, {1: RF, 2: VL}, grid), table, (), "test", confidence
    )
    kept = outcome.only([VL])
    assert kept.structures["structure"].tolist() == ["VL"]
    assert kept.confidence is not None
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(kept.confidence), np.where(kept.segmentation.array > 0, np.float32(0.75), 0)
    )
    assert kept.confidence.GetSpacing() == grid.GetSpacing()
    with pytest.raises(InputError, match="Known here: RF_left, VL_left"):
        outcome.only([Structure("SOL", Side.LEFT)])
