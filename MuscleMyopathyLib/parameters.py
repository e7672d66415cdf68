"""Parameters as frozen dataclasses: from YAML presets and command-line values, checked, and back again.

One dataclass is what the library function takes, the panel edits, the console passes, the command line reads
and the provenance records.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.resources import resource

P = TypeVar("P")


def from_mapping(kind: type[P], values: Mapping[str, Any]) -> P:
    """Make a parameter dataclass from plain values; enums are given by their value, nested ones as mappings.

    Raises:
        ParameterError: An unknown name (the known ones are listed) or a value that the dataclass refuses.
    """
    hints = get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind) if field.init}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        raise ParameterError(
            f"{kind.__name__} has no parameter {', '.join(unknown)}. It has: {', '.join(sorted(known))}."
        )
    arguments = {name: _convert(kind, name, hints[name], value) for name, value in values.items()}
    try:
        return kind(**arguments)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{kind.__name__}: {error}") from error


def _convert(owner: type, name: str, hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_mapping(hint, value)  # type: ignore[arg-type]
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in hint)
            raise ParameterError(f"{owner.__name__}.{name} = {value!r} is not one of: {allowed}.") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool)):
        raise ParameterError(f"{owner.__name__}.{name} = {value!r} is not a {hint.__name__}.")
    return value


def to_mapping(parameters: Any) -> dict[str, Any]:
    """Return plain values (numbers, text, lists, mappings) that `from_mapping` reads back."""
    return {
        field.name: _plain(getattr(parameters, field.name))
        for field in dataclasses.fields(parameters)
        if field.init
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_mapping(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def read_preset(kind: type[P], name_or_path: str | Path) -> P:
    """Read a parameter dataclass from a YAML file, or from a shipped preset by its name.

    Raises:
        InputError: No such preset, or the file is not YAML.
        ParameterError: A parameter in it is unknown or refused.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = resource("Presets", f"{name_or_path}.yaml")
    if not path.is_file():
        raise InputError(f"There is no preset file {path}.")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not a YAML file: {error}") from error
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise InputError(f"{path} holds no parameters: expected lines such as 'erosion_mm: 2.0'.")
    return from_mapping(kind, values)
