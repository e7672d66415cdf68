"""Tests of cohorts in BIDS folders."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading
from MuscleMyopathyLib.study.cohort_bids import read_cohort_bids
from MuscleMyopathyLib.study.cohort_features import FeatureTask
from Testing.Library.study.tiny_cohort import tiny_image, tiny_labels, tiny_preset

DRAWN = {1: Structure("MUSCLE", Side.LEFT), 101: Structure("MUSCLE", Side.RIGHT)}


def add_image(folder: Path, case: str, name: str, seed: int = 0) -> None:
    write_image(tiny_image(seed), folder / f"sub-{case}" / "anat" / f"sub-{case}_{name}.nii.gz")


def draw(folder: Path, case: str, reader: str, *parts: str, session: int = 1, lock: bool = False) -> ReadingStudy:
    study = ReadingStudy(folder)
    reading = study.begin(Reading(case, reader, session, date(2024, 5, session)))
    for part in parts:
        study.save_segmentation(reading.key, Segmentation(tiny_labels(), DRAWN), part)
    if lock:
        study.lock(reading.key)
    return study


def test_images_and_readings_meet_by_limb_segment(tmp_path: Path) -> None:
    for seed, name in enumerate(("acq-thigh_T1w", "acq-thigh_water", "acq-calf_T1w")):
        add_image(tmp_path, "01", name, seed)
    draw(tmp_path, "01", "R1", "thigh", "calf", lock=True)
    draw(tmp_path, "01", "R2", "thigh")
    (case,) = read_cohort_bids(tmp_path)
    by_region = {part.region: part for part in case.parts}
    assert sorted(by_region["thigh"].images) == ["T1w", "water"]
    assert [reading.reader for reading in by_region["thigh"].readings] == ["R1", "R2"]
    assert [reading.reader for reading in by_region["calf"].readings] == ["R1"]
    assert case.problems == ()


def test_what_is_listed_can_be_measured(tmp_path: Path) -> None:
    add_image(tmp_path, "01", "acq-thigh_T1w", 1)
    add_image(tmp_path, "01", "acq-thigh_water", 2)
    draw(tmp_path, "01", "R1", "thigh")
    (case,) = read_cohort_bids(tmp_path)
    table = FeatureTask(case, tiny_preset()).run().tables["features"]
    keys = table[["case", "reader", "session", "sequence", "region", "structure", "side"]].values.tolist()
    assert keys == [
        ["01", "R1", 1, sequence, "thigh", "MUSCLE", side]
        for sequence in ("T1w", "water")
        for side in ("left", "right")
    ]
    assert table["original_firstorder_Mean"].notna().all()


def test_a_reading_of_one_sequence_is_used_on_that_alone(tmp_path: Path) -> None:
    add_image(tmp_path, "01", "acq-thigh_T1w")
    add_image(tmp_path, "01", "acq-thigh_water")
    draw(tmp_path, "01", "R1", "thigh-T1w", "thigh-water")
    (case,) = read_cohort_bids(tmp_path)
    assert [reading.sequences for reading in case.parts[0].readings] == [("T1w",), ("water",)]


def test_only_the_sequences_asked_for_are_used(tmp_path: Path) -> None:
    add_image(tmp_path, "01", "acq-thigh_T1w")
    add_image(tmp_path, "01", "acq-thigh_water")
    draw(tmp_path, "01", "R1", "thigh", "thigh-T1w")
    (case,) = read_cohort_bids(tmp_path, ["water"])
    assert list(case.parts[0].images) == ["water"]
    assert len(case.parts[0].readings) == 1


def test_participants_give_order_and_details(tmp_path: Path) -> None:
    (tmp_path / "participants.tsv").write_text("participant_id\tgroup\nsub-02\tIMNM\nsub-01\tLGMDR2\n")
    for name in ("01", "02", "03"):
        add_image(tmp_path, name, "T1w")
        draw(tmp_path, name, "R1", "")
    cases = read_cohort_bids(tmp_path)
    assert [(case.identifier, case.details.get("group")) for case in cases] == [
        ("02", "IMNM"),
        ("01", "LGMDR2"),
        ("03", None),
    ]


def test_a_participant_without_images_stays_in_the_cohort_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "participants.tsv").write_text("participant_id\nsub-01\n")
    (case,) = read_cohort_bids(tmp_path)
    assert case.problems == ("no image in sub-01",)
    with pytest.raises(InputError, match="no image in sub-01"):
        FeatureTask(case, tiny_preset()).run()


def test_a_limb_segment_that_nobody_has_drawn_is_named(tmp_path: Path) -> None:
    add_image(tmp_path, "01", "acq-thigh_T1w")
    add_image(tmp_path, "01", "acq-calf_T1w")
    draw(tmp_path, "01", "R1", "thigh")
    (case,) = read_cohort_bids(tmp_path)
    assert [part.region for part in case.parts] == ["thigh"]
    assert case.problems == ("nobody has drawn on its calf",)


def test_two_images_of_one_kind_are_not_chosen_between(tmp_path: Path) -> None:
    add_image(tmp_path, "01", "run-1_T1w")
    add_image(tmp_path, "01", "run-2_T1w")
    draw(tmp_path, "01", "R1", "")
    (case,) = read_cohort_bids(tmp_path)
    assert case.parts == ()
    assert "two images T1w: anat/sub-01_run-1_T1w.nii.gz and anat/sub-01_run-2_T1w.nii.gz" in case.problems[0]


def test_a_reading_changed_after_it_was_locked_is_not_measured(tmp_path: Path) -> None:
    add_image(tmp_path, "01", "T1w")
    draw(tmp_path, "01", "R1", "", lock=True)
    draw(tmp_path, "01", "R2", "")
    (changed,) = (tmp_path / "derivatives" / "readings").rglob("*reader-R1*_dseg.nii.gz")
    changed.write_bytes(changed.read_bytes() + b"\0")
    (case,) = read_cohort_bids(tmp_path)
    assert [reading.reader for reading in case.parts[0].readings] == ["R2"]
    assert "reading of R1, session 1: changed after it was locked" in case.problems[0]


def test_a_folder_that_is_not_bids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither participants\.tsv nor a folder sub-"):
        read_cohort_bids(tmp_path)
