"""Tests of the case pipeline on the digital limb, and on real patients against their published fat fractions."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.roles import Role, with_role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.parameters import from_mapping, read_preset
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.qmri.measures import MeasureParameters
from MuscleMyopathyLib.study.case import Case, CaseResult
from MuscleMyopathyLib.study.inputs import CaseFiles, read_case
from MuscleMyopathyLib.study.pipeline import CaseParameters, run_case


def keeping(case: Case, *roles: Role, muscles: Segmentation | None = None) -> Case:
    kept = tuple(series for series in case.series if series.role in roles)
    return dataclasses.replace(case, series=kept, muscles=muscles)


def undivided(muscles: Segmentation) -> Segmentation:
    """Return the muscles with left and right under one label, as some published label images are."""
    array = muscles.array.copy()
    array[array > 100] -= 100
    structures = {s.type.label: Structure(s.code) for s in muscles.structures.values()}
    return Segmentation.from_array(array, structures, muscles.image)


def test_every_muscle_is_measured_on_both_sides(case: Case, result: CaseResult) -> None:
    assert case.muscles is not None
    keys = set(zip(result.measures["structure"], result.measures["side"], strict=True))
    assert {(s.code, str(s.side)) for s in case.muscles.structures.values()} <= keys
    assert {
        (code, side) for code in ("MUSCLE", "LEAN", "IMAT", "SAT", "BONE") for side in ("left", "right")
    } <= keys


def test_key_columns_come_first_and_name_the_case(result: CaseResult) -> None:
    keys = ["case", "reader", "session", "sequence", "region", "structure", "side"]
    assert result.measures.columns[:7].tolist() == keys
    assert result.measures_by_slice.columns[:8].tolist() == [*keys, "slice"]
    first = result.measures.iloc[0]
    assert first["case"] == "phantom-LGMDR2-thigh-000"
    assert (first["sequence"], first["region"], first["session"]) == ("water + fat", "thigh", 1)


def test_the_measured_fat_fraction_is_near_the_phantoms_truth(result: CaseResult) -> None:
    muscles = result.measures[result.measures["structure"].isin(["SM", "BF", "SAR", "GR"])]
    by_muscle = muscles.groupby("structure")["ff_mean_percent"].mean()
    # The pattern of LGMDR2: hamstrings replaced, sartorius and gracilis spared.
    assert by_muscle[["SM", "BF"]].min() > by_muscle[["SAR", "GR"]].max() + 10


def test_muscles_that_come_undivided_are_told_apart_and_no_voxel_is_lost(case: Case) -> None:
    assert case.muscles is not None
    given = undivided(case.muscles)
    result = run_case(dataclasses.replace(case, muscles=given))
    assert result.muscles is not None
    agreed = (result.muscles.renumbered().array == case.muscles.array)[case.muscles.array > 0]
    assert agreed.mean() > 0.999
    counts = result.measures[result.measures["structure"] == "RF"].set_index("side")["voxel_count"]
    assert counts["left"] + counts["right"] == counts["both"]


def test_without_muscles_the_compartments_are_measured(case: Case) -> None:
    result = run_case(keeping(case, Role.WATER, Role.FAT))
    assert set(result.measures["structure"]) >= {"MUSCLE", "LEAN", "IMAT", "SAT", "BONE"}
    assert result.muscles is None


def test_a_t1w_image_alone_gives_sizes_and_says_that_there_is_no_fat_fraction(case: Case) -> None:
    result = run_case(keeping(case, Role.T1W))
    assert result.fat_fraction_percent is None
    assert (result.measures["volume_cm3"] > 0).all()
    assert result.measures["ff_mean_percent"].isna().all()
    assert "neither water and fat images nor a map" in result.problems.iloc[0]["problem"]


def test_the_scanners_map_with_muscles_is_measured_without_compartments(case: Case, result: CaseResult) -> None:
    percent = result.fat_fraction_percent
    assert percent is not None
    vendor = sitk.Cast(percent * 10, sitk.sitkFloat32)
    series = Series("FF", vendor, Role.FAT_FRACTION_MAP, "test")
    mapped = run_case(dataclasses.replace(case, series=(series,)))
    assert mapped.compartments is None
    assert "0–1000" in " ".join(mapped.problems["problem"])
    expected = result.measures[result.measures["structure"] == "VL"]["ff_mean_percent"]
    found = mapped.measures[mapped.measures["structure"] == "VL"]["ff_mean_percent"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_muscles_of_another_grid_are_refused(case: Case) -> None:
    assert case.muscles is not None
    shifted = sitk.Image(case.muscles.image)
    shifted.SetOrigin([value + 3 for value in shifted.GetOrigin()])
    moved = dataclasses.replace(case, muscles=Segmentation(shifted, case.muscles.structures))
    with pytest.raises(GeometryError, match="muscle segmentation and the fat-fraction map"):
        run_case(moved)


def test_water_and_fat_of_different_grids_are_refused(case: Case) -> None:
    def shifted(series: Series) -> Series:
        image = sitk.Image(series.image)
        image.SetSpacing([2 * value for value in image.GetSpacing()])
        return dataclasses.replace(series, image=image)

    series = tuple(shifted(one) if one.role is Role.FAT else one for one in case.series)
    with pytest.raises(GeometryError, match="water image and the fat image"):
        run_case(dataclasses.replace(case, series=series))


def test_two_series_in_one_role_are_refused_by_name(case: Case) -> None:
    water = case.by_role(Role.WATER)
    assert water is not None
    twice = (*case.series, dataclasses.replace(water, name="water again"))
    with pytest.raises(InputError, match=rf"{water.name}, water again"):
        run_case(dataclasses.replace(case, series=twice))


def test_a_case_with_nothing_to_measure_is_refused(case: Case) -> None:
    stir = tuple(with_role(one, Role.STIR) for one in case.series if one.role is Role.STIR)
    with pytest.raises(InputError, match="nothing to measure"):
        run_case(dataclasses.replace(case, series=stir, muscles=None))


def test_progress_rises_to_one_and_can_cancel(case: Case) -> None:
    fractions: list[float] = []

    def watch(fraction: float, text: str) -> None:
        fractions.append(fraction)

    run_case(case, progress=watch)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    def cancel(fraction: float, text: str) -> None:
        if fraction > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_case(case, progress=cancel)


def test_the_provenance_names_software_inputs_and_times_and_no_file(result: CaseResult) -> None:
    assert result.provenance["software"].startswith("MuscleMyopathy ")
    assert result.provenance["phantom"] is True
    assert {entry["role"] for entry in result.provenance["inputs"]} >= {"water", "fat", "muscles"}
    assert all(len(entry["sha256"]) == 64 for entry in result.provenance["inputs"])
    assert set(result.provenance["seconds"]) >= {"fat fraction", "compartments", "measures"}


def test_the_parameters_in_the_result_are_those_that_ran(case: Case) -> None:
    parameters = CaseParameters(measures=MeasureParameters(erosion_mm=4.0))
    result = run_case(keeping(case, Role.WATER, Role.FAT), parameters)
    assert from_mapping(CaseParameters, result.parameters) == parameters
    assert (result.measures["erosion_mm"] == 4.0).all()


def test_the_shipped_preset_holds_the_defaults() -> None:
    assert read_preset(CaseParameters, "case") == CaseParameters()


@pytest.mark.parametrize("patient", ["Thigh_001", "Thigh_002"])
def test_published_fat_fractions_come_out_of_the_whole_pipeline(shared_data: Path, patient: str) -> None:
    folder = shared_data / "huashan_thigh"
    files = CaseFiles(
        by_role={Role.WATER: folder / f"{patient}_water.nii.gz", Role.FAT: folder / f"{patient}_fat.nii.gz"},
        labels=folder / f"{patient}_labels.nii.gz",
        label_scheme="huashan",
    )
    result = run_case(read_case(files, identifier=patient))
    published = pd.read_csv(folder / "published_fat_fraction.csv", index_col="patient").loc[patient]
    codes = ["SAR", "RF", "VL", "VI", "VM", "AM", "GR", "BFL", "ST", "SM", "BFS"]
    by_side = result.measures.set_index(["structure", "side"])
    undivided = by_side.loc[[(code, "both") for code in codes]]
    np.testing.assert_allclose(undivided["ff_mean_percent"] / 100, published.to_numpy(dtype=float), atol=1e-6)
    for code in codes:
        left, right, both = (by_side.loc[(code, side)] for side in (Side.LEFT, Side.RIGHT, Side.BOTH))
        assert left["voxel_count"] + right["voxel_count"] == both["voxel_count"]
        weighted = left["voxel_count"] * left["ff_mean_percent"] + right["voxel_count"] * right["ff_mean_percent"]
        assert weighted / both["voxel_count"] == pytest.approx(both["ff_mean_percent"], abs=1e-9)
