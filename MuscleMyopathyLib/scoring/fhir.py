"""Scales and forms as HL7 FHIR: Questionnaire and QuestionnaireResponse, R4 (4.0.1) and R5 (5.0.0).

A muscle is a group of its sides; each target is a question, followed by a text question "not assessable because",
enabled where the first has no answer. Levels are coded answers with their rank as weight (R4 ``ordinalValue``, R5
``itemWeight``); their display holds the label and the wording. No patient data: no subject, no date; a reading's
identifier only where the caller gives one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.scoring.answers import Answer, State, Value, checked_value
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.form_files import migrated_answer, migration_to
from MuscleMyopathyLib.scoring.scale import Level, Scale, Target, TargetKind

_NAMESPACE = uuid.UUID("6f1d3a52-58a1-4c1e-9d0b-5a5a1f6f0c11")
_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_UCUM = "http://unitsofmeasure.org"
_REASON = ".not-assessable"


class FhirVersion(StrEnum):
    """The release of FHIR."""

    R4 = "R4"
    R5 = "R5"


def questionnaire(scale: Scale, version: FhirVersion = FhirVersion.R5) -> dict[str, Any]:
    """Return a scale as a FHIR Questionnaire."""
    items = []
    for group in _groups(scale):
        questions = [item for target in group for item in _questions(scale, target, version)]
        if group[0].structure is None:
            items += questions
        else:
            kind = group[0].structure.type
            items.append({"linkId": kind.code, "text": kind.name, "type": "group", "item": questions})
    return {
        "resourceType": "Questionnaire",
        "url": _canonical(scale),
        "version": str(scale.version),
        "name": "".join(word.capitalize() for word in scale.id.split("-")),
        "title": scale.name,
        "status": "active",
        "description": f"Source: {scale.source}",
        "item": items,
    }


def questionnaire_response(
    form: Form, version: FhirVersion = FhirVersion.R5, identifier: str = ""
) -> dict[str, Any]:
    """Return a form as a FHIR QuestionnaireResponse to `questionnaire` of its scale.

    Args:
        form: The form; it is ``completed`` where nothing is left to score, else ``in-progress``.
        version: R4 or R5.
        identifier: Name of the reading, such as ``sub-P-017_reader-R1_session-1``: pseudonyms only.
    """
    items = []
    for group in _groups(form.scale):
        answered = [item for target in group for item in _answered(form, target)]
        if group[0].structure is None:
            items += answered
        elif answered:
            items.append({"linkId": group[0].structure.code, "item": answered})
    response: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{_canonical(form.scale)}|{form.scale.version}",
        "status": "in-progress" if form.unscored() else "completed",
    }
    if identifier:
        named = {"system": _urn("readings"), "value": identifier}
        response["identifier"] = [named] if version is FhirVersion.R5 else named
    if items:
        response["item"] = items
    return response


def form_from_response(scale: Scale, response: Mapping[str, Any]) -> Form:
    """Read the answers of a QuestionnaireResponse of this scale; time spent and suggestions are not in it.

    Raises:
        InputError: It is no response, of another scale or a version that cannot be read, or an answer lies outside
            the scale.
    """
    if response.get("resourceType") != "QuestionnaireResponse":
        raise InputError(f"This is a FHIR {response.get('resourceType')}, not a QuestionnaireResponse.")
    canonical, _, number = str(response.get("questionnaire", "")).partition("|")
    if canonical != _canonical(scale):
        raise InputError(f"The response belongs to the questionnaire {canonical!r}, not to {scale.name}.")
    migration = migration_to(scale, scale.id, int(number) if number.isdigit() else None)
    answers: dict[str, Answer] = {}
    try:
        for item in _leaves(response.get("item", [])):
            link = str(item["linkId"])
            target = scale.target(migration.targets.get(link.removesuffix(_REASON), link.removesuffix(_REASON)))
            if link.endswith(_REASON):
                answers[target.id] = Answer(reason=str(item["answer"][0]["valueString"]))
            else:
                value = migrated_answer({"value": _value(target, item["answer"])}, migration)["value"]
                answers[target.id] = Answer(checked_value(target, value))
    except ParameterError as error:
        raise InputError(f"The response does not fit {scale.name}: {error}") from error
    except (KeyError, TypeError, IndexError) as error:
        raise InputError(f"The response is damaged: {error!r} is missing or misplaced.") from error
    return Form(scale, answers)


def _groups(scale: Scale) -> Iterable[list[Target]]:
    groups: dict[str, list[Target]] = {}
    for target in scale.targets:
        groups.setdefault(target.structure.code if target.structure else target.id, []).append(target)
    return groups.values()


def _questions(scale: Scale, target: Target, version: FhirVersion) -> list[dict[str, Any]]:
    coded = "choice" if version is FhirVersion.R4 else "coding"
    kinds = {TargetKind.NUMBER: "decimal", TargetKind.YES_NO: "boolean"}
    item: dict[str, Any] = {
        "linkId": target.id,
        "text": target.question or target.name,
        "type": kinds.get(target.kind, coded),
    }
    if target.kind is TargetKind.CHOICES:
        item["repeats"] = True
    if extensions := list(_number_extensions(target)):
        item = {"extension": extensions, **item}
    if target.levels:
        item["answerOption"] = [_option(scale, target, level, version) for level in target.levels]
    unanswered = {"question": target.id, "operator": "exists", "answerBoolean": False}
    reason = {
        "linkId": target.id + _REASON,
        "text": "not assessable because",
        "type": "string",
        "enableWhen": [unanswered],
    }
    return [item, reason]


def _option(scale: Scale, target: Target, level: Level, version: FhirVersion) -> dict[str, Any]:
    display = f"{level.label}: {level.wording}" if level.wording else level.label
    coding = {"system": _system(scale, target), "code": level.code, "display": display}
    if target.kind is not TargetKind.LEVEL:
        return {"valueCoding": coding}
    name = "ordinalValue" if version is FhirVersion.R4 else "itemWeight"
    return {"extension": [{"url": _EXTENSION + name, "valueDecimal": level.value}], "valueCoding": coding}


def _number_extensions(target: Target) -> Iterable[dict[str, Any]]:
    if target.ucum:
        unit = {"system": _UCUM, "code": target.ucum, "display": target.unit or target.ucum}
        yield {"url": _EXTENSION + "questionnaire-unit", "valueCoding": unit}
    for name, limit in (("minValue", target.minimum), ("maxValue", target.maximum)):
        if limit is not None:
            yield {"url": _EXTENSION + name, "valueDecimal": limit}


def _answered(form: Form, target: Target) -> list[dict[str, Any]]:
    answer = form.answer(target.id)
    if answer.state is State.NOT_SCORED:
        return []
    if answer.state is State.NOT_ASSESSABLE:
        return [{"linkId": target.id + _REASON, "answer": [{"valueString": answer.reason}]}]
    values = answer.value if isinstance(answer.value, tuple) else (answer.value,)
    return [{"linkId": target.id, "answer": [_fhir_value(form.scale, target, value) for value in values]}]


def _fhir_value(scale: Scale, target: Target, value: object) -> dict[str, Any]:
    if target.kind is TargetKind.NUMBER:
        return {"valueDecimal": value}
    if target.kind is TargetKind.YES_NO:
        return {"valueBoolean": value}
    level = target.level(str(value))
    return {"valueCoding": {"system": _system(scale, target), "code": level.code, "display": level.label}}


def _value(target: Target, answers: list[Mapping[str, Any]]) -> Value:
    if target.kind is TargetKind.NUMBER:
        return float(answers[0]["valueDecimal"])
    if target.kind is TargetKind.YES_NO:
        return bool(answers[0]["valueBoolean"])
    codes = tuple(str(answer["valueCoding"]["code"]) for answer in answers)
    return codes if target.kind is TargetKind.CHOICES else codes[0]


def _leaves(items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for item in items:
        if "answer" in item:
            yield item
        yield from _leaves(item.get("item", []))


def _canonical(scale: Scale) -> str:
    return _urn(scale.id)


def _system(scale: Scale, target: Target) -> str:
    """Return the code system of the levels: one for all muscles, one per item."""
    return _urn(f"{scale.id}/levels" if target.structure else f"{scale.id}/{target.id}")


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, name)}"
