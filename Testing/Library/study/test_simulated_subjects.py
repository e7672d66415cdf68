"""Tests of the simulated subjects and of what their simulated readers draw."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.reproducibility.overlap import overlap
from MuscleMyopathyLib.study.simulated_designs import NAGAWA_2021_DESIGN, study_design
from MuscleMyopathyLib.study.simulated_subjects import (
    ReaderParameters,
    simulated_examination,
    simulated_subjects,
)

COARSE = Protocol(190, 100, (2.0, 2.0), thickness_mm=6, spacing_mm=60, in_plane_samples=1, through_plane_samples=1)


def test_seventy_five_subjects_are_weis_patients() -> None:
    subjects = simulated_subjects(75)
    assert Counter(subject.pattern for subject in subjects) == {Pattern.LGMDR2: 30, Pattern.IMNM: 45}
    assert len({subject.identifier for subject in subjects}) == 75


def test_fifty_five_subjects_of_nagawas_design_are_his_patients() -> None:
    subjects = simulated_subjects(55, NAGAWA_2021_DESIGN)
    assert Counter(subject.pattern for subject in subjects) == {Pattern.PM: 19, Pattern.DM: 22, Pattern.ADM: 14}


def test_an_unknown_design_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="There are: wei2023, nagawa2021"):
        study_design("wei")


def test_a_smaller_study_is_the_beginning_of_a_larger_one() -> None:
    assert simulated_subjects(10) == simulated_subjects(75)[:10]


def test_every_subject_says_that_it_is_a_phantom() -> None:
    assert all(subject.identifier.startswith("phantom-") for subject in simulated_subjects(5))


def test_thigh_and_calf_of_a_subject_are_of_one_person() -> None:
    (subject, *_) = simulated_subjects(2)
    thigh, calf = (subject.limb(region, COARSE) for region in Region)
    assert (thigh.severity, thigh.sex, thigh.size) == (calf.severity, calf.sex, calf.size)


def test_one_case_is_no_study() -> None:
    with pytest.raises(ParameterError, match="ask for 2 at least"):
        simulated_subjects(1)


@pytest.mark.parametrize(("region", "slices"), [(Region.THIGH, 3), (Region.CALF, 2)])
def test_readers_draw_weis_slices_and_differ_more_than_one_from_himself(region: Region, slices: int) -> None:
    (subject, *_) = simulated_subjects(2)
    images, readings = simulated_examination(subject, region, COARSE, ReaderParameters())
    assert sorted(images) == ["T1w", "water"]
    assert [(one.reader, one.session) for one in readings] == [
        ("R1-simulated", 1),
        ("R1-simulated", 2),
        ("R2-simulated", 1),
    ]
    first, repeat, other = (reading.segmentation for reading in readings)
    assert np.count_nonzero(first.array.any(axis=(1, 2))) == slices
    intra, inter = overlap(first, repeat)["dice"], overlap(first, other)["dice"]
    assert (intra > inter).all()
    assert inter.min() > 0.9
