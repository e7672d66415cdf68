"""How many grey levels the texture features of each structure will rest on, before anything is extracted.

The same discretisation as in the extraction, on the unfiltered image only and without the texture features, so
that it takes a moment.
"""

from __future__ import annotations

import dataclasses

import pandas as pd

from MuscleMyopathyLib.radiomics.extraction import FEW_GREY_LEVELS
from MuscleMyopathyLib.radiomics.feature_table import KEY_COLUMNS
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset

UNFILTERED = "Original"


def grey_levels_only(preset: RadiomicsPreset) -> RadiomicsPreset:
    """Return a preset that discretises as this one and measures nothing but the lowest value.

    The image type is the unfiltered one, or the preset's first where it has no unfiltered one.
    """
    image_types = preset.pyradiomics.get("imageType") or {UNFILTERED: {}}
    kept = UNFILTERED if UNFILTERED in image_types else next(iter(image_types))
    parameters = {
        **preset.pyradiomics,
        "imageType": {kept: image_types[kept]},
        "featureClass": {"firstorder": ["Minimum"]},
    }
    return dataclasses.replace(preset, pyradiomics=parameters)


def judged_grey_levels(features: pd.DataFrame) -> pd.DataFrame:
    """Return the grey levels of each structure, judged.

    Args:
        features: A feature table, of the whole extraction or of `grey_levels_only`.

    Returns:
        The key columns, ``voxel_count``, ``grey_levels`` (missing where the structure cannot be measured) and
        ``judgement``: "error" at one grey level or where the structure cannot be measured, "warning" below
        `FEW_GREY_LEVELS`, else "".
    """
    table = features[[*KEY_COLUMNS, "voxel_count", "grey_levels", "problem"]].copy()
    levels = pd.to_numeric(table["grey_levels"]).astype("Float64")
    failed = levels.isna() | (levels <= 1)
    few = ~failed & (levels < FEW_GREY_LEVELS)
    judgements = ["error" if bad else "warning" if low else "" for bad, low in zip(failed, few, strict=True)]
    return table.assign(judgement=judgements)
