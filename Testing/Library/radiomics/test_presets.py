"""Presets are read, checked and told apart by their content."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.radiomics.presets import (
    preset_from_mapping,
    read_radiomics_preset,
    shipped_presets,
    with_setting,
)
from MuscleMyopathyLib.radiomics.slices import SliceChoice


def test_four_presets_are_shipped_with_a_description_each() -> None:
    presets = shipped_presets()
    assert set(presets) == {"light", "nagawa2021", "recommended", "wei2023"}
    assert all(presets.values())


@pytest.mark.parametrize("name", ["nagawa2021", "recommended", "wei2023"])
def test_a_preset_survives_being_written_as_plain_values(name: str) -> None:
    preset = read_radiomics_preset(name)
    assert preset_from_mapping(preset.to_mapping(), name) == preset


def test_nagawa_is_one_slice_of_both_sides_at_0_to_100_with_bin_width_25() -> None:
    preset = read_radiomics_preset("nagawa2021")
    assert preset.preprocessing.intensity_range == (0, 100)
    assert preset.preprocessing.slices == SliceChoice(levels=(0.29,))
    assert preset.preprocessing.merge_sides
    assert preset.pyradiomics["setting"]["binWidth"] == 25
    assert preset.pyradiomics["setting"]["force2D"]


def test_wei_says_that_the_paper_counts_one_feature_less_per_image_type() -> None:
    notes = " ".join(read_radiomics_preset("wei2023").notes)
    assert "1,012 = 11 x 92" in notes
    assert "1,023 = 11 x 93" in notes


def test_the_hash_changes_with_content_and_not_with_the_name() -> None:
    preset = read_radiomics_preset("wei2023")
    assert with_setting(preset, binWidth=10).content_hash != preset.content_hash
    renamed = dataclasses.replace(preset, name="mine", description="my own")
    assert renamed.content_hash == preset.content_hash


def test_a_pyradiomics_parameter_file_of_ones_own_is_a_preset(tmp_path: Path) -> None:
    file = tmp_path / "lab_ct.yaml"
    file.write_text(
        "imageType:\n  Original: {}\n  LoG:\n    sigma: [2.0, 3.0]\n"
        "featureClass:\n  shape:\n  firstorder: [Mean, Skewness]\nsetting:\n  binWidth: 5\n  label: 1\n"
    )
    preset = read_radiomics_preset(file)
    assert preset.name == "lab_ct"
    assert preset.pyradiomics["featureClass"]["firstorder"] == ["Mean", "Skewness"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"settings": {}}, r"has no settings\. Known are: .*setting"),
        ({"preprocessing": {"n4": True}}, r"Preprocessing has no parameter n4\. It has: bias_correction"),
        ({"setting": {"binwidth": 5}}, r"setting has no binwidth\. Known are: .*binWidth"),
        ({"imageType": {"LBP": {}}}, r"imageType has no LBP\. Known are: .*LBP2D"),
        ({"imageType": {"Wavelet": {"levels": 2}}}, r"imageType Wavelet has no levels\. Known are: .*level"),
        ({"featureClass": {"GLCM": None}}, r"featureClass has no GLCM\. Known are: .*glcm"),
        ({"featureClass": {"glcm": ["Energy"]}}, r"featureClass glcm has no Energy\. Known are: .*JointEnergy"),
        ({"setting": {"binWidth": -5}}, "PyRadiomics refuses it"),
        ({"setting": {"interpolator": "linear"}}, "PyRadiomics refuses it"),
        ({"setting": [5]}, "setting is not a list of names and values"),
        ({"preprocessing": [5]}, "preprocessing is not a list of names and values"),
    ],
)
def test_what_a_preset_cannot_mean_is_refused_with_what_it_can(values: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        preset_from_mapping(values, "mine")


def test_a_preset_that_is_not_shipped_is_refused_with_the_shipped_ones() -> None:
    with pytest.raises(InputError, match=r"nagawa2021\.yaml, recommended\.yaml, wei2023\.yaml"):
        read_radiomics_preset("wei2024")


@pytest.mark.parametrize("text", ["a: [1, 2", "- just\n- a list\n"])
def test_a_file_that_is_no_preset_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"broken\.yaml"):
        read_radiomics_preset(file)
