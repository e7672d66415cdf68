"""A model package on disk: ``name.mmyo``, a zip of ``card.json`` and ``model.skops`` and nothing else.

``card.json`` holds the card, its SHA-256 and that of the model, so that neither is changed or exchanged unnoticed.
(These checksums find mistakes; they are no signature, and anybody who makes a package can make them.) Nothing is
unpacked to disk, and nothing is made of the model before `trust` has seen every type in it.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.package.card import ModelCard, card_from_mapping, card_to_mapping, digest
from MuscleMyopathyLib.modeling.package.trust import dump_model, load_trusted
from MuscleMyopathyLib.output import replacing
from MuscleMyopathyLib.resources import resource

SUFFIX = ".mmyo"
CARD = "card.json"
MODEL = "model.skops"
LARGEST_CARD = 4 * 2**20
LARGEST_MODEL = 64 * 2**20
_TIME = (1980, 1, 1, 0, 0, 0)
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


@dataclass(frozen=True)
class ModelPackage:
    """A model and its card.

    Attributes:
        card: The card.
        model: Takes the card's features in their order and gives probabilities; a fitted scikit-learn estimator.
    """

    card: ModelCard
    model: Any


def save_model(model: Any, card: ModelCard, path: Path) -> None:
    """Write a package, whole or not at all; the same model and card give the same bytes.

    Raises:
        InputError: The model holds types that no package may hold.
        OutputError: It cannot be written.
    """
    content = dump_model(model)
    plain = card_to_mapping(card)
    record = {"card": plain, "card_sha256": _card_digest(plain), "model_sha256": digest(content)}
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((CARD, text.encode()), (MODEL, content)):
            member = zipfile.ZipInfo(name, _TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)


def load_model(path: Path) -> ModelPackage:
    """Read a package.

    Raises:
        InputError: It is no package, is damaged or changed, or holds something that a package may not hold; the
            reason says what.
        MissingPackageError: scikit-learn or skops is not installed.
    """
    card, content = _read(path)
    return ModelPackage(card, load_trusted(content, path.name))


def read_card(path: Path) -> ModelCard:
    """Return the card of a package whose members and checksums are checked; the model is not made.

    Raises:
        InputError: As `load_model`.
    """
    return _read(path)[0]


def find_model(name_or_path: str | Path) -> Path:
    """Return the file of a package: the path itself, or that of a shipped one by its name, with or without suffix.

    Raises:
        InputError: There is neither; the shipped ones are listed.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    if len(path.parts) > 1:
        raise InputError(f"There is no model package {path}.")
    name = path.name if path.suffix == SUFFIX else f"{path.name}{SUFFIX}"
    shipped = resource("Models")
    if not (shipped / name).is_file():
        there = ", ".join(sorted(one.stem for one in shipped.glob(f"*{SUFFIX}")))
        raise InputError(f"There is no model package {path}, neither a file nor a shipped one ({there}).")
    return shipped / name


def _read(path: Path) -> tuple[ModelCard, bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}).") from error
    name = path.name
    if content[:1] == b"\x80":
        raise _refused(name, "it is a pickle, which could run any program when it is loaded")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive, name)
            card_bytes = _member(archive, CARD, LARGEST_CARD)
            model_bytes = _member(archive, MODEL, LARGEST_MODEL)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _refused(name, f"it is no zip archive, or a damaged or incomplete one ({error})") from error
    return _checked_card(card_bytes, model_bytes, name), model_bytes


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    for one in names:
        if _leaves(one):
            raise _refused(name, f"it holds a path that leaves the archive ({one!r})")
        if one.lower().endswith(_PICKLES):
            raise _refused(name, f"it holds a pickle ({one!r}), which could run any program when it is loaded")
    extra = sorted(set(names) - {CARD, MODEL})
    if extra:
        raise _refused(name, f"it holds {extra[0]!r}; a package holds {CARD} and {MODEL} and nothing else")
    missing = [one for one in (CARD, MODEL) if one not in names]
    if missing:
        raise _refused(name, f"it lacks {' and '.join(missing)}")
    if len(names) > len(set(names)):
        raise _refused(name, "it holds a file twice")
    for member in members:
        if member.flag_bits & 1:
            raise _refused(name, f"{member.filename} is encrypted")
        largest = LARGEST_CARD if member.filename == CARD else LARGEST_MODEL
        if member.file_size > largest:
            size = f"{member.file_size / 2**20:.0f} MiB"
            raise _refused(name, f"{member.filename} unpacks to {size}, more than {largest // 2**20} MiB")


def _leaves(member: str) -> bool:
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(member)
        if path.is_absolute() or path.drive or ".." in path.parts:
            return True
    return False


def _member(archive: zipfile.ZipFile, member: str, largest: int) -> bytes:
    with archive.open(member) as file:
        # A header may state another size than it unpacks to.
        content = file.read(largest + 1)
    if len(content) > largest:
        raise InputError(f"{member} unpacks to more than {largest // 2**20} MiB.")
    return content


def _checked_card(card_bytes: bytes, model_bytes: bytes, name: str) -> ModelCard:
    try:
        record = json.loads(card_bytes.decode())
    except (ValueError, RecursionError) as error:
        raise _refused(name, f"its card is no JSON ({error})") from error
    if not isinstance(record, Mapping) or not {"card", "card_sha256", "model_sha256"} <= set(record):
        raise _refused(name, "its card lacks the checksums")
    if not isinstance(record["card"], Mapping) or _card_digest(record["card"]) != record["card_sha256"]:
        raise _refused(name, "its card was changed after the model was saved: the card's checksum is another")
    if digest(model_bytes) != record["model_sha256"]:
        raise _refused(name, "its model is not the one that the card is about: the model's checksum is another")
    return card_from_mapping(record["card"])


def _card_digest(plain: Mapping[str, Any]) -> str:
    return digest(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode())


def _refused(name: str, reason: str) -> InputError:
    return InputError(f"The model package {name} is refused: {reason}. Get it anew from where it was made.")
