"""Tests of the anatomy table."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.anatomy import (
    RIGHT_LABEL_OFFSET,
    STRUCTURE_TYPES,
    Kind,
    Region,
    Side,
    Structure,
    muscles,
    structure_type,
)
from MuscleMyopathyLib.errors import ParameterError


def test_weis_seventeen_muscles_are_eleven_of_the_thigh_and_six_of_the_calf() -> None:
    # Wei et al., Front Neurol 2023;14:1251025, section 2.4.
    assert [m.code for m in muscles(Region.THIGH)] == [
        "RF", "VL", "VM", "VI", "SAR", "GR", "AL", "AM", "SM", "ST", "BF",
    ]  # fmt: skip
    assert [m.code for m in muscles(Region.CALF)] == ["TA", "PER", "TP", "SOL", "GM", "GL"]


def test_codes_and_labels_are_unique_and_labels_fit_an_8_bit_image_on_both_sides() -> None:
    assert len({t.code for t in STRUCTURE_TYPES}) == len(STRUCTURE_TYPES)
    labels = [t.label for t in STRUCTURE_TYPES]
    assert len(set(labels)) == len(labels)
    assert max(labels) < RIGHT_LABEL_OFFSET
    assert max(labels) + RIGHT_LABEL_OFFSET <= 255


def test_every_muscle_has_an_fma_identifier_of_its_own() -> None:
    codings = [t.coding for t in STRUCTURE_TYPES if t.kind is Kind.MUSCLE]
    assert all(scheme == "FMA" and value.isdigit() for scheme, value in codings)
    assert len(set(codings)) == len(codings)


def test_muscles_of_one_region_differ_in_colour() -> None:
    for region in Region:
        colors = [m.color for m in muscles(region, only_wei=False)]
        assert len(set(colors)) == len(colors)


@pytest.mark.parametrize("side", list(Side))
def test_a_structure_is_read_back_from_its_identifier(side: Side) -> None:
    for kind in STRUCTURE_TYPES:
        structure = Structure(kind.code, side)
        assert Structure.parse(structure.identifier) == structure


def test_right_is_numbered_a_hundred_above_left() -> None:
    assert Structure("SOL", Side.RIGHT).label == Structure("SOL", Side.LEFT).label + 100


@pytest.mark.parametrize("identifier", ["XX_left", "RF_up", ""])
def test_an_unknown_code_or_side_is_refused_in_words(identifier: str) -> None:
    with pytest.raises(ParameterError, match="Unknown"):
        Structure.parse(identifier)


def test_the_known_codes_are_listed_when_one_is_unknown() -> None:
    with pytest.raises(ParameterError, match="RF, VL, VM"):
        structure_type("QUADRICEPS")
