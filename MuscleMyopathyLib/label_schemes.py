"""Which number in a label image means which structure: schemes shipped as JSON, and ITK-SNAP label files.

>>> scheme = read_label_scheme("huashan")
>>> scheme[2]
Structure(code='RF', side=<Side.BOTH: 'both'>)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Side, Structure, structure_type
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.resources import resource

LabelScheme = Mapping[int, Structure]
"""From the number in the label image to the structure; numbers that are not in it are background."""

OWN_SCHEME = "muscle-myopathy"


def own_scheme() -> dict[int, Structure]:
    """Return this extension's own numbering: every structure undivided/left as in anatomy.py, right + 100."""
    return {
        structure.label: structure
        for kind in STRUCTURE_TYPES
        for structure in (Structure(kind.code, Side.LEFT), Structure(kind.code, Side.RIGHT))
    }


def read_label_scheme(name_or_path: str | Path) -> dict[int, Structure]:
    """Read a shipped scheme by name, or a user's ``.json`` or ITK-SNAP ``.txt``/``.label`` file by path.

    Args:
        name_or_path: ``muscle-myopathy``, ``huashan``, ``qmritools-thigh``, ``qmritools-calf``, or a file. A JSON
            file holds ``{"name": …, "source": …, "labels": {"1": "RF_left", "2": "VL", …}}``.

    Raises:
        InputError: No such scheme or file, or the file cannot be read as a scheme.
    """
    if str(name_or_path) == OWN_SCHEME:
        return own_scheme()
    path = Path(name_or_path)
    if not path.suffix:
        path = resource("LabelSchemes", f"{name_or_path}.json")
    if not path.is_file():
        raise InputError(f"There is no label scheme file {path}.")
    if path.suffix.lower() in (".txt", ".label", ".lbl"):
        return read_itksnap_labels(path)
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))["labels"]
        return {int(label): Structure.parse(identifier) for label, identifier in labels.items()}
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError, ParameterError) as error:
        raise InputError(
            f"{path} is not a label scheme ({error}). "
            'Expected JSON like {"labels": {"1": "RF_left", "2": "RF_right"}}.'
        ) from error


_ITKSNAP_LINE = re.compile(r'^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+[01]\s+[01]\s+"(.*)"\s*$')


def read_itksnap_labels(path: Path) -> dict[int, Structure]:
    """Read an ITK-SNAP label description file; its label texts are understood as names or codes.

    ``"rectus femoris left"``, ``"Left Rectus Femoris"``, ``"RF_left"``, ``"RF L"`` and ``"RF"`` all work; the
    label 0 ("Clear Label") is background.

    Raises:
        InputError: A line cannot be read, or a label's text names no known structure.
    """
    scheme: dict[int, Structure] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ITKSNAP_LINE.match(line)
        if match is None:
            raise InputError(f"{path}, line {number} is not an ITK-SNAP label description: {line.strip()!r}.")
        label, text = int(match[1]), match[6]
        if label == 0:
            continue
        try:
            scheme[label] = structure_from_text(text)
        except ParameterError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
    return scheme


def write_itksnap_labels(scheme: LabelScheme, path: Path) -> None:
    """Write a scheme as an ITK-SNAP label description file that `read_itksnap_labels` reads back."""
    lines = ["# ITK-SnAP Label Description File", '    0     0    0    0        0  0  0    "Clear Label"']
    for label, structure in sorted(scheme.items()):
        red, green, blue = structure.type.color
        lines.append(f'{label:5d} {red:5d} {green:4d} {blue:4d}        1  1  1    "{structure.name}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_SIDE_WORDS = {"left": Side.LEFT, "l": Side.LEFT, "right": Side.RIGHT, "r": Side.RIGHT, "both": Side.BOTH}


def structure_from_text(text: str) -> Structure:
    """Understand a segment's or label's free name: a code or English name, with or without a side.

    >>> structure_from_text("Left Rectus Femoris").identifier
    'RF_left'

    Raises:
        ParameterError: The text names no known structure.
    """
    words = [word for word in re.split(r"[\s_,;.()\-]+", text.strip()) if word]
    sides = [word for word in words if word.lower() in _SIDE_WORDS]
    rest = [word.lower() for word in words if word.lower() not in _SIDE_WORDS]
    side = _SIDE_WORDS[sides[0].lower()] if sides else Side.BOTH
    for kind in STRUCTURE_TYPES:
        name = re.split(r"[\s,]+", kind.name)
        if rest in ([kind.code.lower()], name):
            return Structure(structure_type(kind.code).code, side)
    raise ParameterError(
        f"{text!r} names no structure that this extension knows. "
        "Use a code such as RF or a name such as 'rectus femoris left'."
    )
