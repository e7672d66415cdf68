"""Tests of the 2017 EULAR/ACR classification against hand calculations from the published weights.

Weights, cut-offs and tree: Lundberg et al., Ann Rheum Dis 2017;76:1955.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.scoring.eular_acr import (
    BIOPSY,
    SCALE_ID,
    SKIN_SIGNS,
    WEAKNESS,
    WEIGHTS,
    Category,
    Subgroup,
    category,
    classify,
    probability,
    sheet_of_form,
)
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.scale_files import read_scale

NOTHING: dict[str, Any] = {
    **dict.fromkeys(WEIGHTS, False),
    "biopsy_done": False,
    "finger_flexor_weakness": False,
    "response_to_treatment": False,
    "age_at_onset": 10,
}


def sheet(age: float, *present: str, **more: Any) -> dict[str, Any]:
    return {**NOTHING, "age_at_onset": age, **dict.fromkeys(present, True), **more}


def test_the_weights_are_the_published_ones() -> None:
    """Each variable alone, from table 2 of the paper: score without and with biopsy."""
    published = {
        "proximal_upper_weakness": (0.7, 0.7),
        "proximal_lower_weakness": (0.8, 0.5),
        "neck_flexor_weakness": (1.9, 1.6),
        "leg_proximal_weaker": (0.9, 1.2),
        "heliotrope_rash": (3.1, 3.2),
        "gottron_papules": (2.1, 2.7),
        "gottron_sign": (3.3, 3.7),
        "dysphagia": (0.7, 0.6),
        "anti_jo1": (3.9, 3.8),
        "raised_enzymes": (1.3, 1.4),
        "endomysial_infiltration": (None, 1.7),
        "perimysial_infiltration": (None, 1.2),
        "perifascicular_atrophy": (None, 1.9),
        "rimmed_vacuoles": (None, 3.1),
    }
    assert set(published) == set(WEIGHTS)
    for name, (without, with_biopsy) in published.items():
        if without is not None:
            assert classify(sheet(10, name)).score == (without, without)
        assert classify(sheet(10, name, biopsy_done=True)).score == (with_biopsy, with_biopsy)


@pytest.mark.parametrize(
    ("age", "without", "with_biopsy"),
    [(17.9, 0, 0), (18, 1.3, 1.5), (39.9, 1.3, 1.5), (40, 2.1, 2.2), (80, 2.1, 2.2)],
)
def test_the_age_at_onset_counts_from_18_and_more_from_40(age: float, without: float, with_biopsy: float) -> None:
    assert classify(sheet(age)).score == (without, without)
    assert classify(sheet(age, biopsy_done=True)).score == (with_biopsy, with_biopsy)


WORKED = [
    # (sheet, score by hand, category, subgroup)
    # 2.1 + 0.7 + 0.8 + 1.9 + 0.9 + 1.3 = 7.7
    (sheet(55, *WEAKNESS, "raised_enzymes"), 7.7, Category.DEFINITE, Subgroup.PM),
    # 2.1 + 0.7 + 0.8 + 0.7 + 1.3 = 5.6
    (
        sheet(55, "proximal_upper_weakness", "proximal_lower_weakness", "dysphagia", "raised_enzymes"),
        5.6,
        Category.PROBABLE,
        Subgroup.PM,
    ),
    # 2.1 + 0.7 + 0.8 + 1.9 = 5.5: on the cut-off of probable
    (
        sheet(55, "proximal_upper_weakness", "proximal_lower_weakness", "neck_flexor_weakness"),
        5.5,
        Category.PROBABLE,
        Subgroup.PM,
    ),
    # 2.1 + 1.9 + 1.3 = 5.3: on the cut-off of possible
    (sheet(55, "neck_flexor_weakness", "raised_enzymes"), 5.3, Category.POSSIBLE, Subgroup.NONE),
    # 1.3 + 3.9 = 5.2: just below
    (sheet(30, "anti_jo1"), 5.2, Category.NO, Subgroup.NONE),
    # 2.1 + 3.3 + 2.1 = 7.5: on the cut-off of definite; skin without weakness
    (sheet(55, "gottron_sign", "gottron_papules"), 7.5, Category.DEFINITE, Subgroup.ADM),
    # 1.3 + 3.1 + 0.8 + 1.3 = 6.5; skin and weakness
    (
        sheet(30, "heliotrope_rash", "proximal_lower_weakness", "raised_enzymes"),
        6.5,
        Category.PROBABLE,
        Subgroup.DM,
    ),
    # 2.1 + 0.8 + 1.9 + 0.9 = 5.7; finger flexors, no response to treatment
    (
        sheet(
            62, "proximal_lower_weakness", "neck_flexor_weakness", "leg_proximal_weaker", "finger_flexor_weakness"
        ),
        5.7,
        Category.PROBABLE,
        Subgroup.IBM,
    ),
    # the same with response to treatment
    (
        sheet(
            62,
            "proximal_lower_weakness",
            "neck_flexor_weakness",
            "leg_proximal_weaker",
            "finger_flexor_weakness",
            "response_to_treatment",
        ),
        5.7,
        Category.PROBABLE,
        Subgroup.PM,
    ),
    # 0 + 3.1 + 3.3 + 1.3 = 7.7; onset in childhood with skin signs
    (sheet(9, "heliotrope_rash", "gottron_sign", "raised_enzymes"), 7.7, Category.DEFINITE, Subgroup.JDM),
    # 0 + 0.7 + 0.8 + 1.9 + 0.9 + 1.3 = 5.6; onset in childhood without
    (sheet(9, *WEAKNESS, "raised_enzymes"), 5.6, Category.PROBABLE, Subgroup.JM),
    # with biopsy: 2.2 + 0.7 + 0.5 + 1.4 + 1.7 + 1.2 = 7.7
    (
        sheet(
            55,
            "proximal_upper_weakness",
            "proximal_lower_weakness",
            "raised_enzymes",
            "biopsy_done",
            "endomysial_infiltration",
            "perimysial_infiltration",
        ),
        7.7,
        Category.PROBABLE,
        Subgroup.PM,
    ),
    # with biopsy: 2.2 + 0.7 + 0.5 + 1.6 + 1.2 + 0.6 + 1.9 = 8.7: on the cut-off of definite
    (
        sheet(55, *WEAKNESS, "dysphagia", "biopsy_done", "perifascicular_atrophy"),
        8.7,
        Category.DEFINITE,
        Subgroup.PM,
    ),
    # with biopsy: 2.2 + 1.4 + 3.1 = 6.7: on the cut-off of probable; rimmed vacuoles
    (sheet(60, "raised_enzymes", "biopsy_done", "rimmed_vacuoles"), 6.7, Category.PROBABLE, Subgroup.IBM),
    # with biopsy: 1.5 + 1.2 + 3.8 = 6.5: on the cut-off of possible
    (sheet(25, "leg_proximal_weaker", "anti_jo1", "biopsy_done"), 6.5, Category.POSSIBLE, Subgroup.NONE),
    # with biopsy: 2.2 + 0.5 + 3.7 = 6.4: just below
    (sheet(50, "proximal_lower_weakness", "gottron_sign", "biopsy_done"), 6.4, Category.NO, Subgroup.NONE),
    # with biopsy: 2.2 + 3.2 + 1.9 + 0.5 = 7.8; skin and weakness, perifascicular atrophy
    (
        sheet(50, "proximal_lower_weakness", "heliotrope_rash", "biopsy_done", "perifascicular_atrophy"),
        7.8,
        Category.PROBABLE,
        Subgroup.DM,
    ),
]


@pytest.mark.parametrize(("case", "score", "expected", "subgroup"), WORKED)
def test_a_worked_case_has_the_score_category_and_subgroup_found_by_hand(
    case: dict[str, Any], score: float, expected: Category, subgroup: Subgroup
) -> None:
    found = classify(case)
    assert found.score == (score, score)
    assert found.categories == (expected,)
    assert found.subgroups == (subgroup,)
    offset = 6.49 if case["biopsy_done"] else 5.33
    by_hand = 1 / (1 + math.exp(offset - score))
    assert found.probability == pytest.approx((by_hand, by_hand), abs=1e-12)
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("with_biopsy", "definite", "probable", "possible"), [(False, 7.5, 5.5, 5.3), (True, 8.7, 6.7, 6.5)]
)
def test_every_cut_off_belongs_to_the_more_certain_category(
    with_biopsy: bool, definite: float, probable: float, possible: float
) -> None:
    order = (
        (definite, Category.DEFINITE),
        (definite - 0.1, Category.PROBABLE),
        (probable, Category.PROBABLE),
        (probable - 0.1, Category.POSSIBLE),
        (possible, Category.POSSIBLE),
        (possible - 0.1, Category.NO),
    )
    for score, expected in order:
        assert category(score, with_biopsy=with_biopsy) is expected


def test_the_published_probabilities_of_the_cut_offs_are_met_to_a_percent_point() -> None:
    for with_biopsy, scores in ((False, (7.5, 5.5, 5.3)), (True, (8.7, 6.7, 6.5))):
        for score, published in zip(scores, (0.90, 0.55, 0.50), strict=True):
            assert probability(score, with_biopsy=with_biopsy) == pytest.approx(published, abs=0.01)


def test_an_empty_sheet_leaves_everything_open() -> None:
    found = classify({})
    assert found.with_biopsy is None
    # All findings present: 2.1 + weakness 4.3 + skin 8.5 + 0.7 + 3.9 + 1.3 = 20.8 without biopsy, and with it
    # 2.2 + 4.0 + 9.6 + 0.6 + 3.8 + 1.4 + 7.9 = 29.5.
    assert found.score == (0.0, 29.5)
    assert set(found.categories) == set(Category)
    assert set(found.subgroups) == set(Subgroup)
    assert len(found.unknown) == 18


def test_an_unknown_answer_gives_a_range_and_not_a_guess() -> None:
    case = sheet(55, "proximal_lower_weakness", "neck_flexor_weakness", anti_jo1=None)
    found = classify(case)
    # 2.1 + 0.8 + 1.9 = 4.8, and with anti-Jo-1 8.7.
    assert found.score == (4.8, 8.7)
    assert found.categories == (Category.DEFINITE, Category.NO)
    assert found.subgroups == (Subgroup.PM, Subgroup.NONE)
    assert found.unknown == ("anti_jo1",)


def brute_force(case: dict[str, Any]) -> tuple[set[float], set[Category], set[Subgroup]]:
    """Classify every completion of a sheet, one by one."""
    open_items = [name for name in NOTHING if case.get(name) is None]
    choices = [(10, 30, 50) if name == "age_at_onset" else (False, True) for name in open_items]
    scores, categories, subgroups = set(), set(), set()
    for values in itertools.product(*choices):
        complete = {**case, **dict(zip(open_items, values, strict=True))}
        if not complete["biopsy_done"] and any(complete[name] for name in BIOPSY):
            continue
        found = classify(complete)
        assert found.score.low == found.score.high
        scores.add(found.score.low)
        categories |= set(found.categories)
        subgroups |= set(found.subgroups)
    return scores, categories, subgroups


@pytest.mark.parametrize(
    "unknown",
    [
        ("age_at_onset", "heliotrope_rash"),
        ("gottron_sign", "gottron_papules", "proximal_lower_weakness"),
        (*SKIN_SIGNS, "neck_flexor_weakness", "leg_proximal_weaker"),
        ("finger_flexor_weakness", "response_to_treatment"),
        ("biopsy_done", "rimmed_vacuoles", "perifascicular_atrophy"),
        ("age_at_onset", "finger_flexor_weakness", "biopsy_done", "rimmed_vacuoles", "anti_jo1", "gottron_sign"),
    ],
)
@pytest.mark.parametrize(
    "known",
    [
        sheet(44, "raised_enzymes", "dysphagia"),
        sheet(30, "proximal_upper_weakness", "neck_flexor_weakness", "raised_enzymes"),
        sheet(50, "heliotrope_rash", "raised_enzymes"),
    ],
)
def test_an_incomplete_sheet_leaves_open_what_its_completions_give(
    known: dict[str, Any], unknown: tuple[str, ...]
) -> None:
    case = {**known, **dict.fromkeys(unknown)}
    scores, categories, subgroups = brute_force(case)
    found = classify(case)
    assert found.score == (min(scores), max(scores))
    assert set(found.categories) == categories
    assert set(found.subgroups) == subgroups


def test_what_cannot_change_the_result_is_not_asked_for() -> None:
    child = sheet(9, finger_flexor_weakness=None, response_to_treatment=None, rimmed_vacuoles=None)
    assert classify(child).unknown == ()
    assert classify(sheet(60, finger_flexor_weakness=None, response_to_treatment=True)).unknown == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"heliotrope": True}, "unknown items heliotrope"),
        ({"age_at_onset": 130}, "is not a number of years"),
        ({"age_at_onset": True}, "is not a number of years"),
        ({"dysphagia": "maybe"}, "answer true, false, or leave it out"),
        ({"dysphagia": 1}, "answer true, false, or leave it out"),
        ({"biopsy_done": False, "rimmed_vacuoles": True}, "no muscle biopsy, and names findings of one"),
    ],
)
def test_an_impossible_sheet_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        classify(wrong)


def test_the_findings_of_a_biopsy_mean_that_there_was_one() -> None:
    assert classify({"endomysial_infiltration": True}).with_biopsy is True


def test_without_skin_signs_and_biopsy_a_biopsy_is_recommended() -> None:
    assert classify(sheet(50)).remarks == ("Without skin signs the criteria recommend a muscle biopsy.",)
    assert classify(sheet(50, "gottron_sign")).remarks == ()


def test_the_shipped_form_asks_for_exactly_what_the_classification_takes() -> None:
    form = Form(read_scale(SCALE_ID))
    assert {target.id for target in form.scale.targets} == set(NOTHING)
    filled = (
        form.scored("age_at_onset", 52).scored("heliotrope_rash", True).not_assessable("dysphagia", "ventilated")
    )
    known = {name: value for name, value in sheet_of_form(filled).items() if value is not None}
    assert known == {"age_at_onset": 52.0, "heliotrope_rash": True}
    assert classify(sheet_of_form(filled)).score.low == 5.2
