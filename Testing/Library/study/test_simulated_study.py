"""Tests of the simulated reader study from images to the table of features that two readers agree on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE
from MuscleMyopathyLib.study.simulated_designs import NAGAWA_2021_DESIGN
from MuscleMyopathyLib.study.simulated_study import StudyParameters, StudyResult, simulate_study, study_preset
from Testing.Library.study.tiny_cohort import tiny_preset

COARSE = Protocol(128, 72, (3.0, 3.0), thickness_mm=6, spacing_mm=60, in_plane_samples=1, through_plane_samples=1)
SMALL_STUDY = StudyParameters(cases=4, protocol=COARSE, agreement=AgreementParameters(threshold=0.5))


def both_legs() -> RadiomicsPreset:
    preset = tiny_preset()
    return dataclasses.replace(preset, preprocessing=dataclasses.replace(preset.preprocessing, merge_sides=True))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def study(output: Path) -> StudyResult:
    return simulate_study(SMALL_STUDY, both_legs(), output)


def test_every_subject_is_measured_in_every_reading_region_and_sequence(study: StudyResult, output: Path) -> None:
    table = pd.read_csv(output / "features.csv")
    assert study.run.failures.empty
    keys = table.groupby(["case", "reader", "session", "region", "sequence"]).size()
    assert len(keys) == 4 * 3 * 2 * 2
    assert (keys == 1).all()
    assert set(table["side"]) == {"both"}


def test_the_kept_features_are_those_that_reach_the_threshold_in_both_analyses(study: StudyResult) -> None:
    icc = study.agreement.icc
    kept = {name for name in study.filtered.columns if "." in name}
    for (region, sequence, feature), rows in icc.groupby(["region", "sequence", "feature"]):
        assert set(rows["analysis"]) == {"intra", "inter"}
        assert (f"{region}.{sequence}.{feature}" in kept) == (rows["icc"] >= 0.5).all()
    assert study.filtered["case"].nunique() == len(study.filtered) == 4


def test_everything_says_that_it_is_simulated(study: StudyResult, output: Path) -> None:
    assert study.agreement.simulated
    assert study.summary.startswith(PHANTOM_NOTICE)
    assert (output / "summary.txt").read_text(encoding="utf-8") == study.summary
    assert json.loads((output / "phantom.json").read_text(encoding="utf-8"))["notice"] == PHANTOM_NOTICE
    for name in ("features.csv", "features_reliable.csv"):
        table = pd.read_csv(output / name)
        assert table["case"].str.startswith("phantom-").all()
        assert table["reader"].str.endswith("-simulated").all()


def test_the_study_is_a_cohort_for_classifiers(study: StudyResult, output: Path) -> None:
    table = pd.read_csv(output / "features_first_reading.csv")
    participants = pd.read_csv(output / "participants.tsv", sep="\t")
    cohort = read_cohort(table, participants, "group")
    assert cohort.class_counts == {"IMNM": 2, "LGMDR2": 2}
    assert cohort.phantom
    assert cohort.features.shape == (4, 12)
    assert list(study.first_reading["case"]) == list(participants["participant_id"])
    preset = json.loads((output / "features_first_reading.json").read_text(encoding="utf-8"))
    assert preset["preset_sha256"] == both_legs().content_hash


def test_nagawas_design_measures_one_stir_slice_of_the_thighs(tmp_path: Path) -> None:
    parameters = StudyParameters(design=NAGAWA_2021_DESIGN, cases=3, protocol=COARSE)
    made = simulate_study(parameters, both_legs(), tmp_path)
    assert sorted(made.first_reading["case"].str.split("-").str[1]) == ["ADM", "DM", "PM"]
    assert {name.rsplit(".", 1)[0] for name in made.first_reading.columns if "." in name} == {"thigh.STIR"}


def test_the_summary_counts_as_the_papers_do(study: StudyResult) -> None:
    kept = sum("." in name for name in study.filtered.columns)
    assert f"together: {kept} of 12" in study.summary


def test_a_study_made_larger_keeps_the_subjects_it_has(study: StudyResult, output: Path) -> None:
    del study
    larger = simulate_study(dataclasses.replace(SMALL_STUDY, cases=5), both_legs(), output)
    assert larger.run.resumed == 4
    assert len(larger.filtered) == 5


def test_other_readers_are_another_study(study: StudyResult, output: Path) -> None:
    del study
    readers = dataclasses.replace(SMALL_STUDY.readers, displacement_mm=2.0)
    parameters = dataclasses.replace(SMALL_STUDY, cases=2, readers=readers)
    assert simulate_study(parameters, both_legs(), output).run.resumed == 0


def test_the_study_measures_both_legs_as_one_region() -> None:
    assert study_preset("wei2023").preprocessing.merge_sides
