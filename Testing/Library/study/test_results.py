"""Tests of results on disk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.study.case import CaseResult
from MuscleMyopathyLib.study.inputs import CaseFiles, read_case
from MuscleMyopathyLib.study.results import MANIFEST, read_results, write_results


def test_what_was_written_reads_back_equal(result: CaseResult, tmp_path: Path) -> None:
    write_results(result, tmp_path)
    back = read_results(tmp_path)
    assert (back.case.identifier, back.case.region, back.case.phantom) == (
        result.case.identifier,
        result.case.region,
        True,
    )
    assert back.parameters == result.parameters
    assert back.provenance == result.provenance
    for name in ("measures", "measures_by_slice", "problems"):
        pd.testing.assert_frame_equal(
            getattr(back, name), getattr(result, name), check_exact=True, check_dtype=False
        )
    for name in ("compartments", "whole_muscle", "muscles"):
        one, other = getattr(result, name), getattr(back, name)
        np.testing.assert_array_equal(one.array, other.array)
        assert dict(one.structures) == dict(other.structures)
        assert same_geometry(one.image, other.image, 1e-4)
    assert result.fat_fraction_percent is not None
    assert back.fat_fraction_percent is not None
    np.testing.assert_allclose(
        sitk.GetArrayFromImage(back.fat_fraction_percent),
        sitk.GetArrayFromImage(result.fat_fraction_percent),
        rtol=1e-6,
    )
    assert [(s.name, s.role, s.reason) for s in back.case.series] == [
        (s.name, s.role, s.reason) for s in result.case.series
    ]


def test_a_case_can_be_made_anew_of_the_images_of_the_results(
    result_of_echoes: CaseResult, tmp_path: Path
) -> None:
    write_results(result_of_echoes, tmp_path)
    again = read_case(CaseFiles(folder=tmp_path / "images"), identifier="again", region=Region.THIGH)
    before = {series.role: series for series in result_of_echoes.case.series}
    assert {series.role for series in again.series} == set(before)
    for series in again.series:
        assert series.echo_times_ms == pytest.approx(before[series.role].echo_times_ms), series.name
        assert series.acquisition.repetition_time_ms == before[series.role].acquisition.repetition_time_ms
        assert series.problems == ()
    assert again.phantom


def test_images_of_a_patient_are_not_marked_as_a_phantom_after_a_run_on_one(
    result: CaseResult, tmp_path: Path
) -> None:
    write_results(result, tmp_path)
    write_results(dataclasses.replace(result, case=dataclasses.replace(result.case, phantom=False)), tmp_path)
    assert not read_case(CaseFiles(folder=tmp_path / "images"), identifier="again", region=Region.THIGH).phantom


def test_results_of_an_earlier_run_do_not_stay_behind(result: CaseResult, tmp_path: Path) -> None:
    write_results(result, tmp_path)
    write_results(dataclasses.replace(result, muscles=None, fat_fraction_percent=None), tmp_path)
    back = read_results(tmp_path)
    assert back.muscles is None
    assert back.fat_fraction_percent is None


def test_a_folder_without_its_manifest_is_not_finished(result: CaseResult, tmp_path: Path) -> None:
    write_results(result, tmp_path)
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(InputError, match="no finished results"):
        read_results(tmp_path)


def test_a_damaged_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"case": 1')
    with pytest.raises(InputError, match="cannot be read"):
        read_results(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(result: CaseResult, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_results(result, tmp_path / "taken")


def test_maps_and_transfers_read_back_equal(result_of_echoes: CaseResult, tmp_path: Path) -> None:
    write_results(result_of_echoes, tmp_path)
    back = read_results(tmp_path)
    for name in ("map_measures", "map_measures_by_slice", "t2_against_fat"):
        pd.testing.assert_frame_equal(
            getattr(back, name), getattr(result_of_echoes, name), check_exact=True, check_dtype=False
        )
    for one, other in zip(result_of_echoes.maps, back.maps, strict=True):
        assert (one.kind, one.sequence, one.method) == (other.kind, other.sequence, other.method)
        np.testing.assert_array_equal(*(sitk.GetArrayFromImage(each.image) for each in (one, other)))
    for first, second in zip(result_of_echoes.transfers, back.transfers, strict=True):
        assert (first.structures, first.sequence, first.source) == (
            second.structures,
            second.sequence,
            second.source,
        )
        np.testing.assert_array_equal(first.transfer.segmentation.array, second.transfer.segmentation.array)
        assert first.transfer.overlap_percent == second.transfer.overlap_percent
    echoes = [one for one in back.case.series if one.echoes]
    assert [len(one.echo_times_ms) for one in echoes] == [6, 6, 10]

    write_results(
        dataclasses.replace(result_of_echoes, maps=(), transfers=(), map_measures=pd.DataFrame()), tmp_path
    )
    again = read_results(tmp_path)
    assert (again.maps, again.transfers) == ((), ())
    assert again.map_measures.empty
    assert not list((tmp_path / "maps").iterdir())
