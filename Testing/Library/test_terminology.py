"""The terminology made from the anatomy table."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Side, Structure, StructureType
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.terminology import (
    FILE_NAME,
    SIDE_MODIFIERS,
    structure_of_codes,
    terminology_context,
    terminology_text,
    type_code,
)


def test_the_shipped_file_is_what_the_anatomy_table_makes() -> None:
    assert resource("Terminologies", FILE_NAME).read_text(encoding="utf-8") == terminology_text(), (
        "write it again: python -m MuscleMyopathyLib.terminology Resources/Terminologies"
    )


def test_every_structure_type_is_in_the_one_category_with_both_sides() -> None:
    (category,) = terminology_context()["SegmentationCodes"]["Category"]
    # SNOMED CT 85756007, Body tissue structure, is the category that DICOM's CID 7150 gives for tissues.
    assert (category["CodingSchemeDesignator"], category["CodeValue"]) == ("SCT", "85756007")
    assert [entry["CodeMeaning"].lower() for entry in category["Type"]] == [kind.name for kind in STRUCTURE_TYPES]
    for entry in category["Type"]:
        assert {m["CodeMeaning"]: m["CodeValue"] for m in entry["Modifier"]} == {
            "Right": "24028007",
            "Left": "7771000",
        }


@pytest.mark.parametrize("kind", STRUCTURE_TYPES, ids=lambda kind: kind.code)
@pytest.mark.parametrize("side", Side)
def test_codes_lead_back_to_the_structure(kind: StructureType, side: Side) -> None:
    code = type_code(kind)
    modifier = SIDE_MODIFIERS[side].value if side in SIDE_MODIFIERS else ""
    assert structure_of_codes(code.scheme, code.value, modifier) == Structure(kind.code, side)


def test_no_code_stands_for_two_structure_types() -> None:
    assert len({kind.coding for kind in STRUCTURE_TYPES}) == len(STRUCTURE_TYPES)


def test_a_foreign_code_is_no_structure() -> None:
    assert structure_of_codes("SCT", "22430", "") is None
