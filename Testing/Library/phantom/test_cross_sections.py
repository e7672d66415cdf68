"""The tables of cross-sections: complete, and smooth along the limb."""

from __future__ import annotations

import json

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region, muscles, structure_type
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.phantom.cross_sections import limb_table
from MuscleMyopathyLib.phantom.disease import involvement
from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.resources import resource


@pytest.mark.parametrize("region", list(Region))
def test_every_muscle_of_the_region_is_in_the_table(region: Region) -> None:
    table = limb_table(region)
    wanted = {kind.code for kind in muscles(region, only_wei=False)} - {"BF"}
    assert wanted <= {name for name, structure in table.structures.items() if structure.kind == "muscle"}


@pytest.mark.parametrize("region", list(Region))
def test_structures_change_smoothly_along_the_limb(region: Region) -> None:
    levels = np.linspace(0, 1, 201)
    for structure in limb_table(region).structures.values():
        sections = [points for level in levels if (points := structure.at(level)) is not None]
        steps = np.abs(np.diff(sections, axis=0)).max()
        assert steps < 0.03, structure.name


def test_a_muscle_tapers_to_its_end_and_is_absent_beyond() -> None:
    rectus = limb_table(Region.THIGH).structures["RF"]
    assert rectus.at(rectus.first_level - 0.01) is None
    at_the_end, at_the_belly = rectus.at(rectus.first_level), rectus.at(0.75)
    assert at_the_end is not None
    assert at_the_belly is not None
    assert at_the_end[:, 2].max() < 0.1 * at_the_belly[:, 2].max()


@pytest.mark.parametrize("pattern", list(Pattern))
def test_every_pattern_names_muscles_that_exist_and_shares_between_0_and_1(pattern: Pattern) -> None:
    patterns = json.loads(resource("Phantom", "patterns.json").read_text(encoding="utf-8"))
    known = {name for region in Region for name in limb_table(region).structures}
    for item in ("fat", "oedema", "gradient"):
        for name, value in patterns[pattern.value][item].items():
            assert name == "default" or name in known
            assert (-1 if item == "gradient" else 0) <= value <= 1


def test_involvement_is_scaled_by_severity() -> None:
    half, full = (involvement(Pattern.LGMDR2, "SM", severity) for severity in (0.5, 1.0))
    assert half.fat == pytest.approx(full.fat / 2)
    assert involvement(Pattern.LGMDR2, "SAR", 1.0).fat < 0.1


def test_names_without_a_code_are_muscles_that_carry_no_label() -> None:
    unlabelled = set()
    for name, structure in limb_table(Region.THIGH).structures.items():
        if structure.kind == "muscle":
            try:
                structure_type(name)
            except ParameterError:
                unlabelled.add(name)
    assert unlabelled == {"GMAX", "PECT", "PSOAS"}
