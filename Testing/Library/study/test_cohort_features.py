"""Tests of the features of a cohort: tables, failures as rows, and what a finished case is known by."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE
from MuscleMyopathyLib.study.cohort_csv import read_cohort_csv
from MuscleMyopathyLib.study.cohort_features import FeatureTask, measure_cohort
from Testing.Library.study.tiny_cohort import tiny_image, tiny_preset, write_tiny_cohort


def test_every_case_structure_and_side_has_its_row(tmp_path: Path) -> None:
    cases = read_cohort_csv(write_tiny_cohort(tmp_path, 3), "muscle-myopathy")
    run = measure_cohort(cases, tiny_preset(), tmp_path / "out")
    assert run.finished == ("P0", "P1", "P2")
    table = pd.read_csv(tmp_path / "out" / "features.csv")
    assert table[["case", "structure", "side"]].values.tolist() == [
        [case, "RF", side] for case in ("P0", "P1", "P2") for side in ("left", "right")
    ]
    assert table["original_firstorder_Mean"].is_unique


def test_columns_of_the_list_are_kept_beside_the_features(tmp_path: Path) -> None:
    cases = read_cohort_csv(write_tiny_cohort(tmp_path, 2), "muscle-myopathy")
    measure_cohort(cases, tiny_preset(), tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "cases.csv")
    assert table[["case", "Group", "measured"]].values.tolist() == [["P0", "A", True], ["P1", "B", True]]
    assert "Group" not in pd.read_csv(tmp_path / "out" / "features.csv").columns


def test_a_detail_with_the_name_of_a_column_of_ours_is_refused(tmp_path: Path) -> None:
    (case, *_) = read_cohort_csv(write_tiny_cohort(tmp_path, 1), "muscle-myopathy")
    with pytest.raises(InputError, match="a column measured"):
        measure_cohort([dataclasses.replace(case, details={"measured": "x"})], tiny_preset(), tmp_path / "out")


def test_each_failing_case_says_why_and_the_others_are_measured(tmp_path: Path) -> None:
    path = write_tiny_cohort(tmp_path, 5)
    (tmp_path / "P0_T1w.nii.gz").unlink()
    (tmp_path / "P1_mask.nii.gz").write_bytes(b"no image")
    other_grid = tiny_image(2)
    other_grid.SetOrigin((50.0, 0.0, 0.0))
    write_image(other_grid, tmp_path / "P2_T1w.nii.gz")
    other_labels = sitk.ReadImage(str(tmp_path / "P3_mask.nii.gz"))
    write_image(sitk.Cast(other_labels > 0, sitk.sitkUInt8) * 200, tmp_path / "P3_mask.nii.gz")
    run = measure_cohort(read_cohort_csv(path, "muscle-myopathy"), tiny_preset(), tmp_path / "out")
    assert run.finished == ("P4",)
    failures = pd.read_csv(tmp_path / "out" / "failures.csv").set_index("case")["problem"]
    assert "P0_T1w.nii.gz cannot be read: No such file" in failures["P0"]
    assert "P1_mask.nii.gz" in failures["P1"]
    assert "do not share one grid" in failures["P2"]
    assert "origin (50.00, 0.00, 0.00)" in failures["P2"]
    assert "holds the labels 200; looked for: 1, 2, 3" in failures["P3"]
    cases = pd.read_csv(tmp_path / "out" / "cases.csv")
    assert cases["measured"].tolist() == [False, False, False, False, True]


def test_a_named_label_without_a_voxel_keeps_its_row_with_the_reason(tmp_path: Path) -> None:
    write_tiny_cohort(tmp_path, 1)
    path = tmp_path / "labels.csv"
    path.write_text(
        "ID,Image,Mask,Label,Structure\n"
        "P0,P0_T1w.nii.gz,P0_mask.nii.gz,1,RF_left\n"
        "P0,P0_T1w.nii.gz,P0_mask.nii.gz,9,VL_left\n"
    )
    measure_cohort(read_cohort_csv(path), tiny_preset(), tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "features.csv").set_index("structure")
    assert pd.isna(table.loc["RF", "problem"])
    assert table.loc["VL", "problem"] == "empty: no voxel in the measured slices"
    assert pd.isna(table.loc["VL", "original_firstorder_Mean"])


def test_a_case_is_known_by_its_images_labels_and_preset(tmp_path: Path) -> None:
    (case,) = read_cohort_csv(write_tiny_cohort(tmp_path, 1), "muscle-myopathy")
    task = FeatureTask(case, tiny_preset())
    first = task.fingerprint()
    assert FeatureTask(case, dataclasses.replace(tiny_preset(), name="other")).fingerprint() == first
    changed = dataclasses.replace(
        tiny_preset(), pyradiomics={**tiny_preset().pyradiomics, "setting": {"binWidth": 5}}
    )
    assert FeatureTask(case, changed).fingerprint() != first
    write_image(tiny_image(99), tmp_path / "P0_T1w.nii.gz")
    assert task.fingerprint() != first


def test_a_cohort_of_simulated_images_says_so(tmp_path: Path) -> None:
    path = write_tiny_cohort(tmp_path, 1)
    (tmp_path / "phantom.json").write_text("{}")
    measure_cohort(read_cohort_csv(path, "muscle-myopathy"), tiny_preset(), tmp_path / "out")
    assert (
        json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["notice"] == PHANTOM_NOTICE
    )
    assert pd.read_csv(tmp_path / "out" / "cases.csv")["phantom"].tolist() == [True]


def test_a_cohort_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no case"):
        measure_cohort([], tiny_preset(), tmp_path)
