"""Reads scales from JSON: those shipped in ``Resources/Scales`` and a user's own, dropped into a folder.

A scale file holds ``id``, ``version``, ``name``, ``source``; ``levels`` (each ``value``, ``code``, ``label``
and, if wanted, ``wording`` and ``picture``); and either ``muscles`` (codes of `anatomy`) with ``sides``, or
``items``. An item holds ``id``, ``name`` and, if wanted, ``question``; ``kind`` (``level`` by default,
``number``, ``yes-no``, ``choice``, ``choices``); its own ``levels`` in place of the scale's, ``options`` of a
choice (``code``, ``label``), and of a number ``unit``, ``ucum``, ``minimum``, ``maximum``, ``normal`` (``low``,
``high``). ``sum`` names the sum over all targets. ``migrations`` says which older versions' forms can be read,
and what was renamed: ``{"1": {"targets": {old: new}, "codes": {old: new}}}``.

>>> scale = read_scale("mercuri-modified")
>>> len(scale.targets), scale.targets[0].id, scale.targets[0].level("3").label
(34, 'RF_right', 'small confluent, 30–60 %')
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from MuscleMyopathyLib.anatomy import Kind, Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.scoring.scale import Level, Migration, NormalRange, Scale, Target, TargetKind

_SCALE = {
    "id": str,
    "version": int,
    "name": str,
    "source": str,
    "sum": str,
    "levels": list,
    "muscles": list,
    "sides": list,
    "items": list,
    "migrations": dict,
}
_LEVEL = {"value": int, "code": str, "label": str, "wording": str, "picture": str}
_OPTION = {"code": str, "label": str, "wording": str, "picture": str}
_ITEM = {
    "id": str,
    "name": str,
    "question": str,
    "kind": str,
    "levels": list,
    "options": list,
    "unit": str,
    "ucum": str,
    "minimum": float,
    "maximum": float,
    "normal": dict,
}
_NORMAL = {"low": float, "high": float}
_MIGRATION = {"targets": dict, "codes": dict}
_WORDS = {str: "text", int: "a whole number", float: "a number", list: "a list", dict: "a mapping"}


def available_scales(user_folder: str | Path | None = None) -> dict[str, Path]:
    """Return the files of the shipped scales and of those in the user's folder, by scale id.

    Args:
        user_folder: Folder with further ``.json`` files; one that does not exist holds none.

    Raises:
        InputError: A file in the user's folder is no scale, or its id is taken already.
    """
    found: dict[str, Path] = {path.stem: path for path in sorted(resource("Scales").glob("*.json"))}
    if user_folder is not None:
        for path in sorted(Path(user_folder).glob("*.json")):
            scale = read_scale_file(path)
            if scale.id in found:
                raise InputError(
                    f"{path}: the id {scale.id!r} belongs to {found[scale.id].name} already. Give it another id."
                )
            found[scale.id] = path
    return found


def read_scale(name_or_path: str | Path, user_folder: str | Path | None = None) -> Scale:
    """Read a scale by its id, or from a ``.json`` file.

    Raises:
        InputError: There is no such scale, or the file is not a valid one: where in it, and why.
    """
    if str(name_or_path).lower().endswith(".json"):
        return read_scale_file(Path(name_or_path))
    scales = available_scales(user_folder)
    if str(name_or_path) not in scales:
        raise InputError(
            f"There is no scale {str(name_or_path)!r}. There are: {', '.join(scales)}; or give a file."
        )
    return read_scale_file(scales[str(name_or_path)])


def read_scale_file(path: Path) -> Scale:
    """Read and check one scale file.

    Raises:
        InputError: It cannot be read, or something in it is wrong: where, and what.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repeats)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise InputError(f"{path} is not a JSON file: {error}.") from error
    try:
        return scale_from_mapping(values)
    except InputError as error:
        raise InputError(f"{path.name} is not a valid scale: {error}.") from error


def picture_path(scale_file: Path, level: Level) -> Path | None:
    """Return where the example picture of a level is; None where the level has none, or its file is gone.

    Args:
        scale_file: The file that the scale was read from.
        level: One of its levels.
    """
    path = scale_file.parent / level.picture
    return path if level.picture and path.is_file() else None


