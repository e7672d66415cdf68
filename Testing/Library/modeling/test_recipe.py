"""Recipes: the shipped ones are the papers', and mistakes in one's own are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.recipe import RECIPES, read_recipe, recipe_from_mapping, recipe_to_mapping
from MuscleMyopathyLib.modeling.selection.parameters import (
    Correlation,
    ForwardSelection,
    Lasso,
    ReliableOnly,
    Uncorrelated,
    Univariate,
    ZScore,
)
from MuscleMyopathyLib.modeling.validation.parameters import Scheme


def test_nagawas_recipe_is_that_of_the_paper() -> None:
    recipe = read_recipe("nagawa2021")
    # Sci Rep 2021;11:9821, "Dimensional reduction" and "Feature selection and ML-based classification".
    assert recipe.steps == (
        ZScore(),
        ReliableOnly(0.8),
        Uncorrelated(Correlation.PEARSON, 0.7, inclusive=True),
        Univariate(0.05),
        ForwardSelection(3, 4, 12.0, 5),
    )
    assert recipe.classifiers == ("LDA", "QDA", "SVM", "k-NN", "RF", "MLP")
    assert (recipe.validation.scheme, recipe.validation.folds, recipe.validation.repeats) == (
        Scheme.REPEATED_K_FOLD,
        10,
        100,
    )


def test_weis_recipe_is_that_of_the_paper_with_its_twelve_models() -> None:
    recipe = read_recipe("wei2023")
    # Front Neurol 2023;14:1251025, 2.5 and 2.6.
    assert recipe.steps == (
        ZScore(),
        ReliableOnly(0.81),
        Univariate(0.05),
        Uncorrelated(Correlation.SPEARMAN, 0.9, inclusive=False),
        Lasso(10),
    )
    assert recipe.classifiers == ("LR", "k-NN", "RF", "XGBoost")
    assert (recipe.validation.scheme, recipe.validation.test_share) == (Scheme.SPLIT, 0.3)
    assert [one.name for one in recipe.feature_sets] == [
        f"{model} {region}"
        for model in ("TM", "WM", "CM", "Mercuri")
        for region in ("calf", "thigh", "calf + thigh")
    ]
    mercuri = recipe.for_feature_set(recipe.feature_sets[-1])
    assert mercuri.steps == (ZScore(),)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_the_way_to_plain_values_and_back(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe_from_mapping(recipe_to_mapping(recipe)) == recipe
    assert not recipe.without_icc().needs_icc


def test_a_users_recipe_is_read_from_yaml_and_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("steps: [z-score, {univariate: {p: 0.01}}]\nclassifiers: [LDA]\nvalidation: {folds: 5}\n")
    recipe = read_recipe(path)
    assert recipe.name == "mine"
    assert recipe.steps == (ZScore(), Univariate(0.01))
    assert recipe.validation.folds == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("classifiers: [LDA, KNN]", "KNN.*k-NN"),
        ("classifiers: []", "no classifier"),
        ("steps: [pca]", "no selection step 'pca'.*lasso"),
        ("steps: [{univariate: {alpha: 0.05}}]", "no parameter alpha.*p"),
        ("steps: [{univariate: {p: 5}}]", "p = 5"),
        ("steps: [{forward: {}}, z-score]", "stands last"),
        ("steps: [{forward: {fewest: 5, most: 4}}]", "most = 4"),
        ("validation: {scheme: bootstrap}", "leave-one-centre-out"),
        ("validation: {folds: 1}", "folds = 1"),
        ("surprise: 1", "no parameter surprise"),
    ],
)
def test_a_mistake_in_a_recipe_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=words):
        read_recipe(path)


def test_an_unknown_recipe_lists_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nagawa2021\.yaml"):
        read_recipe("nagawa2022")
    with pytest.raises(InputError, match="nagawa2021"):
        read_recipe(tmp_path / "none.yaml")


def test_nagawas_original_and_lbp_features_are_two_models_and_any_other_table_is_one() -> None:
    recipe = read_recipe("nagawa2021")
    # His Tables 3 and 4.
    both = ["thigh.STIR.original_glcm_Idm", "thigh.STIR.lbp-2D_firstorder_Mean"]
    assert [one.name for one in recipe.sets_of(both)] == ["original", "LBP"]
    assert [one.name for one in recipe.sets_of(both[:1])] == ["original"]
    (other,) = recipe.sets_of(["t2_median_ms", "ff_mean_percent"])
    assert (other.name, other.columns) == ("", ("*",))
    assert read_recipe("recommended").sets_of(both) == ()
    with pytest.raises(InputError, match="none of the features of the recipe wei2023"):
        read_recipe("wei2023").sets_of(["t2_median_ms"])
