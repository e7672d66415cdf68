"""Every value is PyRadiomics' own: on a made image for many settings, on real patients and the digital limb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.imaging.files import read_image, read_label_image
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.radiomics.preprocessing import measured_regions, preprocess
from MuscleMyopathyLib.radiomics.presets import preset_from_mapping, read_radiomics_preset, with_setting
from MuscleMyopathyLib.radiomics.structure_extractor import StructureExtractor

TOLERANCE = 1e-9

TEXTURE = dict.fromkeys(["firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm"])
SETTINGS: dict[str, dict[str, Any]] = {
    "nothing set": {},
    "all features, many grey levels, no resampling": {
        "imageType": {"Original": {}, "Wavelet": {}, "LBP2D": {"binWidth": 1}, "Gradient": {}, "Square": {}},
        "setting": {"binWidth": 12},
    },
    "laplacian, normalised, resampled by splines": {
        "imageType": {"LoG": {"sigma": [4.0]}, "SquareRoot": {}, "Logarithm": {}, "Exponential": {}},
        "featureClass": TEXTURE,
        "setting": {"normalize": True, "normalizeScale": 100, "binWidth": 5, "resampledPixelSpacing": [3, 3, 0]},
    },
    "two dimensions, two distances": {
        "imageType": {"Original": {}, "Wavelet": {}},
        "featureClass": TEXTURE,
        "setting": {"force2D": True, "distances": [1, 2], "binWidth": 20},
    },
    "weighted, not symmetric": {
        "featureClass": {"glcm": None, "glrlm": None},
        "setting": {"weightingNorm": "euclidean", "symmetricalGLCM": False, "binCount": 40},
    },
    "resegmented and cropped": {
        "featureClass": {**TEXTURE, "shape": None},
        "setting": {
            "resegmentRange": [-1, 2],
            "resegmentMode": "sigma",
            "resegmentShape": True,
            "preCrop": True,
            "padDistance": 3,
        },
    },
    "some features by name": {"featureClass": {"glcm": ["MCC", "ClusterShade"], "firstorder": ["Skewness"]}},
}

Plain = Callable[..., pd.Series]
Difference = Callable[[pd.Series, pd.Series], float]


def uint32(segmentation: Segmentation) -> sitk.Image:
    return sitk.Cast(segmentation.image, sitk.sitkUInt32)


@pytest.mark.parametrize("name", SETTINGS)
def test_values_are_those_of_pyradiomics_whatever_its_settings(
    name: str,
    limb_image: sitk.Image,
    limb_regions: Segmentation,
    plain_features: Plain,
    largest_relative_difference: Difference,
) -> None:
    preset = preset_from_mapping(SETTINGS[name], name)
    ours = StructureExtractor(limb_image, preset)
    for label in (1, 102):
        found = ours.extract(uint32(limb_regions), label)
        plain = plain_features(limb_image, limb_regions.image, label, preset)
        assert largest_relative_difference(plain, pd.Series(dict(found.values))) < TOLERANCE


def test_the_presets_give_186_and_1023_features(limb_image: sitk.Image, limb_regions: Segmentation) -> None:
    for name, count in (("nagawa2021", 186), ("wei2023", 1023), ("recommended", 1023)):
        found = StructureExtractor(limb_image, read_radiomics_preset(name)).extract(uint32(limb_regions), 2)
        assert len(found.values) == count


def test_grey_levels_are_told_for_each_image_type(limb_image: sitk.Image, limb_regions: Segmentation) -> None:
    preset = with_setting(read_radiomics_preset("wei2023"), binWidth=1000)
    found = StructureExtractor(limb_image, preset).extract(uint32(limb_regions), 2)
    assert len(found.grey_levels) == 11
    assert found.grey_levels["original"].count == 2
    assert found.grey_levels["lbp-2D"].count == 1
    assert 2 < found.grey_levels["lbp-2D"].distinct_values <= 10


def test_the_measured_image_can_be_looked_at(limb_image: sitk.Image, limb_regions: Segmentation) -> None:
    extractor = StructureExtractor(limb_image, read_radiomics_preset("wei2023"))
    image, labels = extractor.region_of_interest(uint32(limb_regions), 2)
    assert image.GetSpacing() == labels.GetSpacing() == (3.0, 3.0, 3.0)
    found = extractor.extract(uint32(limb_regions), 2)
    inside = sitk.GetArrayFromImage(image)[sitk.GetArrayFromImage(labels) == 2]
    assert inside.size == found.voxel_count
    assert inside.mean() == pytest.approx(found.values["original_firstorder_Mean"], rel=1e-12)


def test_work_stops_between_image_types_when_it_is_cancelled(
    limb_image: sitk.Image, limb_regions: Segmentation
) -> None:
    calls = []

    def cancel_at_third() -> None:
        calls.append(None)
        if len(calls) == 3:
            raise Cancelled

    extractor = StructureExtractor(limb_image, read_radiomics_preset("wei2023"))
    with pytest.raises(Cancelled):
        extractor.extract(uint32(limb_regions), 2, cancel_at_third)
    assert len(calls) == 3


def region(shape: tuple[int, int, int], box: tuple[slice, slice, slice], like: sitk.Image) -> sitk.Image:
    labels = np.zeros(shape, np.uint32)
    labels[box] = 1
    image = sitk.GetImageFromArray(labels)
    image.CopyInformation(like)
    return image


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((slice(5, 6), slice(9, 10), slice(9, 10)), "one voxel after resampling"),
        ((slice(5, 6), slice(9, 10), slice(9, 30)), r"one voxel thick: 14 × 1 × 1 voxels"),
    ],
)
def test_a_region_that_is_too_small_says_so(
    box: tuple[slice, slice, slice], reason: str, limb_image: sitk.Image
) -> None:
    preset = preset_from_mapping(
        {"setting": {"resampledPixelSpacing": [3, 2, 0], "interpolator": "sitkLinear"}}, "thin"
    )
    labels = region((12, 40, 60), box, limb_image)
    found = StructureExtractor(limb_image, preset).extract(labels, 1)
    assert not found.values
    assert pd.Series([found.problem]).str.contains(reason).all()


def test_a_region_lost_in_resampling_says_so(limb_image: sitk.Image) -> None:
    preset = preset_from_mapping(
        {"setting": {"resampledPixelSpacing": [20, 20, 20], "interpolator": "sitkLinear"}}, "coarse"
    )
    box = (slice(5, 7), slice(9, 11), slice(8, 10))
    found = StructureExtractor(limb_image, preset).extract(region((12, 40, 60), box, limb_image), 1)
    assert found.problem in (
        "too small: no voxel is left after resampling",
        "too small: one voxel after resampling",
    )


def test_a_constant_region_says_so(limb_image: sitk.Image, limb_regions: Segmentation) -> None:
    flat = limb_image * 0 + 7
    found = StructureExtractor(flat, read_radiomics_preset("wei2023")).extract(uint32(limb_regions), 1)
    assert found.problem == "constant: every voxel is 7, one grey level"


def real_case(shared_data: Path, patient: str, sequence: str) -> tuple[sitk.Image, Segmentation]:
    folder = shared_data / "huashan_thigh"
    labels = read_label_image(folder / f"{patient}_labels.nii.gz")
    return (
        read_image(folder / f"{patient}_{sequence}.nii.gz"),
        Segmentation(labels, read_label_scheme("huashan")),
    )


def difference_on_real_case(
    image: sitk.Image,
    segmentation: Segmentation,
    preset_name: str,
    labels: list[int],
    plain_features: Plain,
    largest_relative_difference: Difference,
) -> float:
    preset = read_radiomics_preset(preset_name)
    prepared = preprocess(image, preset.preprocessing)
    regions = measured_regions(segmentation, preset.preprocessing)
    extractor = StructureExtractor(prepared, preset)
    differences = []
    for label in labels:
        found = extractor.extract(uint32(regions), label)
        if not found.problem:
            plain = plain_features(prepared, regions.image, label, preset)
            differences.append(largest_relative_difference(plain, pd.Series(dict(found.values))))
    assert differences
    return max(differences)


@pytest.mark.parametrize(
    ("patient", "sequence", "preset", "labels"),
    [
        ("Thigh_001", "water", "wei2023", [2]),
        ("Thigh_002", "water", "wei2023", [7]),
        ("Thigh_001", "fat", "nagawa2021", [1, 6]),
        ("Thigh_002", "water", "nagawa2021", [3, 9]),
    ],
)
def test_values_are_those_of_pyradiomics_in_real_thighs(
    shared_data: Path,
    patient: str,
    sequence: str,
    preset: str,
    labels: list[int],
    plain_features: Plain,
    largest_relative_difference: Difference,
) -> None:
    image, segmentation = real_case(shared_data, patient, sequence)
    difference = difference_on_real_case(
        image, segmentation, preset, labels, plain_features, largest_relative_difference
    )
    assert difference < TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["nagawa2021", "wei2023"])
@pytest.mark.parametrize("sequence", ["fat", "water"])
@pytest.mark.parametrize("patient", ["Thigh_001", "Thigh_002"])
def test_values_are_those_of_pyradiomics_in_every_muscle_of_real_thighs(
    shared_data: Path,
    patient: str,
    sequence: str,
    preset: str,
    plain_features: Plain,
    largest_relative_difference: Difference,
) -> None:
    image, segmentation = real_case(shared_data, patient, sequence)
    difference = difference_on_real_case(
        image, segmentation, preset, list(segmentation.structures), plain_features, largest_relative_difference
    )
    assert difference < TOLERANCE


@pytest.mark.parametrize("preset", ["nagawa2021", "wei2023"])
def test_values_are_those_of_pyradiomics_in_the_digital_limb(
    preset: str, plain_features: Plain, largest_relative_difference: Difference
) -> None:
    from MuscleMyopathyLib.phantom.case import phantom_series
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
    from MuscleMyopathyLib.phantom.protocols import SMALL
    from MuscleMyopathyLib.phantom.sequences import SpinEcho

    series, limb = phantom_series(LimbParameters(pattern=Pattern.LGMDR2, seed=3, protocol=SMALL), (SpinEcho(),))
    labels = [limb.muscles.label_of(Structure(code, Side.LEFT)) for code in ("VL", "SM")]
    difference = difference_on_real_case(
        series[0].image, limb.muscles, preset, labels, plain_features, largest_relative_difference
    )
    assert difference < TOLERANCE
