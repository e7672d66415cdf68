"""Tests of the words for figures of agreement."""

from __future__ import annotations

import math

import pytest

from MuscleMyopathyLib.reproducibility.agreement_bands import agreement_band, dice_band
from MuscleMyopathyLib.reproducibility.feature_names import image_type_and_class


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (1.0, "almost perfect"),
        (0.81, "almost perfect"),
        (0.80, "substantial"),
        (0.61, "substantial"),
        (0.60, "moderate"),
        (0.40, "fair"),
        (0.20, "slight"),
        (0.0, "slight"),
        (-0.01, "poor"),
        (math.nan, ""),
    ],
)
def test_bands_are_those_of_landis_and_koch(value: float, band: str) -> None:
    assert agreement_band(value) == band


@pytest.mark.parametrize(
    ("dice", "light"),
    [(1.0, "green"), (0.85, "green"), (0.849, "amber"), (0.70, "amber"), (0.699, "red"), (0, "red")],
)
def test_the_traffic_light_turns_at_085_and_070(dice: float, light: str) -> None:
    assert dice_band(dice) == light


def test_there_is_no_light_without_a_dice() -> None:
    assert dice_band(math.nan) == ""


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("original_glcm_Contrast", ("original", "glcm")),
        ("wavelet-LLH_glszm_ZoneEntropy", ("wavelet-LLH", "glszm")),
        ("lbp-2D_firstorder_Mean", ("lbp-2D", "firstorder")),
        ("log-sigma-3-0-mm-3D_gldm_DependenceEntropy", ("log-sigma-3-0-mm-3D", "gldm")),
        ("original_shape2D_Sphericity", ("original", "shape2D")),
        ("calf.water.gradient_ngtdm_Busyness", ("gradient", "ngtdm")),
        ("ff_mean_percent", ("", "")),
        ("volume_cm3", ("", "")),
    ],
)
def test_a_features_name_tells_image_type_and_class(feature: str, expected: tuple[str, str]) -> None:
    assert image_type_and_class(feature) == expected
