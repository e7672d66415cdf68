"""Whether a case fits a model is told before anything is computed, with the reason where it does not."""

from __future__ import annotations

import dataclasses

import pytest

from MuscleMyopathyLib.study.model_fit import Examined, made_of_compartments, model_fit, other_regions
from Testing.Library.study.tiny_model import thigh_and_calf_package, tiny_package

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install muscle-myopathy[learning]")


def told(region: str, sequences: list[str], codes: set[str]) -> dict[str, tuple[bool, str]]:
    fits = model_fit(tiny_package().card, [Examined(region, sequences, codes)])
    return {fit.what: (fit.fits, fit.reason) for fit in fits}


def test_a_case_with_everything_fits() -> None:
    found = told("thigh", ["T1w", "water", "fat"], {"MUSCLE"})
    assert found["sequences"] == (True, "thigh T1w, thigh water")
    assert found["structures"] == (True, "MUSCLE")
    assert found["preset"][0]


def test_a_missing_sequence_is_named_beside_what_there_is() -> None:
    fits, reason = told("thigh", ["T1w", "fat"], {"MUSCLE"})["sequences"]
    assert not fits
    assert reason == "missing thigh water; the case has of the thigh: T1w, fat"


def test_another_limb_segment_does_not_fit() -> None:
    assert not told("calf", ["T1w", "water"], {"MUSCLE"})["sequences"][0]


def test_the_whole_muscle_can_be_made_of_compartments() -> None:
    fits, reason = told("thigh", ["T1w", "water"], {"LEAN", "IMAT", "SAT"})["structures"]
    assert fits
    assert "made of the compartments" in reason
    assert made_of_compartments(tiny_package().card, {"LEAN"})
    assert not made_of_compartments(tiny_package().card, {"LEAN", "MUSCLE"})


@pytest.mark.parametrize(
    ("codes", "reason"), [({"RF"}, "learned from MUSCLE; drawn are: RF"), (set(), "nothing is drawn")]
)
def test_other_structures_do_not_fit(codes: set[str], reason: str) -> None:
    fits, said = told("thigh", ["T1w", "water"], codes)["structures"]
    assert not fits
    assert reason in said


def test_a_model_without_its_preset_classifies_tables_only() -> None:
    card = tiny_package().card
    bare = dataclasses.replace(card, preset=dataclasses.replace(card.preset, parameters={}))
    (only,) = model_fit(bare, [Examined("thigh", ["T1w", "water"], {"MUSCLE"})])
    assert (only.what, only.fits) == ("preset", False)
    assert "tables, not images" in only.reason


def test_a_model_of_thigh_and_calf_asks_for_both_and_says_which_lacks_what() -> None:
    card = thigh_and_calf_package().card
    thigh = Examined("thigh", ["T1w", "water"], {"MUSCLE"})
    assert other_regions(card, "thigh") == ("calf",)
    assert other_regions(tiny_package().card, "thigh") == ()
    found = model_fit(card, [thigh, Examined("calf", ["T1w"], set())])
    assert [fit.what for fit in found] == ["preset", "sequences", "structures", "structures"]
    assert found[1].reason == "missing calf water; the case has of the thigh: T1w, water; of the calf: T1w"
    assert (found[2].fits, found[2].reason) == (True, "thigh: MUSCLE")
    assert (found[3].fits, found[3].reason) == (False, "calf: nothing is drawn")
    both = model_fit(card, [thigh, Examined("calf", ["water", "T1w"], {"MUSCLE"})])
    assert [(fit.what, fit.fits) for fit in both] == [("preset", True), ("sequences", True), ("structures", True)]
