"""Tests of reading scales: what is shipped, and a user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.anatomy import Region, muscles
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scoring.scale import TargetKind
from MuscleMyopathyLib.scoring.scale_files import available_scales, read_scale, scale_from_mapping

SHIPPED = sorted(available_scales())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scale_is_valid_and_named_as_its_file(name: str) -> None:
    scale = read_scale(name)
    assert scale.id == name
    assert scale.source


def test_the_scales_of_the_papers_are_shipped() -> None:
    assert {
        "mercuri-modified",
        "mercuri-2002",
        "goutallier",
        "stir-oedema",
        "histopathology-likert",
        "ild-hrct",
        "eular-acr-2017",
        "clinical-sheet",
    } <= set(SHIPPED)


def test_the_modified_mercuri_scale_has_weis_17_muscles_on_both_sides() -> None:
    scale = read_scale("mercuri-modified")
    wei = {kind.code for region in Region for kind in muscles(region)}
    scored = [target.structure for target in scale.targets if target.structure]
    assert len(wei) == 17
    assert sorted((one.code, str(one.side)) for one in scored) == sorted(
        (code, side) for code in wei for side in ("left", "right")
    )


def test_the_mercuri_2002_levels_keep_their_letters_in_order() -> None:
    levels = read_scale("mercuri-2002").targets[0].levels
    assert [level.code for level in levels] == ["0", "1", "2a", "2b", "3", "4"]
    assert [level.value for level in levels] == [0, 1, 2, 3, 4, 5]


def test_the_laboratory_values_have_wangs_normal_ranges() -> None:
    sheet = read_scale("clinical-sheet")
    ranges = {name: sheet.target(name).normal for name in ("ck", "alt", "ast", "ldh")}
    assert {name: (one.low, one.high) for name, one in ranges.items() if one} == {
        "ck": (24, 195),
        "alt": (9, 50),
        "ast": (15, 40),
        "ldh": (0, 250),
    }


def test_a_scale_dropped_into_a_folder_is_found_by_its_id(own_scale: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "anything.json").write_text(json.dumps(own_scale))
    assert available_scales(tmp_path)["own-scale"] == tmp_path / "anything.json"
    scale = read_scale("own-scale", tmp_path)
    assert [target.id for target in scale.targets] == ["RF_left", "RF_right", "TA_left", "TA_right"]
    assert read_scale(tmp_path / "anything.json") == scale


def test_a_users_scale_cannot_take_a_shipped_scales_id(own_scale: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({**own_scale, "id": "goutallier"}))
    with pytest.raises(InputError, match=r"mine\.json.*'goutallier' belongs to goutallier\.json already"):
        available_scales(tmp_path)


def test_a_scale_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InputError, match=r"no scale 'mercury'.*mercuri-modified"):
        read_scale("mercury")


def set_level(**change: Any) -> dict[str, Any]:
    return {
        "levels": [{"value": 0, "code": "0", "label": "no"}, {"value": 1, "code": "1", "label": "yes", **change}]
    }


ITEM = {"id": "necrosis", "name": "necrosis"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_level(code="0"), "RF_left: two levels have the code '0'"),
        (set_level(value=0), "RF_left: two levels have the value 0"),
        (set_level(value=-1), "must grow from 0 on"),
        (set_level(value="1"), r"levels\[1\]: value must be a whole number, not '1'"),
        (set_level(value=True), "value must be a whole number, not True"),
        (set_level(label=" "), "lacks a code or a label"),
        (set_level(colour="red"), r"levels\[1\] has an unknown entry colour"),
        ({"levels": [{"value": 0, "code": "0", "label": "no"}]}, "at least two levels, not 1"),
        ({"levels": [{"value": 0, "label": "no"}]}, r"levels\[0\] lacks code"),
        ({"muscles": ["RF", "XX"]}, "'XX' on the side 'left' is not known"),
        ({"muscles": ["RF", "BONE"]}, "BONE is a bone, not a muscle"),
        ({"sides": ["port"]}, "on the side 'port' is not known"),
        ({"muscles": ["RF", "RF"]}, "the target RF_left stands twice"),
        ({"muscles": []}, "nothing to score"),
        ({"items": [ITEM]}, "either muscles or items"),
        ({"id": "Own Scale"}, "must be lower-case letters"),
        ({"version": 0}, "versions are counted from 1"),
        ({"levles": []}, "unknown entry levles"),
        ({"migrations": {"2": {}}}, "version 2 is not older than version 2"),
        ({"migrations": {"one": {}}}, "'one' is no version number"),
        ({"migrations": {"1": {"codes": {"a": 1}}}}, "must map names to names"),
    ],
)
def test_a_broken_scale_is_refused_with_the_place_and_the_reason(
    own_scale: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        scale_from_mapping({**own_scale, **change})


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({**ITEM, "kind": "slider"}, r"items\[0\]: the kind 'slider' is not one of level, number"),
        ({**ITEM, "unit": "mm"}, "unit cannot stand with the kind level"),
        ({**ITEM, "kind": "number", "options": []}, "options cannot stand with the kind number"),
        ({**ITEM, "kind": "choice"}, "needs at least two options, not 0"),
        ({**ITEM, "kind": "number", "minimum": 5, "maximum": 1}, "the minimum 5 exceeds the maximum 1"),
        ({**ITEM, "kind": "number", "normal": {"low": 5, "high": 1}}, "cannot reach from 5 down to 1"),
        ({**ITEM, "kind": "number", "normal": {}}, "needs a low or a high end"),
        ({**ITEM, "id": "1st"}, "must begin with a letter"),
        ({**ITEM, "kind": "yes-no"}, "a sum needs targets that are all scored by levels"),
    ],
)
def test_a_broken_item_is_refused_with_the_reason(
    own_scale: dict[str, Any], item: dict[str, Any], message: str
) -> None:
    values = {name: value for name, value in own_scale.items() if name not in ("muscles", "sides")}
    with pytest.raises(InputError, match=message):
        scale_from_mapping({**values, "items": [item]})


def test_an_item_takes_the_scales_levels_unless_it_has_its_own() -> None:
    severity, extent = read_scale("ild-hrct").targets
    assert severity.level("2").label == "mild"
    assert extent.level("2").label == "25–50 %"
    assert read_scale("histopathology-likert").target("cd4").kind is TargetKind.LEVEL


def test_a_name_that_stands_twice_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.json"
    path.write_text('{"id": "a", "id": "b"}')
    with pytest.raises(InputError, match=r"twice\.json is not a JSON file: 'id' stands twice"):
        read_scale(path)


def test_a_picture_outside_the_scales_folder_is_refused() -> None:
    levels = [
        {"value": 0, "code": "0", "label": "no", "picture": "../secret.png"},
        {"value": 1, "code": "1", "label": "yes"},
    ]
    items = [{"id": "item", "name": "Item"}]
    values = {"id": "own", "version": 1, "name": "Own", "source": "test", "levels": levels, "items": items}
    with pytest.raises(InputError, match="below the scale's folder"):
        scale_from_mapping(values)
