"""Validations piece by piece: resumed where they stopped, the same on Dask, several models of one recipe."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.recipe import FeatureSet, Recipe, read_recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, ReliableOnly, ZScore
from MuscleMyopathyLib.modeling.validation.files import read_validation
from MuscleMyopathyLib.modeling.validation.guards import LeakageError
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.modeling.validation.validate import validate
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.study.classifier_validation import models_of, validate_models
from Testing.Library.modeling.synthetic_cohort import signal_cohort

RECIPE = Recipe(
    "two classifiers",
    steps=(ZScore(), CappedBySize(5)),
    classifiers=("LDA", "k-NN"),
    validation=ValidationParameters(folds=3, repeats=4),
)


@pytest.fixture(scope="module")
def data() -> CohortData:
    return signal_cohort({"IMNM": 20, "LGMDR2": 16}, features=8)


def manifests(output: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (output / "work" / "cases").glob("*/case.json")}


def test_the_result_of_pieces_is_that_of_one_go_and_is_written(data: CohortData, tmp_path: Path) -> None:
    paper, nested = validate_models(data, RECIPE, list(Mode), tmp_path, seed=2)
    for result, mode in ((paper, Mode.PAPER), (nested, Mode.NESTED)):
        expected = validate(data, RECIPE, mode, seed=2)
        pd.testing.assert_frame_equal(
            result.predictions, expected.predictions, check_dtype=False, check_exact=True
        )
        pd.testing.assert_frame_equal(result.summary, expected.summary, check_exact=True)
        pd.testing.assert_frame_equal(result.stability, expected.stability, check_dtype=False)
        written = read_validation(tmp_path / str(mode))
        pd.testing.assert_frame_equal(written.summary, expected.summary, check_dtype=False, check_exact=True)
    gap = pd.read_csv(tmp_path / "optimism.csv")
    assert set(gap["classifier"]) == {"LDA", "k-NN"}
    assert set(pd.read_csv(tmp_path / "summary.csv")["mode"]) == {"paper", "nested"}


def test_a_stopped_run_goes_on_where_it_was(data: CohortData, tmp_path: Path) -> None:
    def stop(fraction: float, text: str) -> None:
        if text.startswith("2 of 4"):
            raise Cancelled

    with pytest.raises(Cancelled):
        validate_models(data, RECIPE, [Mode.NESTED], tmp_path, progress=stop)
    before = manifests(tmp_path)
    assert len(before) == 2
    (resumed,) = validate_models(data, RECIPE, [Mode.NESTED], tmp_path)
    after = manifests(tmp_path)
    assert len(after) == 4
    assert {path: after[path] for path in before} == before
    expected = validate(data, RECIPE, Mode.NESTED)
    pd.testing.assert_frame_equal(resumed.summary, expected.summary, check_exact=True)


def test_another_seed_or_another_value_is_not_resumed(data: CohortData, tmp_path: Path) -> None:
    validate_models(data, RECIPE, [Mode.NESTED], tmp_path)
    first = manifests(tmp_path)
    validate_models(data, RECIPE, [Mode.NESTED], tmp_path)
    assert manifests(tmp_path) == first
    changed = data.features.copy()
    changed.iloc[0, 0] += 1e-9
    validate_models(replace(data, features=changed), RECIPE, [Mode.NESTED], tmp_path)
    second = manifests(tmp_path)
    assert all(second[path] > first[path] for path in first)
    more = replace(RECIPE, validation=replace(RECIPE.validation, repeats=5))
    validate_models(replace(data, features=changed), more, [Mode.NESTED], tmp_path)
    third = manifests(tmp_path)
    assert {path: third[path] for path in second} == second
    assert len(third) == 5


def test_a_local_cluster_gives_the_same_result(data: CohortData, tmp_path: Path) -> None:
    (found,) = validate_models(data, RECIPE, [Mode.NESTED], tmp_path, workers=2)
    pd.testing.assert_frame_equal(found.summary, validate(data, RECIPE, Mode.NESTED).summary, check_exact=True)


def test_each_model_of_a_recipe_has_its_features_steps_and_folder(tmp_path: Path) -> None:
    data = signal_cohort({"IMNM": 20, "LGMDR2": 16}, features=4)
    names = ["thigh.T1w.mean", "thigh.T1w.entropy", "thigh.mercuri.RF", "thigh.mercuri.VL"]
    data = replace(data, features=data.features.set_axis(names, axis="columns"))
    recipe = replace(
        RECIPE,
        classifiers=("LDA",),
        feature_sets=(
            FeatureSet("TM thigh", ("thigh.T1w.*",)),
            FeatureSet("Mercuri thigh", ("thigh.mercuri.*",), (ZScore(),)),
            FeatureSet("WM thigh", ("thigh.water.*",)),
        ),
    )
    tm, mercuri = validate_models(data, recipe, [Mode.NESTED], tmp_path)
    assert (tm.feature_set, mercuri.feature_set) == ("TM thigh", "Mercuri thigh")
    assert set(tm.stability["feature"]) <= set(names[:2])
    assert mercuri.recipe.steps == (ZScore(),)
    assert read_validation(tmp_path / "Mercuri-thigh" / "nested").feature_set == "Mercuri thigh"


def test_a_table_without_any_of_a_recipes_features_is_refused(data: CohortData) -> None:
    with pytest.raises(InputError, match=r"none of the features of the recipe wei2023.*calf\.T1w"):
        models_of(data, read_recipe("wei2023"), [Mode.NESTED])


def test_an_icc_table_of_test_cases_is_refused_before_any_work(data: CohortData, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=(ReliableOnly(), ZScore()))
    icc = pd.DataFrame({"feature": data.features.columns, "icc": np.linspace(0.7, 0.95, 8)})
    with pytest.raises(LeakageError):
        validate_models(data, recipe, list(Mode), tmp_path, icc=ReproducibilityTable(icc=icc))
    assert not manifests(tmp_path)


def test_an_error_in_the_work_is_told_and_not_lost(data: CohortData, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=(ReliableOnly(), ZScore()))
    icc = ReproducibilityTable(icc=pd.DataFrame({"feature": ["feature_0"], "icc": [0.2]}), of_others=True)
    with pytest.raises(Exception, match=r"4 of 4 pieces of work failed.*No feature reaches an ICC of 0\.8"):
        validate_models(data, recipe, [Mode.NESTED], tmp_path, icc=icc)


def test_the_finished_pieces_hold_no_names_of_patients(data: CohortData, tmp_path: Path) -> None:
    validate_models(data, RECIPE, [Mode.NESTED], tmp_path)
    finished = manifests(tmp_path)
    assert finished
    for path in finished:
        assert "patient-0" not in json.dumps(json.loads(path.read_text()))
        assert "patient-0" not in (path.parent / "predictions.csv").read_text()
