"""The terminology that Slicer shows for segments, made from the anatomy table.

Slicer reads a JSON context of categories, types and modifiers (schema of DCMQI's segment context). Ours has one
category, Tissue, whose types are the muscles, compartments and bones of `anatomy`, each with the modifiers Right
and Left. The shipped file is what this module makes; write it again after a change of the table with

    python -m MuscleMyopathyLib.terminology Resources/Terminologies
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Side, Structure, StructureType

CONTEXT_NAME = "Segmentation category and type - Muscle Myopathy"
FILE_NAME = "SegmentationCategoryTypeModifier-MuscleMyopathy.term.json"
SCHEMA = "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/schemas/segment-context-schema.json#"


@dataclass(frozen=True)
class Code:
    """A coded concept as DICOM writes it: coding scheme designator, code value, code meaning."""

    scheme: str
    value: str
    meaning: str

    def as_json(self) -> dict[str, str]:
        """Return the concept under DICOM's attribute names."""
        return {
            "CodingSchemeDesignator": self.scheme,
            "CodeValue": self.value,
            "CodeMeaning": self.meaning,
        }


TISSUE = Code("SCT", "85756007", "Tissue")
SIDE_MODIFIERS = {
    Side.RIGHT: Code("SCT", "24028007", "Right"),
    Side.LEFT: Code("SCT", "7771000", "Left"),
}


def type_code(kind: StructureType) -> Code:
    """Return the coded concept of a structure type; its meaning is the English name, capitalised."""
    scheme, value = kind.coding
    return Code(scheme, value, kind.name[0].upper() + kind.name[1:])


def structure_of_codes(scheme: str, value: str, side_value: str) -> Structure | None:
    """Return the structure of a coded type and a side modifier, or None where the table has no such type.

    Args:
        scheme: Coding scheme of the type, e.g. ``FMA``.
        value: Code value of the type, e.g. ``22430``.
        side_value: SNOMED CT code of the laterality; anything but Right and Left, and the empty text, means
            undivided.
    """
    for kind in STRUCTURE_TYPES:
        if kind.coding == (scheme, value):
            sides = {modifier.value: side for side, modifier in SIDE_MODIFIERS.items()}
            return Structure(kind.code, sides.get(side_value, Side.BOTH))
    return None


def terminology_context() -> dict[str, Any]:
    """Return the context as Slicer's terminologies logic reads it."""
    types = []
    for kind in STRUCTURE_TYPES:
        color = list(kind.color)
        modifiers = [
            {"recommendedDisplayRGBValue": color, **modifier.as_json()} for modifier in SIDE_MODIFIERS.values()
        ]
        types.append({"recommendedDisplayRGBValue": color, "Modifier": modifiers, **type_code(kind).as_json()})
    return {
        "SegmentationCategoryTypeContextName": CONTEXT_NAME,
        "@schema": SCHEMA,
        "SegmentationCodes": {"Category": [{"showAnatomy": False, **TISSUE.as_json(), "Type": types}]},
    }


def terminology_text() -> str:
    """Return the text of the shipped file."""
    return json.dumps(terminology_context(), indent=2) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / FILE_NAME).write_text(terminology_text(), encoding="utf-8")
