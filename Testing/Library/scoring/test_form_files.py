"""Tests of forms as plain values, and of forms of other versions of a scale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.form_files import form_from_mapping, form_to_mapping, read_form, write_form
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import read_scale, scale_from_mapping


def form_of_version(version: int, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"scale": "own-scale", "version": version, "answers": answers, "seconds": 0, "locked": False, **more}


def test_a_form_survives_the_file(mercuri: Scale, tmp_path: Path) -> None:
    form = Form(mercuri).scored("RF_left", "3").not_assessable("VL_left", "cut off").spent(12.5)
    form = form.with_suggestion("RF_left", Suggestion("4", 61.25))
    write_form(form, tmp_path / "form.json")
    back = read_form(mercuri, tmp_path / "form.json")
    assert (back.answers, back.suggestions, back.seconds) == (form.answers, form.suggestions, 12.5)


def test_numbers_yes_or_no_and_several_choices_survive_the_file(tmp_path: Path) -> None:
    sheet = Form(read_scale("clinical-sheet")).scored("ck", 2600.5).scored("treatment", ["rituximab", "other"])
    criteria = Form(read_scale("eular-acr-2017")).scored("dysphagia", False).scored("age_at_onset", 41)
    for form in (sheet, criteria):
        write_form(form, tmp_path / "form.json")
        assert read_form(form.scale, tmp_path / "form.json").answers == form.answers


def test_a_form_of_an_older_version_is_migrated_where_the_scale_says_how(own_scale: dict[str, Any]) -> None:
    old = form_of_version(
        1,
        {"QF_left": {"value": "a-bit"}, "TA_left": {"value": "much"}, "TA_right": {"not_assessable": "cut off"}},
        suggestions={"QF_left": {"code": "a-bit", "share_percent": 4.0}},
    )
    form = form_from_mapping(scale_from_mapping(own_scale), old)
    assert {target: answer.value for target, answer in form.answers.items()} == {
        "RF_left": "some",
        "TA_left": "much",
        "TA_right": None,
    }
    assert form.suggestions["RF_left"].code == "some"
    assert form_to_mapping(form)["version"] == 2


def test_an_older_forms_answer_that_has_no_place_is_refused(own_scale: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"does not fit Own scale, version 2: .*'huge' is not on the scale"):
        form_from_mapping(scale_from_mapping(own_scale), form_of_version(1, {"TA_left": {"value": "huge"}}))


def test_a_form_of_an_older_version_that_cannot_be_read_is_refused(own_scale: dict[str, Any]) -> None:
    scale = scale_from_mapping({**own_scale, "migrations": {}})
    with pytest.raises(
        InputError, match="filled with version 1 of Own scale, whose answers version 2 does not read"
    ):
        form_from_mapping(scale, form_of_version(1, {}))


def test_a_form_of_a_newer_version_is_refused(own_scale: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"version 3 of Own scale, and this is version 2. Install the newer"):
        form_from_mapping(scale_from_mapping(own_scale), form_of_version(3, {}))


@pytest.mark.parametrize("version", [None, "1", True, 1.0])
def test_a_form_without_a_version_is_refused(own_scale: dict[str, Any], version: Any) -> None:
    with pytest.raises(InputError, match="does not say which version"):
        form_from_mapping(scale_from_mapping(own_scale), {**form_of_version(1, {}), "version": version})


def test_a_form_of_another_scale_is_refused(mercuri: Scale) -> None:
    form = form_to_mapping(Form(read_scale("goutallier")).scored("RF_left", "2"))
    with pytest.raises(InputError, match="belongs to the scale 'goutallier', not to 'mercuri-modified'"):
        form_from_mapping(mercuri, form)


@pytest.mark.parametrize(
    "change",
    [{"answers": None}, {"answers": {"RF_left": 3}}, {"answers": {"RF_left": {}}}, {"seconds": "long"}],
)
def test_a_damaged_form_is_refused(mercuri: Scale, change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        form_from_mapping(mercuri, {**form_to_mapping(Form(mercuri)), **change})


def test_a_score_outside_the_scale_in_a_file_is_refused(mercuri: Scale, tmp_path: Path) -> None:
    values = {**form_to_mapping(Form(mercuri)), "answers": {"RF_left": {"value": "9"}}}
    (tmp_path / "form.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match="rectus femoris left: '9' is not on the scale"):
        read_form(mercuri, tmp_path / "form.json")
