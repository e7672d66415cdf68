"""A running validation tells its figures so far, and ends with those of the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.study.classifier_validation import validate_models
from MuscleMyopathyLib.study.validation_so_far import SO_FAR, read_so_far

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install muscle-myopathy[learning]")


def test_the_figures_so_far_grow_and_end_as_the_results(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    groups = ["DM", "PM"] * 12
    table = pd.DataFrame({"case": [f"P{number}" for number in range(24)], "group": groups})
    for number in range(3):
        table[f"feature_{number}"] = rng.normal(size=24) + (table["group"] == "PM") * (number == 0)
    recipe = Recipe("small", classifiers=("LR", "LDA"), validation=ValidationParameters(folds=3, repeats=3))
    counts: list[int] = []

    def watch(fraction: float, text: str) -> None:
        so_far = read_so_far(tmp_path)
        counts.append(0 if so_far.empty else int(so_far["repeats"].sum()))

    results = validate_models(
        read_cohort(table, None, "group"), recipe, list(Mode), tmp_path, seed=1, progress=watch
    )
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert len(set(counts)) > 3
    so_far = read_so_far(tmp_path).set_index(["mode", "classifier"])
    for result in results:
        for name in recipe.classifiers:
            row = so_far.loc[(str(result.mode), name)]
            assert row["auc"] == pytest.approx(result.figure(name, "auc")["mean"])
            assert row["repeats"] == 3


def test_before_the_first_piece_there_is_no_figure(tmp_path: Path) -> None:
    assert read_so_far(tmp_path).empty


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / SO_FAR).write_bytes(b"")
    with pytest.raises(InputError, match="running validation"):
        read_so_far(tmp_path)
