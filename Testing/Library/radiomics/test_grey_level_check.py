"""Grey levels told beforehand are those of the extraction."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.radiomics.extraction import extract_features
from MuscleMyopathyLib.radiomics.grey_level_check import grey_levels_only, judged_grey_levels
from MuscleMyopathyLib.radiomics.presets import preset_from_mapping

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")


def test_structures_are_judged_as_the_extraction_will_find_them() -> None:
    values = np.random.default_rng(0).integers(0, 400, (4, 12, 12)).astype(float)
    labels = np.zeros(values.shape, np.uint8)
    labels[:, 1:5], labels[:, 6:8], labels[:, 10:] = 1, 2, 3
    values[labels == 2] = values[labels == 2] % 40
    values[labels == 3] = 7
    image = sitk.GetImageFromArray(values)
    structures = {number: Structure.parse(f"{code}_left") for number, code in ((1, "RF"), (2, "VL"), (3, "VM"))}
    drawn = Segmentation.from_array(labels, structures, image)
    preset = preset_from_mapping(
        {
            "imageType": {"Gradient": {"binWidth": 2}, "Original": {"binWidth": 5}},
            "featureClass": {"firstorder": ["Mean"], "glcm": ["Contrast"]},
        },
        "test",
    )
    before = judged_grey_levels(extract_features({"T1w": image}, drawn, grey_levels_only(preset)).table)
    whole = extract_features({"T1w": image}, drawn, preset).table
    assert before["judgement"].tolist() == ["", "warning", "error"]
    assert before["grey_levels"].tolist()[:2] == whole["grey_levels"].tolist()[:2]
