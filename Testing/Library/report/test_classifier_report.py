"""Tests of the report of a validation and of a comparison."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.bootstrap import BootstrapParameters
from MuscleMyopathyLib.modeling.comparison.models import ModelComparison, compare_pairs, split_scores
from MuscleMyopathyLib.modeling.comparison.patient_predictions import patient_predictions
from MuscleMyopathyLib.modeling.group_table import GroupTableParameters, group_table
from MuscleMyopathyLib.modeling.recipe import read_recipe
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.report.classifier import render_classifier_report, write_classifier_report
from MuscleMyopathyLib.report.classifier_comparison import write_comparison_report
from MuscleMyopathyLib.report.classifier_group_table import write_group_table
from MuscleMyopathyLib.report.classifier_page import p_text
from MuscleMyopathyLib.report.classifier_words import recipe_statements, step_words
from Testing.Library.modeling.small_validations import feature_sets, three_classes, two_classes

BOTH = [three_classes(Mode.PAPER), three_classes(Mode.NESTED)]


def words(page: str) -> str:
    """Return the page's text, without tags and with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S)).split())


@pytest.fixture(scope="module")
def page() -> str:
    return render_classifier_report(BOTH)


def a_comparison() -> list[ModelComparison]:
    result = three_classes(Mode.NESTED)
    pair = [patient_predictions(result.predictions, name, result.classes) for name in ("LDA", "k-NN")]
    return compare_pairs(
        [(pair[0], pair[1])],
        BootstrapParameters(100),
        lambda one, two: (split_scores(result.predictions, one), split_scores(result.predictions, two)),
    )


def test_both_modes_and_their_gap_stand_on_the_page(page: str) -> None:
    text = words(page)
    assert "Nested mode, highest AUC" in text
    assert "Paper mode, highest AUC" in text
    assert "Optimistic: the patients tested have helped to choose the features." in text
    assert "Paper against nested mode" in text


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"<script|https?://|\bon\w+=|url\(", page)


def test_the_phantom_is_marked_at_the_head_in_the_title_in_print_and_at_the_foot(page: str) -> None:
    assert page.count("Never evidence about patients") >= 2
    assert "(digital phantom)</title>" in page
    assert "Digital phantom, no patient" in page
    patients = render_classifier_report([two_classes(Mode.NESTED)])
    assert "phantom" not in words(patients).lower()


def test_cohort_imbalance_recipe_and_seed_are_told(page: str) -> None:
    text = words(page)
    assert "55 patients (19 PM, 22 DM, 14 ADM) and 12 features." in text
    assert "Who always says DM is right in 40 % of the patients." in text
    assert "The classes are not balanced" in text
    assert "Stratified 5-fold cross-validation by patient, 3 times." in text
    assert re.search(r"seed 3\b", text)


def test_the_scores_on_the_page_are_those_of_the_result(page: str) -> None:
    auc = three_classes(Mode.NESTED).figure("LDA", "auc")
    assert f"{auc['mean']:.3f} ± {auc['sd']:.3f}" in words(page)


def test_a_permutation_test_is_shown_where_there_is_one(page: str) -> None:
    text = words(render_classifier_report([two_classes(Mode.NESTED)]))
    row = two_classes(Mode.NESTED).permutation.iloc[0]
    assert "Better than chance?" in text
    assert f"{row['null_mean']:.3f} ± {row['null_sd']:.3f}" in text
    assert "Better than chance?" not in words(page)


def test_the_choice_of_the_optimal_classifier_on_the_test_set_is_said_of_a_split() -> None:
    text = words(render_classifier_report([*feature_sets(Mode.PAPER), *feature_sets(Mode.NESTED)]))
    assert "That choice is made on the test set" in text
    assert "ACC (%)" in text
    assert text.count("Who always says IMNM") == 1
    assert "The 3 other models are of other features of the same patients." in text
    assert "Selected features, paper mode" in text


def test_group_table_comparison_and_agreement_stand_on_the_page_when_given() -> None:
    cohort = pd.DataFrame({"diagnosis": ["PM", "DM"] * 10, "age": [*range(19), 40]})
    icc = pd.DataFrame({"analysis": ["intra", "intra"], "region": "thigh", "sequence": "T1w", "icc": [0.9, 0.8]})
    page = render_classifier_report(
        BOTH,
        group_table=group_table(cohort, GroupTableParameters("diagnosis")),
        comparison=a_comparison(),
        icc=icc,
    )
    text = words(page)
    assert "Cohort by diagnosis" in text
    assert "LDA against k-NN: 55 patients" in text
    assert "McNemar, mid-p" in text
    assert "0.850" in text


