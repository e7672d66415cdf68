"""Many structures, sequences and readings in one table; failures keep their rows."""

from __future__ import annotations

import multiprocessing
import time

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError, MuscleMyopathyError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions, extract_features
from MuscleMyopathyLib.radiomics.feature_table import KEY_COLUMNS
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, preset_from_mapping, read_radiomics_preset


@pytest.fixture
def quick() -> RadiomicsPreset:
    return preset_from_mapping({"featureClass": {"firstorder": None, "glcm": None}}, "quick")


def test_every_sequence_reading_structure_and_side_has_its_row(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    readings = [DrawnRegions(limb_regions, "R1", 1), DrawnRegions(limb_regions, "R1", 2)]
    result = extract_features({"T1w": limb_image, "water": limb_image * 2}, readings, quick, case="P1")
    keys = result.table[list(KEY_COLUMNS)]
    assert len(keys.drop_duplicates()) == len(keys) == 2 * 2 * 4
    assert keys.iloc[0].tolist() == ["P1", "R1", 1, "T1w", "thigh", "RF", "left"]
    assert result.table["problem"].eq("").all()
    assert len(result.feature_names) == 18 + 24
    assert result.table[result.feature_names].notna().all(axis=None)


def test_a_reading_for_one_sequence_is_measured_there_only(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    readings = [DrawnRegions(limb_regions, "R1", 1, ("T1w",)), DrawnRegions(limb_regions, "R1", 1, ("water",))]
    table = extract_features({"T1w": limb_image, "water": limb_image * 2}, readings, quick).table
    assert table["sequence"].tolist() == ["T1w"] * 4 + ["water"] * 4


def test_two_processes_give_the_same_table_as_one(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    one = extract_features({"T1w": limb_image}, limb_regions, quick)
    two = extract_features({"T1w": limb_image}, limb_regions, quick, workers=2)
    pd.testing.assert_frame_equal(one.table, two.table, rtol=1e-12)
    pd.testing.assert_frame_equal(one.grey_levels, two.grey_levels)


def test_a_helper_process_that_ends_by_itself_is_an_error_and_not_a_wait(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    others = set(multiprocessing.active_children())

    def end_helpers(*_: object) -> None:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()

    with pytest.raises(MuscleMyopathyError, match="ended by itself"):
        extract_features({"T1w": limb_image}, limb_regions, quick, workers=2, progress=end_helpers)


def test_a_structure_without_voxels_keeps_its_row_with_the_reason(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    structures = {**limb_regions.structures, 7: Structure("SAR", Side.LEFT)}
    table = extract_features({"T1w": limb_image}, Segmentation(limb_regions.image, structures), quick).table
    empty = table[table["structure"] == "SAR"].iloc[0]
    assert empty["problem"] == "empty: no voxel in the measured slices"
    assert empty["voxel_count"] == 0
    assert pd.isna(empty["grey_levels"])
    assert empty[[name for name in table.columns if "_" in name and "original" in name]].isna().all()


def test_one_grey_level_is_a_problem_and_few_are_a_warning(
    limb_image: sitk.Image, limb_regions: Segmentation
) -> None:
    table = extract_features({"STIR": limb_image}, limb_regions, read_radiomics_preset("nagawa2021")).table
    assert table["grey_levels"].between(2, 5).all()
    assert table["problem"].str.contains("one grey level.*lbp-2D").all()
    assert table["warning"].str.contains("fewer than 16 grey levels: original").all()
    assert table["structure"].tolist() == ["RF", "VL"]
    assert table["side"].eq("both").all()


def test_the_recommended_preset_leaves_32_grey_levels_and_every_pattern_code(
    limb_image: sitk.Image, limb_regions: Segmentation
) -> None:
    result = extract_features({"T1w": limb_image}, limb_regions, read_radiomics_preset("recommended"))
    assert result.table["grey_levels"].between(30, 32).all()
    assert result.table["problem"].eq("").all()
    patterns = result.grey_levels[result.grey_levels["image_type"] == "lbp-2D"]
    assert (patterns["grey_levels"] == patterns["distinct_values"]).all()


def test_two_sequences_that_are_one_image_are_suspicious(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    table = extract_features({"T1w": limb_image, "water": limb_image}, limb_regions, quick).table
    assert table["warning"].str.contains("suspicious: all features equal those of").all()


def test_provenance_tells_versions_preset_and_inputs(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    provenance = extract_features({"T1w": limb_image}, limb_regions, quick).provenance
    assert provenance["packages"]["pyradiomics"] == "3.0.1"
    assert provenance["preset_sha256"] == quick.content_hash
    assert len(provenance["images_sha256"]["T1w"]) == 64


def test_another_grid_is_refused_with_both_geometries(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    elsewhere = sitk.Image(limb_image)
    elsewhere.SetOrigin((500.0, 0.0, 0.0))
    with pytest.raises(GeometryError, match=r"(?s)T1w image: .*500\.00.*segmentation of R1, session 1: .*-60\.00"):
        extract_features({"T1w": elsewhere}, [DrawnRegions(limb_regions, "R1")], quick)


def test_regions_for_a_sequence_without_image_are_refused(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    with pytest.raises(InputError, match=r"drawn for STIR, and the images are: T1w"):
        extract_features({"T1w": limb_image}, [DrawnRegions(limb_regions, sequences=("STIR",))], quick)


def test_nothing_to_measure_is_refused(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    with pytest.raises(InputError, match="no image"):
        extract_features({}, limb_regions, quick)
    with pytest.raises(InputError, match="no structure"):
        extract_features({"T1w": limb_image}, Segmentation(limb_regions.image, {}), quick)
    with pytest.raises(ParameterError, match="workers = 0"):
        extract_features({"T1w": limb_image}, limb_regions, quick, workers=0)


def test_progress_names_each_structure_and_ends_at_one(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    steps: list[tuple[float, str]] = []
    extract_features(
        {"T1w": limb_image}, limb_regions, quick, progress=lambda done, text: steps.append((done, text))
    )
    fractions = [done for done, _ in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"rectus femoris left, T1w", "vastus lateralis right, T1w"} <= {text for _, text in steps}


@pytest.mark.parametrize("workers", [1, 2])
def test_cancelling_ends_the_work(workers: int, limb_image: sitk.Image, limb_regions: Segmentation) -> None:
    preset = read_radiomics_preset("wei2023")
    cancelled_at = []

    def cancel_after_start(done: float, text: str) -> None:
        if done > 0:
            cancelled_at.append(time.monotonic())
            raise Cancelled

    many = {f"echo {n}": limb_image + n for n in range(30)}
    with pytest.raises(Cancelled):
        extract_features(many, limb_regions, preset, workers=workers, progress=cancel_after_start)
    assert len(cancelled_at) == 1
    # More than 100 structures of about half a second each were still to come.
    assert time.monotonic() - cancelled_at[0] < 10


def test_an_image_with_voxels_that_are_no_number_is_refused(
    limb_image: sitk.Image, limb_regions: Segmentation, quick: RadiomicsPreset
) -> None:
    array = sitk.GetArrayFromImage(limb_image).astype(np.float32)
    array[0, 0, 0] = np.nan
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(limb_image)
    with pytest.raises(InputError, match="not a number"):
        extract_features({"T1w": image}, limb_regions, quick)
