"""A transfer survives as plain values."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.transfer import Refinement, Transfer
from MuscleMyopathyLib.imaging.transfer_records import transfer_from_record, transfer_record


def test_a_refined_transfer_comes_back_with_the_same_movement() -> None:
    rigid = sitk.Euler3DTransform((5.0, 6.0, 7.0), 0.01, -0.02, 0.03, (4.0, -3.0, 0.5))
    labels = np.ones((1, 2, 2), np.uint8)
    image = sitk.GetImageFromArray(labels)
    drawn = Segmentation.from_array(labels, {1: Structure("RF", Side.LEFT)}, image)
    volumes = pd.DataFrame({"structure": ["RF"]})
    found = Refinement(rigid, 5.0, 6.0, 0.1, 0.4)
    before = Transfer(drawn, volumes, 98.0, found, ("text",))
    after = transfer_from_record(json.loads(json.dumps(transfer_record(before))), drawn, volumes)
    assert after.refinement is not None
    assert (after.overlap_percent, after.problems, after.refinement.likeness_after) == (98.0, ("text",), 0.4)
    for point in ((0.0, 0.0, 0.0), (100.0, -50.0, 20.0)):
        np.testing.assert_allclose(
            after.refinement.transform.TransformPoint(point), rigid.TransformPoint(point), atol=1e-9
        )


def test_a_transfer_without_refinement_comes_back_without_one() -> None:
    image = sitk.Image(2, 2, 1, sitk.sitkUInt8)
    drawn = Segmentation(image, {1: Structure("RF", Side.LEFT)})
    before = Transfer(drawn, pd.DataFrame(), 100.0, None, ())
    after = transfer_from_record(transfer_record(before), drawn, before.volumes)
    assert (after.refinement, after.overlap_percent, after.problems) == (None, 100.0, ())