def test_a_fold_that_failed_is_a_row_with_its_place() -> None:
    problems = pd.DataFrame(
        [("k-NN", 1, 4, "no prediction: <b>too few</b> neighbours", 3), ("LDA", -1, -1, "rank deficient", 1)],
        columns=["classifier", "repeat", "fold", "problem", "count"],
    )
    page = render_classifier_report([replace(three_classes(Mode.NESTED), problems=problems)])
    text = words(page)
    assert "k-NN 1 / 4 no prediction" in text
    assert "(3 ×)" in text
    assert "LDA – rank deficient" in text
    assert "&lt;b&gt;too few&lt;/b&gt;" in page


def test_a_classifier_whose_every_fit_failed_does_not_stop_the_report() -> None:
    result = three_classes(Mode.NESTED)
    failed = result.predictions["classifier"] == "k-NN"
    predictions = result.predictions.copy()
    predictions.loc[failed, "predicted"] = ""
    predictions.loc[failed, ["p_PM", "p_DM", "p_ADM"]] = np.nan
    summary = result.summary.copy()
    summary.loc[summary["classifier"] == "k-NN", ["mean", "sd", "ci_low", "ci_high"]] = np.nan
    confusion = result.confusion[result.confusion["classifier"] != "k-NN"]
    text = words(
        render_classifier_report([replace(result, predictions=predictions, summary=summary, confusion=confusion)])
    )
    assert "k-NN" in text
    assert "nan" not in text.split("Definitions and sources")[0]


def test_results_of_several_recipes_or_twice_of_one_mode_are_refused() -> None:
    with pytest.raises(InputError, match="these results are of pair, small"):
        render_classifier_report([two_classes(Mode.NESTED), three_classes(Mode.NESTED)])
    with pytest.raises(InputError, match="several results of nested mode"):
        render_classifier_report([three_classes(Mode.NESTED), three_classes(Mode.NESTED)])
    with pytest.raises(InputError, match="no validation to report"):
        render_classifier_report([])


def test_the_report_is_written_whole(tmp_path: Path) -> None:
    path = write_classifier_report(BOTH, tmp_path / "out" / "validation.html")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_a_comparison_has_a_page_of_its_own(tmp_path: Path) -> None:
    found = a_comparison()
    page = write_comparison_report(found, tmp_path / "comparison.html", phantom=True).read_text(encoding="utf-8")
    text = words(page)
    row = found[0].table.iloc[0]
    assert "LDA against k-NN: 55 patients" in text
    assert f"{row['first_value']:.3f} {row['second_value']:.3f}" in text
    assert "Never evidence about patients" in text
    fourfold = found[0].fourfold
    assert f"LDA right {fourfold.both_right} {fourfold.only_first}" in text
    with pytest.raises(InputError, match="no comparison"):
        write_comparison_report([], tmp_path / "none.html")


def test_a_group_table_has_a_page_of_its_own(tmp_path: Path) -> None:
    cohort = pd.DataFrame({"diagnosis": ["PM", "DM"] * 10, "sex": ["f", "f", "m", "f"] * 5})
    table = group_table(cohort, GroupTableParameters("diagnosis", holm=True))
    page = write_group_table(table, tmp_path / "table.html").read_text(encoding="utf-8")
    text = words(page)
    assert "PM n = 10 DM n = 10 Overall n = 20" in text
    assert "f 5 (50 %) 10 (100 %) 15 (75 %)" in text
    assert "p, Holm" in text


@pytest.mark.parametrize("name", ["nagawa2021", "wei2023", "radiomics-score", "recommended"])
def test_every_step_of_a_shipped_recipe_has_words(name: str) -> None:
    recipe = read_recipe(name)
    for step in recipe.steps:
        assert step_words(step)
    result = replace(three_classes(Mode.NESTED), recipe=replace(recipe, classifiers=("LDA", "k-NN")))
    topics = dict(recipe_statements([result]))
    assert {"Features", "Classifiers", "Validation", "Nested mode"} <= set(topics)


def test_p_values_are_written_as_journals_do() -> None:
    assert [p_text(p) for p in (0.0004, 0.0312, 0.2449, float("nan"))] == ["< 0.001", "0.031", "0.24", "–"]


def test_the_positive_class_and_the_confidence_of_the_intervals_are_told() -> None:
    text = words(render_classifier_report([two_classes(Mode.NESTED)]))
    assert "IMNM: sensitivity, precision and F1 are about it, specificity about LGMDR2." in text
    assert "95 %: corrected resampled t" in text


def test_a_small_p_of_the_permutation_test_is_never_0() -> None:
    result = two_classes(Mode.NESTED)
    table = result.permutation.assign(p=0.0002, permutations=4999)
    page = render_classifier_report([replace(result, permutation=table)])
    assert re.search(r"4999</td>\s*<td[^>]*>&lt; 0\.001<", page)
