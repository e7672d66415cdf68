"""Tests of writing results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import OutputError
from MuscleMyopathyLib.output import replacing, require_writable, write_json, write_table


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "measures.csv"
    path.write_text("old")

    def interrupted() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        interrupted()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_keeps_the_suffixes_by_which_writers_choose_the_format(tmp_path: Path) -> None:
    with replacing(tmp_path / "map.nii.gz") as temporary:
        assert temporary.name.endswith(".nii.gz")
        temporary.touch()
    assert (tmp_path / "map.nii.gz").exists()


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="Choose another output folder"):
        require_writable(tmp_path / "taken" / "results")


def test_require_writable_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    require_writable(tmp_path / "new" / "results")
    assert list((tmp_path / "new" / "results").iterdir()) == []


def test_a_cell_cannot_start_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_table(pd.DataFrame({"case": ["=1+2", "@x", "P-017"], "ff_mean_percent": [-1.5, np.nan, 0.1]}), path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "case,ff_mean_percent",
        "'=1+2,-1.5",
        "'@x,",
        "P-017,0.1",
    ]


def test_numbers_keep_all_their_digits_in_a_table(tmp_path: Path) -> None:
    values = np.random.default_rng(1).random(50)
    write_table(pd.DataFrame({"x": values}), tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv")["x"].to_numpy()
    np.testing.assert_array_equal(back, values)


def test_json_refuses_nan_because_no_reader_would_take_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json({"x": float("nan")}, tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []
