"""Fusing regions and sequences, and structures that are suspiciously the same."""

from __future__ import annotations

import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.radiomics.feature_table import feature_columns, fused_table, same_values


def row(**values: object) -> dict[str, object]:
    keys = {
        "case": "P1",
        "reader": "R1",
        "session": 1,
        "sequence": "T1w",
        "region": "thigh",
        "structure": "MUSCLE",
        "side": "both",
        "voxel_count": 10,
        "grey_levels": 20,
        "problem": "",
        "warning": "",
    }
    return {**keys, **values}


def four_parts() -> pd.DataFrame:
    return pd.DataFrame(
        [
            row(region=region, sequence=sequence, original_firstorder_Mean=float(number))
            for number, (region, sequence) in enumerate(
                [("thigh", "T1w"), ("thigh", "water"), ("calf", "T1w"), ("calf", "water")]
            )
        ]
    )


def test_fused_columns_carry_region_and_sequence() -> None:
    fused = fused_table(four_parts())
    assert len(fused) == 1
    assert {name: fused.loc[0, name] for name in fused.columns if "Mean" in name} == {
        "thigh.T1w.original_firstorder_Mean": 0.0,
        "thigh.water.original_firstorder_Mean": 1.0,
        "calf.T1w.original_firstorder_Mean": 2.0,
        "calf.water.original_firstorder_Mean": 3.0,
    }


def test_tables_of_several_regions_are_fused_like_one() -> None:
    table = four_parts()
    parts = [part for _, part in table.groupby("region", sort=False)]
    pd.testing.assert_frame_equal(fused_table(parts), fused_table(table))


def test_a_fused_row_tells_the_problems_of_its_parts() -> None:
    table = four_parts()
    table.loc[2, "problem"] = "empty"
    table.loc[2, "original_firstorder_Mean"] = float("nan")
    assert fused_table(table).loc[0, "problem"] == "calf T1w: empty"


def test_readings_stay_rows_of_their_own() -> None:
    table = pd.concat([four_parts(), four_parts().assign(session=2)], ignore_index=True)
    assert fused_table(table)["session"].tolist() == [1, 2]


def test_a_row_that_occurs_twice_is_refused_by_its_name() -> None:
    table = four_parts()
    with pytest.raises(InputError, match="case P1, reader R1, session 1, sequence T1w, region thigh"):
        fused_table([table, table])


def test_keys_and_remarks_are_no_features() -> None:
    assert feature_columns(four_parts()) == ["original_firstorder_Mean"]


def test_two_structures_with_all_values_equal_are_suspicious() -> None:
    table = pd.DataFrame(
        [
            row(structure="RF", side="left", a=1.0, b=2.0),
            row(structure="VL", side="left", a=1.0, b=2.0),
            row(structure="VM", side="left", a=1.0, b=3.0),
        ]
    )
    notes = same_values(table)
    assert "equal those of VL left" in notes[0]
    assert "equal those of RF left" in notes[1]
    assert notes[2] == ""


def test_the_same_structure_read_alike_twice_is_not_suspicious() -> None:
    table = pd.DataFrame([row(session=1, a=1.0), row(session=2, a=1.0)])
    assert same_values(table) == ["", ""]


def test_structures_without_values_are_not_suspicious() -> None:
    nothing = float("nan")
    table = pd.DataFrame([row(structure="RF", a=nothing), row(structure="VL", a=nothing)])
    assert same_values(table) == ["", ""]
