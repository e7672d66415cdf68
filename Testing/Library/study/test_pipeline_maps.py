"""Tests of a case's maps: computed from echoes or the scanner's, measured on structures carried to their grid."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.files import read_image, read_volumes
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.transfer import TransferParameters
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.measures import MeasureParameters
from MuscleMyopathyLib.qmri.t2_against_fat import slope_ms_per_point
from MuscleMyopathyLib.study.case import Case, CaseMap, CaseResult
from MuscleMyopathyLib.study.pipeline import CaseParameters, run_case

SE, GRE = str(Role.MULTI_ECHO_SE), str(Role.MULTI_ECHO_GRE)
array = sitk.GetArrayFromImage


def map_of(result: CaseResult, kind: MapKind, sequence: str) -> CaseMap:
    (found,) = (one for one in result.maps if (one.kind, one.sequence) == (kind, sequence))
    return found


def only(case: Case, *roles: Role) -> Case:
    return dataclasses.replace(case, series=tuple(one for one in case.series if one.role in roles))


def changed(case: Case, role: Role, **values: object) -> Case:
    series = tuple(dataclasses.replace(one, **values) if one.role is role else one for one in case.series)
    return dataclasses.replace(case, series=series)


def problems_of(result: CaseResult) -> str:
    return "\n".join(result.problems["problem"])


def test_the_fat_fraction_of_gradient_echoes_is_the_phantoms_own(result_of_echoes: CaseResult) -> None:
    truth = result_of_echoes.case.truth
    assert truth is not None
    assert result_of_echoes.case.muscles is not None
    muscle = result_of_echoes.case.muscles.array > 0
    error = (array(result_of_echoes.fat_fraction_percent) - array(truth.fat_fraction_percent))[muscle]
    # What remains is the bias by T1, stated among the problems.
    assert -1.0 < np.nanmedian(error) < 3.0
    assert "Bias by T1" in problems_of(result_of_echoes)
    assert set(result_of_echoes.measures["sequence"]) == {GRE}
    assert set(result_of_echoes.measures["structure"]) >= {"MUSCLE", "SAT", "RF"}


def test_t2_is_measured_on_the_structures_carried_to_its_own_grid(result_of_echoes: CaseResult) -> None:
    carried = {one.structures: one for one in result_of_echoes.transfers}
    assert set(carried) == {"whole muscle", "muscles"}
    t2 = map_of(result_of_echoes, MapKind.WATER_T2, SE)
    for one in carried.values():
        assert (one.sequence, one.source) == (SE, str(Role.T1W))
        assert same_geometry(one.transfer.segmentation.image, t2.image)
        large = one.transfer.volumes[one.transfer.volumes["volume_before_cm3"] > 100]
        # Voxels of 4 mm; with those of a patient's protocol it is below 1 %.
        assert large["change_percent"].abs().max() < 5.0
        assert one.transfer.refinement is None
    rows = result_of_echoes.map_measures[result_of_echoes.map_measures["sequence"] == SE]
    assert rows.columns[:7].tolist() == ["case", "reader", "session", "sequence", "region", "structure", "side"]
    assert {("RF", "left"), ("MUSCLE", "right")} <= set(zip(rows["structure"], rows["side"], strict=True))
    assert rows["t2_median_ms"].notna().all()
    assert rows["water_t2_median_ms"].between(30, 46).all()
    assert (rows["t2_median_ms"] > rows["water_t2_median_ms"]).all()
    by_slice = result_of_echoes.map_measures_by_slice
    assert by_slice[by_slice["sequence"] == SE]["slice"].nunique() == 5


def test_r2star_is_measured_beside_the_fat_fraction(result_of_echoes: CaseResult) -> None:
    rows = result_of_echoes.map_measures[result_of_echoes.map_measures["sequence"] == GRE]
    assert rows["r2star_median_per_s"].between(35, 45).all()
    assert not any(one.kind is MapKind.FAT_FRACTION for one in result_of_echoes.maps)


def test_the_mono_exponential_t2_grows_with_fat_and_water_t2_does_not(result_of_echoes: CaseResult) -> None:
    table = result_of_echoes.t2_against_fat
    truth = slope_ms_per_point(table, "true_water_t2")
    assert slope_ms_per_point(table, "t2") > 0.5
    # The muscles with more fat also hold more oedema: water T2 follows the truth, which itself rises a little.
    assert slope_ms_per_point(table, "water_t2") - truth == pytest.approx(0.0, abs=0.02)


def test_erosion_and_cut_off_of_the_parameters_hold_for_t2_too(case_of_echoes: Case) -> None:
    eroded = CaseParameters(measures=MeasureParameters(erosion_mm=4.0, t2_cut_off_ms=1000.0))
    result = run_case(only(case_of_echoes, Role.T1W, Role.MULTI_ECHO_SE), eroded)
    assert set(result.map_measures["erosion_mm"]) == {4.0}
    assert (result.map_measures["t2_share_above_percent"].dropna() == 0).all()
    assert result.t2_against_fat.empty


def test_the_scanners_maps_are_measured_without_their_codes_for_no_fit(case: Case) -> None:
    water = next(one for one in case.series if one.role is Role.WATER)
    scaled = np.full(array(water.image).shape, 450, np.int16)
    scaled[:, ::2] = 2047
    t2 = sitk.GetImageFromArray(scaled)
    t2.CopyInformation(water.image)
    r2star = sitk.GetImageFromArray(np.full(scaled.shape, 40.0, np.float32))
    r2star.CopyInformation(water.image)
    maps = (
        Series("t2map", t2, Role.T2_MAP, "ImageType says T2 MAP."),
        Series("r2star", r2star, Role.R2STAR_MAP, "R2*", unit="1/s"),
    )
    result = run_case(dataclasses.replace(case, series=(*case.series, *maps)))
    rows = result.map_measures.set_index(["sequence", "structure", "side"])
    assert rows.loc[("T2 map", "RF", "left"), "t2_mean_ms"] == pytest.approx(45.0)
    assert rows.loc[("R2star map", "RF", "left"), "r2star_mean_per_s"] == pytest.approx(40.0)
    assert result.transfers == ()
    assert "tenths of ms" in map_of(result, MapKind.T2, "T2 map").method


def test_structures_are_not_carried_into_another_frame_of_reference_without_the_users_word(
    case_of_echoes: Case,
) -> None:
    elsewhere = changed(
        only(case_of_echoes, Role.T1W, Role.MULTI_ECHO_SE), Role.MULTI_ECHO_SE, frame_of_reference_uid="9.9"
    )
    refused = run_case(elsewhere)
    assert refused.map_measures.empty
    assert "different frames of reference" in problems_of(refused)
    trusted = run_case(elsewhere, CaseParameters(transfer=TransferParameters(same_space=True)))
    assert not trusted.map_measures.empty
    assert "the user stated" in problems_of(trusted)


def test_a_refinement_finds_a_simulated_movement_and_says_how_far_it_was(case_of_echoes: Case) -> None:
    def shifted(image: sitk.Image) -> sitk.Image:
        moved = sitk.Image(image)
        x, y, z = image.GetOrigin()
        moved.SetOrigin((x + 6.0, y - 4.0, z))
        return moved

    small = only(case_of_echoes, Role.T1W, Role.MULTI_ECHO_SE)
    train = next(one for one in small.series if one.role is Role.MULTI_ECHO_SE)
    echoes = tuple(shifted(echo) for echo in train.echoes)
    moved = changed(small, Role.MULTI_ECHO_SE, image=echoes[0], echoes=echoes)
    result = run_case(moved, CaseParameters(transfer=TransferParameters(refine=True)))
    found = result.transfers[0].transfer.refinement
    assert found is not None
    assert found.displacement_mm == pytest.approx(np.hypot(6.0, 4.0), abs=1.0)
    assert found.likeness_after > found.likeness_before
    assert result.transfers[1].transfer.refinement is found
    unmoved = run_case(small).map_measures.set_index(["structure", "side"])["water_t2_median_ms"]
    refined = result.map_measures.set_index(["structure", "side"])["water_t2_median_ms"]
    assert (refined - unmoved).abs().median() < 0.5


def test_muscles_drawn_on_another_series_are_carried_to_the_fat_fraction(case: Case, case_of_echoes: Case) -> None:
    train = next(one for one in case_of_echoes.series if one.role is Role.MULTI_ECHO_SE)
    labels = sitk.Resample(
        case.muscles.image if case.muscles else train.image,
        train.image,
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
    )
    assert case.muscles is not None
    drawn = Segmentation(labels, case.muscles.structures)
    both = dataclasses.replace(case, series=(*case.series, train), muscles=drawn)
    result = run_case(both)
    (first, *_) = result.transfers
    assert (first.structures, first.sequence, first.source) == ("muscles", str(Role.T1W), SE)
    rows = result.measures[result.measures["structure"] == "VL"]
    assert rows["ff_mean_percent"].notna().all()
    # On the grid that they were drawn on they are taken as they are.
    counts = result.map_measures.set_index(["structure", "side"])["voxel_count"]
    assert counts["VL", "left"] == drawn.mask(Structure("VL", Side.LEFT)).sum()


def test_muscles_on_a_grid_of_no_series_are_refused(case: Case) -> None:
    assert case.muscles is not None
    elsewhere = sitk.Image(case.muscles.image)
    elsewhere.SetSpacing((3.0, 3.0, 40.0))
    with pytest.raises(GeometryError, match="do not share one grid"):
        run_case(dataclasses.replace(case, muscles=Segmentation(elsewhere, case.muscles.structures)))


def test_what_the_echoes_do_not_allow_is_a_problem_and_the_rest_is_measured(case_of_echoes: Case) -> None:
    train = next(one for one in case_of_echoes.series if one.role is Role.MULTI_ECHO_SE)
    few = changed(
        only(case_of_echoes, Role.T1W, Role.MULTI_ECHO_SE),
        Role.MULTI_ECHO_SE,
        echoes=train.echoes[:3],
        echo_times_ms=train.echo_times_ms[:3],
    )
    result = run_case(few)
    assert "no water T2: Water T2, B1 and fat need 5 or more echoes" in problems_of(result)
    assert result.map_measures["t2_median_ms"].notna().all()
    without_times = changed(few, Role.MULTI_ECHO_SE, echo_times_ms=())
    assert "echo times of multi-echo SE are unknown" in problems_of(run_case(without_times))
    magnitude_only = only(case_of_echoes, Role.T1W, Role.MULTI_ECHO_GRE)
    assert "Only magnitude images" in problems_of(run_case(magnitude_only))


def test_a_real_train_and_the_scanners_map_are_measured_alike(shared_data: Path) -> None:
    folder = shared_data / "qmritools"
    echoes = tuple(image[:, :, 5:7] for image in read_volumes(folder / "calf_t2_echoes.nii.gz"))
    scanner = read_image(folder / "calf_t2_scanner_map.nii.gz")[:, :, 5:7]
    near = (array(scanner) > 30) & (array(scanner) < 60)
    muscle = ndimage.binary_erosion(near, np.ones((1, 3, 3)), iterations=2)
    labels = np.where(np.arange(muscle.shape[2]) < muscle.shape[2] / 2, 1, 2) * muscle
    sides = {1: Structure("SOL", Side.LEFT), 2: Structure("SOL", Side.RIGHT)}
    case = Case(
        identifier="calf",
        region=Region.CALF,
        series=(
            Series("mese", echoes[0], Role.MULTI_ECHO_SE, "", echoes, tuple(7.6 * n for n in range(1, 18))),
            Series("T2 map", scanner, Role.T2_MAP, ""),
        ),
        muscles=Segmentation.from_array(labels.astype(np.uint8), sides, scanner),
    )
    result = run_case(case)
    medians = result.map_measures.groupby("sequence")[["t2_median_ms", "water_t2_median_ms"]].mean()
    times = 7.6 * np.arange(2, 18)
    decays = np.log(np.maximum([array(echo)[muscle] for echo in echoes[1:]], 1e-3))
    log_linear = -1 / np.polyfit(times, decays, 1)[0]
    assert medians.loc[SE, "t2_median_ms"] == pytest.approx(np.median(log_linear), abs=1.0)
    assert medians.loc["T2 map", "t2_median_ms"] == pytest.approx(np.median(array(scanner)[muscle]), abs=0.3)
    assert 28 < medians.loc[SE, "water_t2_median_ms"] < 36
    assert result.transfers == ()
    assert "2047" in problems_of(result)
