"""Tables of a classifier from disk: names stay texts, preset and phantom come along, readings give an ICC."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.validation.splits import with_external
from MuscleMyopathyLib.study.classifier_inputs import (
    CohortFiles,
    read_any_table,
    read_cohort_files,
    read_external,
    read_reproducibility,
)


def write_features(folder: Path, cases: int = 12) -> Path:
    """Write a feature table: reader A twice and B once; contrast is read alike by all, busyness by nobody."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(cases, 2))
    rows = []
    for reader, session in (("A", 1), ("A", 2), ("B", 1)):
        for number in range(cases):
            rows.append(
                {
                    "case": f"{number:03d}",
                    "reader": reader,
                    "session": session,
                    "sequence": "STIR",
                    "region": "thigh",
                    "structure": "muscles",
                    "side": "both",
                    "voxel_count": 900,
                    "grey_levels": 40,
                    "problem": "",
                    "warning": "",
                    "original_glcm_Contrast": truth[number, 0] + 0.01 * rng.normal(),
                    "original_ngtdm_Busyness": rng.normal(),
                }
            )
    path = folder / "features.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    path.with_suffix(".json").write_text(
        json.dumps({"preset": "nagawa2021", "preset_sha256": "ab", "phantom": True})
    )
    pd.DataFrame(
        {"participant_id": [f"sub-{n:03d}" for n in range(cases)], "group": ["PM", "DM", "n/a"] * (cases // 3)}
    ).to_csv(folder / "participants.tsv", sep="\t", index=False)
    return path


def test_features_of_one_reading_and_outcomes_of_participants_tsv_become_a_cohort(tmp_path: Path) -> None:
    table = write_features(tmp_path)
    files = CohortFiles(table, "group", tmp_path / "participants.tsv", leave_out=("",), reading=("A", 1))
    data = read_cohort_files(files)
    assert data.patients.tolist()[:3] == ["000", "001", "003"]
    assert data.class_counts == {"DM": 4, "PM": 4}
    assert (data.preset, data.preset_sha256, data.phantom) == ("nagawa2021", "ab", True)
    assert list(data.features.columns) == [
        "thigh.STIR.original_glcm_Contrast",
        "thigh.STIR.original_ngtdm_Busyness",
    ]


def test_all_readings_are_rows_of_their_patients(tmp_path: Path) -> None:
    table = write_features(tmp_path)
    data = read_cohort_files(CohortFiles(table, "group", tmp_path / "participants.tsv", leave_out=("",)))
    assert len(data.features) == 24
    assert sum(data.class_counts.values()) == 8


def test_a_reading_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    table = write_features(tmp_path)
    with pytest.raises(InputError, match=r"no reading C:1\. There are: A:1, A:2, B:1"):
        read_cohort_files(CohortFiles(table, "group", tmp_path / "participants.tsv", reading=("C", 1)))


def test_a_plain_table_of_a_users_own_measures_is_a_cohort(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    pd.DataFrame({"case": ["007", "008"] * 2, "rf": [0, 2, 1, 3], "group": ["x", "y"] * 2}).to_csv(
        path, index=False
    )
    data = read_cohort_files(CohortFiles(path, "group"))
    assert data.patients.tolist() == ["007", "008"] * 2
    assert list(data.features.columns) == ["rf"]


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("case,group\n")
    for name in ("empty.csv", "header.csv", "none.csv"):
        with pytest.raises(InputError, match=name):
            read_any_table(tmp_path / name)


def test_readings_give_the_icc_that_the_agreement_command_would(tmp_path: Path) -> None:
    table = read_reproducibility(None, [write_features(tmp_path)])
    assert table is not None
    icc = table.for_patients([f"{number:03d}" for number in range(12)])
    assert icc["thigh.STIR.original_glcm_Contrast"] > 0.99
    assert icc["thigh.STIR.original_ngtdm_Busyness"] < 0.7
    few = table.for_patients(["000", "001", "002"])
    assert few["thigh.STIR.original_glcm_Contrast"] != icc["thigh.STIR.original_glcm_Contrast"]


def test_an_icc_table_and_readings_together_are_refused(tmp_path: Path) -> None:
    path = write_features(tmp_path)
    with pytest.raises(InputError, match="either"):
        read_reproducibility(path, [path])
    assert read_reproducibility(None, []) is None


def a_plain_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": ["Müller", "007", "c", "d", "e", "f"],
            "t2 (ms)": [35.25, 44.5, 36.0, 47.125, 39.0, 41.0],
            "score": [0, 1, 2, 1, 0, 3],
            "group": ["DM", "PM"] * 3,
        }
    )


@pytest.mark.parametrize(
    ("name", "separator", "decimal"),
    [("a.csv", ";", ","), ("a.csv", ";", "."), ("a.txt", "\t", ","), ("a.csv", ",", ".")],
)
def test_a_spreadsheets_table_is_read_with_its_own_separator_and_decimal_sign(
    tmp_path: Path, name: str, separator: str, decimal: str
) -> None:
    path = tmp_path / name
    a_plain_table().to_csv(path, sep=separator, decimal=decimal, index=False, encoding="utf-8-sig")
    data = read_cohort_files(CohortFiles(path, "group"))
    assert data.features["t2 (ms)"].tolist() == [35.25, 44.5, 36.0, 47.125, 39.0, 41.0]
    assert data.patients.tolist()[:2] == ["Müller", "007"]


def test_a_table_with_points_and_commas_in_its_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("case;t2;group\na;35,5;DM\nb;44.5;PM\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"comma \(35,5\) and with a point \(44.5\)"):
        read_any_table(path)


def test_a_workbook_and_another_encoding_say_how_to_save_the_table(tmp_path: Path) -> None:
    workbook, latin = tmp_path / "cohort.xlsx", tmp_path / "cohort.csv"
    workbook.write_bytes(b"PK\x03\x04rest")
    a_plain_table().to_csv(latin, index=False, encoding="cp1252")
    with pytest.raises(InputError, match="is a workbook"):
        read_any_table(workbook)
    with pytest.raises(InputError, match="not written in UTF-8"):
        read_any_table(latin)


def test_an_external_cohort_keeps_a_feature_that_is_constant_in_it(tmp_path: Path) -> None:
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    a_plain_table().to_csv(here, index=False)
    a_plain_table().assign(score=0, case=list("ghijkl")).to_csv(there, index=False)
    files = CohortFiles(here, "group")
    data = read_cohort_files(files)
    other = read_external(files, data, there, None)
    assert list(other.features.columns) == ["t2 (ms)", "score"]
    assert len(with_external(data, other).features) == 12
