"""A validation on disk comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.validation.files import read_validation, write_validation
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.modeling.validation.validate import validate
from Testing.Library.modeling.synthetic_cohort import signal_table

RECIPE = Recipe("plain", classifiers=("LDA", "MLP"), validation=ValidationParameters(folds=3, repeats=2))


def test_every_table_and_word_survives_the_way_to_disk_and_back(tmp_path: Path) -> None:
    # Names that a spreadsheet would take for a formula, and classes and patients that look like numbers.
    table = signal_table({"+1": 12, "-1": 12}).rename(columns={"feature_0": "=feature"})
    table["case"] = [f"{number:03d}" for number in range(24)]
    data = replace(read_cohort(table, None, "group"), phantom=True)
    recipe = replace(RECIPE, validation=replace(RECIPE.validation, permutations=3))
    result = replace(validate(data, recipe, Mode.NESTED, seed=4), feature_set="TM thigh")
    write_validation(result, tmp_path / "out")
    again = read_validation(tmp_path / "out")
    for name in ("predictions", "scores", "summary", "confusion", "stability", "problems", "permutation"):
        pd.testing.assert_frame_equal(
            getattr(result, name), getattr(again, name), check_dtype=False, check_exact=True
        )
    for name in ("recipe", "mode", "classes", "data_note", "notes", "phantom", "feature_set", "seed"):
        assert getattr(result, name) == getattr(again, name)
    assert "'=feature" in (tmp_path / "out" / "stability.csv").read_text()


def test_a_folder_without_a_validation_or_with_a_damaged_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no validation"):
        read_validation(tmp_path)
    (tmp_path / "validation.json").write_text("{}")
    with pytest.raises(InputError, match="holds no validation"):
        read_validation(tmp_path)
