"""A model trained on tiny images of whole muscle, and the examination of a case for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.modeling.package.training import ModelDescription, train
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.validation.parameters import ValidationParameters
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions, extract_features
from MuscleMyopathyLib.radiomics.feature_table import fused_table
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, preset_from_mapping
from MuscleMyopathyLib.study.feature_inputs import FeatureInputs

PATIENTS = 16


def tiny_preset() -> RadiomicsPreset:
    return preset_from_mapping(
        {
            "preprocessing": {"merge_sides": True},
            "imageType": {"Original": {}},
            "featureClass": {"firstorder": ["Mean", "Variance", "Skewness"]},
            "setting": {"binWidth": 10},
        },
        "tiny",
    )


def examination(number: int, region: str = "thigh") -> FeatureInputs:
    """Return T1w and water of a simulated limb segment; every second patient's T1w is brighter."""
    rng = np.random.default_rng(number + (1000 if region == "calf" else 0))
    images = {}
    for sequence, level in (("T1w", 100 + 25 * (number % 2)), ("water", 80)):
        image = sitk.GetImageFromArray(rng.normal(level, 30, (6, 14, 16)).astype(np.float32))
        image.SetSpacing((3.0, 3.0, 6.0))
        images[sequence] = image
    labels = np.zeros((6, 14, 16), np.uint8)
    labels[:, 3:9, 2:7], labels[:, 3:9, 9:14] = 2, 1
    structures = {1: Structure.parse("MUSCLE_left"), 2: Structure.parse("MUSCLE_right")}
    drawn = Segmentation.from_array(labels, structures, images["T1w"])
    return FeatureInputs(images, (DrawnRegions(drawn, "R1"),), f"case-{number:02d}", region, phantom=True)


def tiny_features(*regions: str) -> pd.DataFrame:
    """Return the features of all patients, one row per patient, limb segment (the thigh alone) and sequence."""
    return pd.concat([_features_of(region) for region in regions or ("thigh",)], ignore_index=True)


@cache
def _features_of(region: str) -> pd.DataFrame:
    tables = []
    for number in range(PATIENTS):
        one = examination(number, region)
        made = extract_features(one.images, one.readings, tiny_preset(), case=one.case, region=one.region)
        tables.append(made.table)
    return pd.concat(tables, ignore_index=True)


def tiny_recipe() -> Recipe:
    return Recipe("tiny", classifiers=("LR",), validation=ValidationParameters(folds=2, repeats=1))


def tiny_data(*regions: str) -> CohortData:
    outcomes = pd.DataFrame(
        {
            "case": [f"case-{number:02d}" for number in range(PATIENTS)],
            "group": ["bright" if number % 2 else "dark" for number in range(PATIENTS)],
            "phantom": True,
        }
    )
    preset = tiny_preset()
    table = fused_table(tiny_features(*regions)).drop(columns="problem")
    return read_cohort(table, outcomes, "group", preset=preset.name, preset_sha256=preset.content_hash)


@cache
def tiny_package() -> ModelPackage:
    return tiny_package_with({})


@cache
def thigh_and_calf_package() -> ModelPackage:
    """Return a model that needs both limb segments."""
    return tiny_package_with({}, "thigh", "calf")


def tiny_package_with(drawn_levels: Mapping[str, Any], *regions: str) -> ModelPackage:
    return train(
        tiny_data(*regions),
        tiny_recipe(),
        "LR",
        [],
        ModelDescription("tiny"),
        preset=tiny_preset().to_mapping(),
        drawn_levels=drawn_levels,
        structures=("MUSCLE both",),
    )
