"""Tests of simulated readers in a study, and of the overlap of all pairs of readings."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.reproducibility.contour_perturbation import PerturbationParameters, perturb_contours
from MuscleMyopathyLib.reproducibility.reading_overlap import reading_overlap
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingState
from MuscleMyopathyLib.reproducibility.simulated_reader import simulate_readings

PARAMETERS = PerturbationParameters(displacement_mm=1.5, seed=7)
RF = Structure("RF", Side.LEFT)


def contours(spacing_mm: float = 1.0) -> Segmentation:
    labels = np.zeros((3, 50, 60), dtype=np.uint8)
    labels[:, 10:40, 15:45] = RF.label
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((spacing_mm, spacing_mm, 10.0))
    return Segmentation(image, {RF.label: RF})


@pytest.fixture
def study(tmp_path: Path) -> ReadingStudy:
    made = ReadingStudy(tmp_path)
    for case in ("P1", "P2"):
        reading = made.begin(Reading(case, "R1", 1, date(2024, 1, 1)))
        made.save_segmentation(reading.key, contours())
    return made


def test_simulated_readings_are_locked_and_marked_with_how_they_were_made(study: ReadingStudy) -> None:
    made = simulate_readings(study, ("R1", 1), ("R1-simulated", 1), PARAMETERS)
    assert [reading.case for reading in made] == ["P1", "P2"]
    reading = study.get(made[0].key)
    assert reading.simulated
    assert reading.state is ReadingState.LOCKED
    assert reading.perturbation["displacement_mm"] == 1.5
    assert reading.perturbation["made_from"] == {"reader": "R1", "session": 1}


def test_the_record_is_enough_to_make_the_same_contours_again(study: ReadingStudy) -> None:
    (reading, other) = simulate_readings(study, ("R1", 1), ("R1-simulated", 1), PARAMETERS)
    seed = reading.perturbation["seeds"][""]
    again = perturb_contours(contours(), dataclasses.replace(PARAMETERS, seed=seed))
    np.testing.assert_array_equal(study.segmentation(reading.key).mask(RF), again.mask(RF))
    assert (study.segmentation(other.key).array != again.array).any()


def test_a_simulated_reader_needs_the_word_in_its_name(study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="carries the word 'simulated'"):
        simulate_readings(study, ("R1", 1), ("R2", 1), PARAMETERS)
    assert len(study.readings()) == 2


def test_a_case_or_reader_that_is_not_there_is_refused(study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="R1 session 1 has not read P9"):
        simulate_readings(study, ("R1", 1), ("R1-simulated", 1), PARAMETERS, cases=["P9"])
    with pytest.raises(InputError, match="no contours by R1 session 2"):
        simulate_readings(study, ("R1", 2), ("R1-simulated", 1), PARAMETERS)


def test_every_pair_of_readings_is_compared_and_simulated_ones_are_marked(study: ReadingStudy) -> None:
    simulate_readings(study, ("R1", 1), ("R1-simulated", 1), PARAMETERS)
    reading = study.begin(Reading("P1", "R1", 2, date(2024, 6, 1)))
    study.save_segmentation(reading.key, contours())
    table = reading_overlap(study)
    pairs = table[["case", "analysis", "first_reader", "second_reader", "simulated"]].values.tolist()
    assert pairs == [
        ["P1", "intra", "R1", "R1", False],
        ["P1", "inter", "R1", "R1-simulated", True],
        ["P1", "other", "R1", "R1-simulated", True],
        ["P2", "inter", "R1", "R1-simulated", True],
    ]
    assert table.loc[0, "dice"] == 1.0
    assert table.loc[0, "band"] == "green"
    assert (table.loc[1:, "dice"] < 1).all()


def test_a_pair_on_different_grids_is_a_row_with_both_grids(study: ReadingStudy) -> None:
    reading = study.begin(Reading("P2", "R2", 1, date(2024, 6, 1)))
    study.save_segmentation(reading.key, contours(spacing_mm=2.0))
    (row,) = reading_overlap(study).itertuples()
    assert np.isnan(row.dice)
    assert row.band == ""
    assert "1 × 1 × 10 mm" in row.problem
    assert "2 × 2 × 10 mm" in row.problem


def test_a_part_that_one_reading_lacks_is_a_row_with_the_reason(study: ReadingStudy) -> None:
    reading = study.begin(Reading("P2", "R2", 1, date(2024, 6, 1)))
    study.save_segmentation(reading.key, contours(), "thigh")
    table = reading_overlap(study)
    assert table["part"].tolist() == ["", "thigh"]
    assert "has no part ''" in table.loc[0, "problem"]
    assert "has no part 'thigh'" in table.loc[1, "problem"]


def test_a_study_without_two_readings_of_a_case_has_nothing_to_compare(study: ReadingStudy) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        reading_overlap(study)
