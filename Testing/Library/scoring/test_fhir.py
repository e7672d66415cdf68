"""Tests of scales and forms as FHIR resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.scoring.fhir import FhirVersion, form_from_response, questionnaire, questionnaire_response
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import available_scales, read_scale

ITEM_TYPES = {
    FhirVersion.R4: {"group", "boolean", "decimal", "string", "choice"},
    FhirVersion.R5: {"group", "boolean", "decimal", "string", "coding"},
}


def items(parent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in parent.get("item", []):
        yield item
        yield from items(item)


def filled(scale: Scale) -> Form:
    """Answer every target but the last, the first as not assessable."""
    form = Form(scale).not_assessable(scale.targets[0].id, "not available")
    for number, target in enumerate(scale.targets[1:-1]):
        values = {"number": target.maximum, "yes-no": number % 2 == 0}
        if target.levels:
            code = target.levels[number % len(target.levels)].code
            values = {"level": code, "choice": code, "choices": [level.code for level in target.levels[-2:]]}
        form = form.scored(target.id, values[target.kind])
    return form


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize("name", sorted(available_scales()))
def test_a_form_survives_the_round_trip_through_json(name: str, version: FhirVersion) -> None:
    form = filled(read_scale(name))
    response = json.loads(json.dumps(questionnaire_response(form, version)))
    assert form_from_response(form.scale, response).answers == form.answers


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize("name", sorted(available_scales()))
def test_a_response_answers_only_questions_of_its_questionnaire(name: str, version: FhirVersion) -> None:
    scale = read_scale(name)
    asked = questionnaire(scale, version)
    by_link = {item["linkId"]: item for item in items(asked)}
    assert len(by_link) == len(list(items(asked)))
    assert {item["type"] for item in by_link.values()} <= ITEM_TYPES[version]
    response = questionnaire_response(filled(scale), version)
    assert response["questionnaire"] == f"{asked['url']}|{asked['version']}"
    for item in items(response):
        question = by_link[item["linkId"]]
        assert ("answer" in item) != (question["type"] == "group")
        for answer in item.get("answer", []):
            if "valueCoding" in answer:
                options = [option["valueCoding"] for option in question["answerOption"]]
                coded = (answer["valueCoding"]["system"], answer["valueCoding"]["code"])
                assert coded in [(option["system"], option["code"]) for option in options]


def test_levels_carry_code_wording_and_rank() -> None:
    asked = questionnaire(read_scale("mercuri-2002"), FhirVersion.R5)
    option = asked["item"][0]["item"][0]["answerOption"][2]
    assert option["valueCoding"]["code"] == "2a"
    assert option["valueCoding"]["display"].startswith("late moth-eaten, < 30 %: Late moth-eaten appearance")
    (weight,) = option["extension"]
    assert weight == {"url": "http://hl7.org/fhir/StructureDefinition/itemWeight", "valueDecimal": 2}


def test_units_are_in_ucum() -> None:
    (ck,) = [item for item in items(questionnaire(read_scale("clinical-sheet"))) if item["linkId"] == "ck"]
    unit = ck["extension"][0]["valueCoding"]
    assert (unit["system"], unit["code"]) == ("http://unitsofmeasure.org", "U/L")


def test_a_complete_form_is_completed_and_any_other_in_progress(mercuri: Scale) -> None:
    form = filled(mercuri)
    assert questionnaire_response(form)["status"] == "in-progress"
    assert questionnaire_response(form.scored(mercuri.targets[-1].id, "0"))["status"] == "completed"


def test_a_response_holds_no_patient_and_no_date(mercuri: Scale) -> None:
    named = questionnaire_response(filled(mercuri), identifier="sub-P-017_reader-R1_session-1")
    assert set(named) == {"resourceType", "questionnaire", "status", "identifier", "item"}
    assert set(questionnaire_response(filled(mercuri))) == set(named) - {"identifier"}


def test_the_reason_is_asked_for_only_where_there_is_no_answer(mercuri: Scale) -> None:
    question, reason = questionnaire(mercuri)["item"][0]["item"][:2]
    assert reason["enableWhen"] == [{"question": question["linkId"], "operator": "exists", "answerBoolean": False}]


def test_a_response_to_another_questionnaire_is_refused(mercuri: Scale) -> None:
    response = questionnaire_response(filled(read_scale("goutallier")))
    with pytest.raises(InputError, match="belongs to the questionnaire"):
        form_from_response(mercuri, response)
    with pytest.raises(InputError, match="This is a FHIR Patient"):
        form_from_response(mercuri, {"resourceType": "Patient"})


def test_an_answer_outside_the_scale_is_refused(mercuri: Scale) -> None:
    response = questionnaire_response(Form(mercuri).scored("RF_right", "2"))
    response["item"][0]["item"][0]["answer"][0]["valueCoding"]["code"] = "12"
    with pytest.raises(InputError, match="'12' is not on the scale"):
        form_from_response(mercuri, response)
