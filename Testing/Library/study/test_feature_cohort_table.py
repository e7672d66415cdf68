"""The cohort's table: no row twice, nothing mixed, nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.study.feature_cohort_table import add_to_cohort_table, read_feature_table

PROVENANCE = {"preset": "few", "preset_sha256": "a" * 64}


def features(case: str, mean: float = 1 / 3, **more: Any) -> pd.DataFrame:
    """Return a feature table of one case, two structures, of which the second could not be measured."""
    keys = {"case": case, "reader": "R1", "session": 1, "sequence": "T1w", "region": "thigh", "side": "left"}
    rows = [
        {**keys, "structure": "RF", "voxel_count": 120, "grey_levels": 31, "problem": "", "warning": ""},
        {**keys, "structure": "VL", "voxel_count": 0, "grey_levels": pd.NA, "problem": "empty", "warning": ""},
    ]
    table = pd.DataFrame(rows).astype({"grey_levels": "Int64"})
    return table.assign(original_firstorder_Mean=[mean, float("nan")], **more)


def test_cases_are_added_one_after_another_with_all_digits(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    add_to_cohort_table(features("NA"), PROVENANCE, path)
    done = add_to_cohort_table(features("P-2", 0.1 + 0.2), PROVENANCE, path)
    assert (done.added, done.replaced, done.unchanged) == (2, 0, 0)
    table = read_feature_table(path)
    assert table["case"].tolist() == ["NA", "NA", "P-2", "P-2"]
    assert table["original_firstorder_Mean"].dropna().tolist() == [1 / 3, 0.1 + 0.2]


def test_a_case_added_twice_is_there_once_and_the_file_is_untouched(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    add_to_cohort_table(features("P-1"), PROVENANCE, path)
    before = path.stat().st_mtime_ns
    done = add_to_cohort_table(features("P-1"), PROVENANCE, path)
    assert (done.added, done.replaced, done.unchanged) == (0, 0, 2)
    assert path.stat().st_mtime_ns == before


def test_a_case_measured_anew_replaces_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    for mean in (1.0, 2.0):
        done = add_to_cohort_table(features("P-1", mean), PROVENANCE, path)
    assert (done.added, done.replaced, done.unchanged) == (0, 1, 1)
    assert sorted(read_feature_table(path)["structure"]) == ["RF", "VL"]
    assert read_feature_table(path)["original_firstorder_Mean"].max() == 2.0


@pytest.mark.parametrize(
    ("table", "provenance", "words"),
    [
        (features("P-2"), {**PROVENANCE, "preset_sha256": "b" * 64}, "not comparable"),
        (features("P-2", original_firstorder_Energy=[1.0, 2.0]), PROVENANCE, "original_firstorder_Energy"),
    ],
    ids=["other settings", "other features"],
)
def test_what_does_not_belong_into_the_table_is_refused(
    tmp_path: Path, table: pd.DataFrame, provenance: dict[str, Any], words: str
) -> None:
    path = tmp_path / "cohort.csv"
    add_to_cohort_table(features("P-1"), PROVENANCE, path)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(InputError, match=words):
        add_to_cohort_table(table, provenance, path)
    assert path.read_text(encoding="utf-8") == before
