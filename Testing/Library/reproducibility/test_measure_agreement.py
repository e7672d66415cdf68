"""Tests of the agreement of measures: ICC and Bland–Altman per structure, also on a real second reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
from MuscleMyopathyLib.qmri.measures import measure_structures
from MuscleMyopathyLib.reproducibility.bland_altman import bland_altman
from MuscleMyopathyLib.reproducibility.comparisons import AgreementKind, AgreementParameters
from MuscleMyopathyLib.reproducibility.measure_agreement import measure_agreement, measure_columns

INTER = AgreementParameters(AgreementKind.INTER)


def measures_of_two(cases: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    truth = rng.uniform(10, 60, cases)
    tables = [
        pd.DataFrame(
            {
                "case": [f"P{number}" for number in range(cases)],
                "reader": reader,
                "session": 1,
                "structure": "RF",
                "side": "left",
                "ff_mean_percent": truth + bias + rng.normal(0, 1, cases),
                "t2_mean_ms": truth + rng.normal(0, 2, cases),
                "ff_skewness": rng.normal(size=cases),
                "erosion_mm": 0.0,
            }
        )
        for reader, bias in (("A", 0.0), ("B", 2.0))
    ]
    return pd.concat(tables, ignore_index=True)


def test_bias_and_limits_are_those_of_the_two_readers_values() -> None:
    table = measures_of_two()
    found = measure_agreement(table, INTER).set_index("measure")
    assert found.index.tolist() == ["ff_mean_percent", "t2_mean_ms"]
    values = [table[table["reader"] == reader]["ff_mean_percent"] for reader in "AB"]
    expected = bland_altman(*values)
    row = found.loc["ff_mean_percent"]
    assert row["bias"] == expected.bias
    assert (row["lower_limit"], row["upper_limit"]) == (expected.lower_limit, expected.upper_limit)
    assert (row["bias_ci_low"], row["bias_ci_high"]) == expected.bias_ci
    assert row["bias_ci_low"] < -2 < row["bias_ci_high"]
    assert row["band"] == "almost perfect"


def test_three_readers_are_compared_pair_by_pair() -> None:
    table = measures_of_two()
    third = table[table["reader"] == "A"].assign(reader="C")
    found = measure_agreement(pd.concat([table, third]), INTER)
    pairs = found["comparison"].unique().tolist()
    assert pairs == ["A session 1 / B session 1", "A session 1 / C session 1", "B session 1 / C session 1"]


def test_a_structure_with_one_pair_only_keeps_its_row_with_the_reason() -> None:
    table = measures_of_two()
    rare = table[table["case"] == "P0"].assign(structure="TFL")
    found = measure_agreement(pd.concat([table, rare]), INTER)
    row = found[(found["structure"] == "TFL")].iloc[0]
    assert np.isnan(row["bias"])
    assert row["problem"] == "only one case has this feature in every reading"


def test_a_table_without_measures_is_refused() -> None:
    table = measures_of_two().drop(columns=["ff_mean_percent", "t2_mean_ms"])
    assert measure_columns(table) == []
    with pytest.raises(InputError, match="holds no measure"):
        measure_agreement(table, INTER)


def test_a_table_per_slice_is_refused_with_the_reason() -> None:
    table = measures_of_two()
    slices = pd.concat([table.assign(slice=number) for number in range(2)])
    with pytest.raises(InputError, match="one row per slice"):
        measure_agreement(slices, INTER)


def test_the_second_reading_of_a_real_patient_agrees_as_known(shared_data: Path) -> None:
    folder = shared_data / "huashan_thigh"
    water, fat = (sitk.ReadImage(str(folder / f"Thigh_002_{name}.nii.gz")) for name in ("water", "fat"))
    percent = fat_fraction(water, fat).percent
    scheme = read_label_scheme("huashan")
    tables = []
    readings = {
        "A": folder / "Thigh_002_labels.nii.gz",
        "B": shared_data / "labelmaps/Training_T2_THIGH_038_0003.nii.gz",
    }
    for reader, path in readings.items():
        measures = measure_structures(Segmentation(sitk.ReadImage(str(path)), scheme), percent).volume
        # One patient only: the muscles are the targets of the known figure (data/README.md).
        tables.append(measures.assign(reader=reader, session=1, case=measures["structure"], structure="muscle"))
    found = measure_agreement(pd.concat(tables), INTER).set_index("measure").loc["ff_mean_percent"]
    assert found["cases"] == 11
    assert found["icc"] == pytest.approx(0.999, abs=5e-4)
    assert abs(found["bias"]) < 1.0