def scale_from_mapping(values: Any) -> Scale:
    """Make a scale from plain values as a scale file holds them.

    Raises:
        InputError: Where something is wrong, and what, as a clause without a full stop.
    """
    _check(values, _SCALE, "the file", required=("id", "version", "name", "source"))
    shared = _levels(values["levels"], "levels") if "levels" in values else ()
    if ("muscles" in values) == ("items" in values):
        raise InputError("it needs either muscles or items, and not both")
    targets = _muscles(values, shared) if "muscles" in values else _items(values, shared)
    migrations = {}
    for version, entry in values.get("migrations", {}).items():
        where = f"migrations.{version}"
        if not version.isdigit():
            raise InputError(f"{where}: {version!r} is no version number")
        _check(entry, _MIGRATION, where)
        for kind in ("targets", "codes"):
            if not all(isinstance(name, str) for name in entry.get(kind, {}).values()):
                raise InputError(f"{where}.{kind} must map names to names")
        migrations[int(version)] = Migration(**entry)
    return Scale(
        id=values["id"],
        version=values["version"],
        name=values["name"],
        source=values["source"],
        targets=tuple(targets),
        sum_name=values.get("sum", ""),
        migrations=migrations,
    )


def _muscles(values: Mapping[str, Any], levels: tuple[Level, ...]) -> list[Target]:
    if not levels:
        raise InputError("muscles need levels")
    targets = []
    for code in values["muscles"]:
        for side in values.get("sides", [Side.BOTH]):
            try:
                structure = Structure(code, Side(side))
            except (ParameterError, ValueError, TypeError) as error:
                raise InputError(f"muscles: {code!r} on the side {side!r} is not known ({error})") from None
            if structure.type.kind is not Kind.MUSCLE:
                raise InputError(f"muscles: {code} is a {structure.type.kind}, not a muscle")
            targets.append(
                Target(structure.identifier, structure.name, TargetKind.LEVEL, levels=levels, structure=structure)
            )
    return targets


def _items(values: Mapping[str, Any], shared: tuple[Level, ...]) -> Iterable[Target]:
    if "sides" in values:
        raise InputError("sides belong to muscles, and this scale has items")
    for number, entry in enumerate(values["items"]):
        where = f"items[{number}]"
        _check(entry, _ITEM, where, required=("id", "name"))
        try:
            kind = TargetKind(entry.get("kind", TargetKind.LEVEL))
        except ValueError:
            known = ", ".join(TargetKind)
            raise InputError(f"{where}: the kind {entry['kind']!r} is not one of {known}") from None
        of_kind = {TargetKind.LEVEL: ["levels"], TargetKind.CHOICE: ["options"], TargetKind.CHOICES: ["options"]}
        numeric = ["unit", "ucum", "minimum", "maximum", "normal"]
        foreign = {"levels", "options", *numeric} - set(of_kind.get(kind, []))
        foreign -= set(numeric) if kind is TargetKind.NUMBER else set()
        if wrong := sorted(foreign & set(entry)):
            raise InputError(f"{where}: {', '.join(wrong)} cannot stand with the kind {kind}")
        levels: tuple[Level, ...] = ()
        if kind is TargetKind.LEVEL:
            levels = _levels(entry["levels"], f"{where}.levels") if "levels" in entry else shared
        elif "options" in entry:
            levels = _options(entry["options"], f"{where}.options")
        normal = None
        if "normal" in entry:
            _check(entry["normal"], _NORMAL, f"{where}.normal")
            normal = NormalRange(**entry["normal"])
        plain = {key: entry[key] for key in ("question", "unit", "ucum", "minimum", "maximum") if key in entry}
        yield Target(entry["id"], entry["name"], kind, levels=levels, normal=normal, **plain)


def _levels(entries: list[Any], where: str) -> tuple[Level, ...]:
    for number, entry in enumerate(entries):
        _check(entry, _LEVEL, f"{where}[{number}]", required=("value", "code", "label"))
        picture = PurePosixPath(entry.get("picture", ""))
        if picture.is_absolute() or ".." in picture.parts:
            raise InputError(f"{where}[{number}]: the picture {str(picture)!r} must lie below the scale's folder")
    return tuple(Level(**entry) for entry in entries)


def _options(entries: list[Any], where: str) -> tuple[Level, ...]:
    for number, entry in enumerate(entries):
        _check(entry, _OPTION, f"{where}[{number}]", required=("code", "label"))
    return tuple(Level(value=number, **entry) for number, entry in enumerate(entries))


def _check(values: Any, known: Mapping[str, type], where: str, required: tuple[str, ...] = ()) -> None:
    if not isinstance(values, dict):
        raise InputError(f"{where} must be a mapping such as {{{', '.join(known)}}}, not {values!r}")
    if unknown := sorted(set(values) - set(known)):
        raise InputError(f"{where} has an unknown entry {', '.join(unknown)}; known are: {', '.join(known)}")
    if missing := [name for name in required if name not in values]:
        raise InputError(f"{where} lacks {', '.join(missing)}")
    for name, value in values.items():
        wanted = known[name]
        fits = isinstance(value, int | float if wanted is float else wanted) and not isinstance(value, bool)
        if not fits:
            raise InputError(f"{where}: {name} must be {_WORDS[wanted]}, not {value!r}")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice in one JSON object: JSON would silently keep the last."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} stands twice in one place")
    return dict(pairs)
