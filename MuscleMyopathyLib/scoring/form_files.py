"""Forms as plain values (JSON), and forms of older scale versions.

>>> from MuscleMyopathyLib.scoring.scale_files import read_scale
>>> scale = read_scale("ild-hrct")
>>> form_to_mapping(Form(scale).scored("extent", "2"))["answers"]
{'extent': {'value': '2'}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.output import write_json
from MuscleMyopathyLib.scoring.answers import answer_from_mapping, answer_to_mapping
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.scale import Migration, Scale


def form_to_mapping(form: Form) -> dict[str, Any]:
    """Return plain values that `form_from_mapping` reads back; what could be undone is not kept."""
    return {
        "scale": form.scale.id,
        "version": form.scale.version,
        "answers": {target: answer_to_mapping(answer) for target, answer in form.answers.items()},
        "suggestions": {
            target: {"code": suggestion.code, "share_percent": suggestion.share_percent}
            for target, suggestion in form.suggestions.items()
        },
        "seconds": round(form.seconds, 3),
        "locked": form.locked,
    }


def form_from_mapping(scale: Scale, values: Mapping[str, Any]) -> Form:
    """Read a form; one of an older version of the scale is migrated where the scale says how.

    Raises:
        InputError: The form is damaged, of another scale, of a newer version, or of an older one that cannot be
            migrated; or one of its answers lies outside the scale.
    """
    migration = migration_to(scale, values.get("scale"), values.get("version"))
    try:
        answers = {}
        for old, entry in values["answers"].items():
            target = scale.target(migration.targets.get(old, old))
            answers[target.id] = answer_from_mapping(target, migrated_answer(entry, migration))
        suggestions = {}
        for old, entry in values.get("suggestions", {}).items():
            target = scale.target(migration.targets.get(old, old))
            code = target.level(migration.codes.get(entry["code"], entry["code"])).code
            suggestions[target.id] = Suggestion(code, float(entry["share_percent"]))
        return Form(scale, answers, suggestions, float(values["seconds"]), bool(values["locked"]))
    except ParameterError as error:
        raise InputError(f"The form does not fit {scale.name}, version {scale.version}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"The form of {scale.name} is damaged ({error!r}). Restore it from a copy.") from error


def migration_to(scale: Scale, scale_id: object, version: object) -> Migration:
    """Return how answers given under a scale's id and version are read under this one.

    Raises:
        InputError: Another scale, a newer version, or an older one that this version does not read.
    """
    if scale_id != scale.id:
        raise InputError(f"The form belongs to the scale {scale_id!r}, not to {scale.id!r}.")
    if isinstance(version, bool) or not isinstance(version, int):
        raise InputError(f"The form of {scale.name} does not say which version of the scale it was filled with.")
    if version == scale.version:
        return Migration()
    if version > scale.version:
        raise InputError(
            f"The form was filled with version {version} of {scale.name}, and this is version {scale.version}. "
            "Install the newer version of the scale."
        )
    if version not in scale.migrations:
        raise InputError(
            f"The form was filled with version {version} of {scale.name}, whose answers version {scale.version} "
            f"does not read. Open it with version {version} of the scale, or score the case again."
        )
    return scale.migrations[version]


def migrated_answer(entry: Mapping[str, Any], migration: Migration) -> dict[str, Any]:
    """Return an answer's plain values with the codes renamed."""
    migrated = dict(entry)
    value = migrated.get("value")
    if isinstance(value, str):
        migrated["value"] = migration.codes.get(value, value)
    elif isinstance(value, list | tuple):
        migrated["value"] = [migration.codes.get(code, code) for code in value]
    return migrated


def write_form(form: Form, path: Path) -> None:
    """Write a form as JSON, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    write_json(form_to_mapping(form), path)


def read_form(scale: Scale, path: Path) -> Form:
    """Read a form from JSON.

    Raises:
        InputError: The file cannot be read, or as `form_from_mapping`.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no form ({error}).") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} is no form: expected a mapping with scale, version and answers.")
    return form_from_mapping(scale, values)
