"""Validation as a whole: the numbers of a plain loop, bad input, intervals, problems, stability, progress."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.pipeline import make_pipeline
from MuscleMyopathyLib.modeling.recipe import Balance, Imputation, Recipe, Tuning, read_recipe
from MuscleMyopathyLib.modeling.selection.parameters import CappedBySize, ForwardSelection, Uncorrelated, ZScore
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.result import POOLED, optimism
from MuscleMyopathyLib.modeling.validation.splits import splits
from MuscleMyopathyLib.modeling.validation.summary import score_table, summary_table
from MuscleMyopathyLib.modeling.validation.validate import validate
from MuscleMyopathyLib.progress import Cancelled
from Testing.Library.modeling.synthetic_cohort import signal_cohort

FORWARD = Recipe(
    "forward",
    steps=(ZScore(), Uncorrelated(), ForwardSelection(2, 3, folds=3)),
    classifiers=("LDA", "SVM", "k-NN"),
    validation=ValidationParameters(folds=3, repeats=2),
)
PLAIN = replace(FORWARD, steps=(ZScore(), CappedBySize(5)), classifiers=("LDA",))
THREE = signal_cohort({"PM": 15, "DM": 18, "ADM": 12}, features=7)


@pytest.mark.parametrize(
    "recipe",
    [FORWARD, replace(PLAIN, classifiers=("LR", "XGBoost")), replace(PLAIN, calibrated=True, tuning=Tuning(3))],
    ids=["forward selection", "LR and XGBoost", "tuned and calibrated"],
)
def test_nested_predictions_are_those_of_fitting_each_pipeline_on_each_training_set(recipe: Recipe) -> None:
    result = validate(THREE, recipe, Mode.NESTED, seed=3)
    for name in recipe.classifiers:
        own = result.predictions[result.predictions["classifier"] == name]
        for part in splits(THREE, recipe.validation, 3):
            model = make_pipeline(recipe, name, seed=3, classes=3)
            model.fit(THREE.matrix.iloc[part.train], THREE.outcome.iloc[part.train])
            rows = own[(own["repeat"] == part.repeat) & (own["fold"] == part.fold)]
            assert rows["sample"].tolist() == part.test.tolist()
            expected = model.predict_proba(THREE.matrix.iloc[part.test])
            np.testing.assert_allclose(rows[["p_ADM", "p_DM", "p_PM"]].to_numpy(), expected, rtol=0, atol=1e-9)
            assert rows["predicted"].tolist() == model.predict(THREE.matrix.iloc[part.test]).tolist()


def test_in_paper_mode_scaling_and_selection_see_all_cases_and_the_classifier_its_training_set() -> None:
    result = validate(THREE, PLAIN, Mode.PAPER, seed=1)
    scaled = (THREE.features - THREE.features.mean()) / THREE.features.std(ddof=0)
    chosen = result.stability["feature"].tolist()
    assert result.stability["share"].tolist() == [1.0] * len(chosen)
    own = result.predictions
    for part in splits(THREE, PLAIN.validation, 1):
        columns = [name for name in scaled.columns if name in chosen]
        model = LinearDiscriminantAnalysis().fit(scaled.iloc[part.train][columns], THREE.outcome.iloc[part.train])
        rows = own[(own["repeat"] == part.repeat) & (own["fold"] == part.fold)]
        expected = model.predict_proba(scaled.iloc[part.test][columns])
        np.testing.assert_allclose(rows[["p_ADM", "p_DM", "p_PM"]].to_numpy(), expected, atol=1e-9)


def test_the_auc_of_a_repeat_is_the_mean_of_its_folds_and_the_rest_is_pooled() -> None:
    result = validate(THREE, PLAIN, Mode.NESTED)
    first = result.predictions[result.predictions["repeat"] == 0]
    areas = [
        roc_auc_score(fold["outcome"], fold[["p_ADM", "p_DM", "p_PM"]], multi_class="ovr", average="macro")
        for _, fold in first.groupby("fold")
    ]
    whole = result.scores[(result.scores["repeat"] == 0) & (result.scores["fold"] == POOLED)].iloc[0]
    assert whole["auc"] == pytest.approx(np.mean(areas), abs=1e-12)
    assert whole["accuracy"] == pytest.approx((first["outcome"] == first["predicted"]).mean())
    assert whole["cases"] == 45


def test_the_interval_of_a_repeated_cross_validation_is_nadeau_and_bengios() -> None:
    recipe = replace(PLAIN, validation=ValidationParameters(folds=3, repeats=4))
    result = validate(THREE, recipe, Mode.NESTED)
    folds = result.scores[result.scores["fold"] != POOLED]["accuracy"]
    row = result.figure("LDA", "accuracy")
    # Variance times (1/J + n_test/n_train), J = 12 folds in all, n_test/n_train = 1/2; Student's t with J − 1.
    half = stats.t.ppf(0.975, 11) * np.sqrt((1 / 12 + 1 / 2) * folds.var(ddof=1))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (max(row["mean"] - half, 0), min(row["mean"] + half, 1))
    )
    assert row["interval"].startswith("corrected resampled t")
    pooled = result.scores[result.scores["fold"] == POOLED]["accuracy"]
    assert (row["mean"], row["sd"]) == pytest.approx((pooled.mean(), pooled.std(ddof=1)))


def test_the_interval_of_a_single_split_is_a_bootstrap_over_the_test_patients() -> None:
    recipe = replace(PLAIN, validation=ValidationParameters(Scheme.SPLIT, repeats=1))
    data = signal_cohort({"IMNM": 45, "LGMDR2": 30}, shift=1.0)
    row = validate(data, recipe, Mode.NESTED).figure("LDA", "auc")
    assert row["interval"].startswith("percentile bootstrap over test patients")
    assert row["ci_low"] < row["mean"] < row["ci_high"]
    assert np.isnan(row["sd"])
    again = validate(data, recipe, Mode.NESTED).figure("LDA", "auc")
    assert (again["ci_low"], again["ci_high"]) == (row["ci_low"], row["ci_high"])


def test_a_perfect_area_is_bounded_by_the_smallest_class_instead_of_being_certain() -> None:
    parted = signal_cohort({"IMNM": 20, "LGMDR2": 10}, features=2, shift=40.0)
    once = replace(PLAIN.validation, scheme=Scheme.SPLIT, repeats=1)
    for validation in (PLAIN.validation, once):
        found = validate(parted, replace(PLAIN, validation=validation), Mode.NESTED, seed=0).figure("LDA", "auc")
        assert found["mean"] == 1.0
        assert found["ci_high"] == 1.0
        tested = 10 if validation is PLAIN.validation else 3
        assert found["ci_low"] == pytest.approx(0.05 ** (1 / tested))


@pytest.mark.parametrize("scheme", [Scheme.CENTRES, Scheme.EXTERNAL])
def test_centres_and_another_table_are_tested_once_each(scheme: Scheme) -> None:
    data = replace(THREE, centres=pd.Series(np.resize(["A", "B", "C"], 45)))
    recipe = replace(PLAIN, validation=ValidationParameters(scheme))
    other = signal_cohort({"PM": 5, "DM": 5, "ADM": 5}, features=7, seed=8)
    other = replace(other, patients="other-" + other.patients, centres=pd.Series(["D"] * 15))
    result = validate(data, recipe, Mode.NESTED, external=other if scheme is Scheme.EXTERNAL else None)
    tested = result.predictions
    assert tested["sample"].is_unique
    assert set(tested["centre"]) == ({"D"} if scheme is Scheme.EXTERNAL else {"A", "B", "C"})
    assert result.figure("LDA", "auc")["mean"] > 0.6


def test_nothing_is_learned_from_an_external_table_in_paper_mode_either() -> None:
    other = signal_cohort({"PM": 5, "DM": 5, "ADM": 5}, features=7, seed=8)
    other = replace(other, patients="other-" + other.patients)
    spoilt = replace(other, features=other.features * 1000)
    recipe = replace(PLAIN, validation=ValidationParameters(Scheme.EXTERNAL))
    one = validate(THREE, recipe, Mode.PAPER, external=other)
    two = validate(THREE, recipe, Mode.PAPER, external=spoilt)
    nested = validate(THREE, recipe, Mode.NESTED, external=other)
    assert one.stability["feature"].tolist() == two.stability["feature"].tolist()
    pd.testing.assert_frame_equal(one.predictions, nested.predictions)


def test_paper_mode_tunes_and_calibrates_on_the_features_chosen_from_all_cases() -> None:
    recipe = replace(PLAIN, classifiers=("LR",), tuning=Tuning(3), calibrated=True)
    result = validate(THREE, recipe, Mode.PAPER)
    probabilities = result.predictions[["p_ADM", "p_DM", "p_PM"]]
    np.testing.assert_allclose(probabilities.sum(axis="columns"), 1)
    assert result.stability["fits"].unique().tolist() == [1]
    assert result.figure("LR", "auc")["mean"] > 0.7


def test_the_confusion_matrix_counts_every_case_once_on_average() -> None:
    result = validate(THREE, PLAIN, Mode.NESTED)
    by_outcome = result.confusion.groupby("outcome")["count"].sum()
    assert by_outcome.to_dict() == {"ADM": 12.0, "DM": 18.0, "PM": 15.0}


def test_features_that_carry_the_signal_are_selected_in_most_training_sets() -> None:
    data = signal_cohort({"IMNM": 30, "LGMDR2": 30}, features=20, shift=2.0)
    result = validate(data, replace(PLAIN, steps=(ZScore(), CappedBySize(10))), Mode.NESTED)
    shares = result.stability.set_index("feature")["share"]
    assert shares["feature_0"] == shares["feature_1"] == 1.0
    assert result.stability["fits"].unique().tolist() == [6]


def test_a_fold_that_fails_is_a_problem_and_the_other_folds_are_scored() -> None:
    data = signal_cohort({"PM": 30, "ADM": 5}, features=4)
    recipe = Recipe("qda", classifiers=("QDA",), validation=ValidationParameters(folds=5, repeats=1))
    result = validate(data, recipe, Mode.NESTED)
    assert result.problems["problem"].str.contains("covariance").all()
    assert result.problems["count"].sum() == 5
    assert (result.predictions["predicted"] == "").all()
    assert np.isnan(result.figure("QDA", "auc")["mean"])


def test_a_perceptron_that_does_not_converge_is_a_visible_row() -> None:
    recipe = Recipe("mlp", classifiers=("MLP",), validation=ValidationParameters(folds=3, repeats=1))
    problems = validate(THREE, recipe, Mode.NESTED).problems
    assert problems.to_dict("records") == [
        {
            "classifier": "MLP",
            "repeat": 0,
            "fold": 0,
            "problem": "classifier: did not converge in 200 iterations",
            "count": 3,
        }
    ]


def test_a_class_with_fewer_members_than_folds_is_refused_with_counts() -> None:
    with pytest.raises(InputError, match=r"ADM, DM, PM has fewer patients.*\(20\).*ADM 12, DM 18, PM 15"):
        validate(THREE, replace(PLAIN, validation=ValidationParameters(folds=20)), Mode.NESTED)


def test_missing_values_are_refused_with_names_and_imputed_inside_when_the_recipe_says_so() -> None:
    features = THREE.features.copy()
    features.iloc[3, 2] = np.nan
    data = replace(THREE, features=features)
    with pytest.raises(InputError, match=r"1 values are missing, e\.g\. of feature_2 for patient-003"):
        validate(data, PLAIN, Mode.NESTED)
    result = validate(data, replace(PLAIN, imputation=Imputation.MEDIAN), Mode.NESTED)
    assert result.predictions["p_PM"].notna().all()


def test_a_recipe_with_an_icc_filter_asks_for_the_table() -> None:
    with pytest.raises(InputError, match=r"--readings.*--icc.*--without-icc"):
        validate(THREE, read_recipe("nagawa2021"), Mode.NESTED)


def test_a_feature_that_is_constant_in_a_training_set_does_no_harm() -> None:
    features = THREE.features.assign(rare=(np.arange(45) == 7).astype(float))
    result = validate(replace(THREE, features=features), replace(PLAIN, steps=(ZScore(),)), Mode.NESTED)
    assert result.predictions[["p_PM", "p_DM", "p_ADM"]].notna().all(axis=None)


def test_classifiers_that_cannot_weigh_classes_are_named_where_the_recipe_asks_for_it() -> None:
    recipe = replace(PLAIN, classifiers=("LR", "k-NN"), balance=Balance.WEIGHTS)
    problems = validate(THREE, recipe, Mode.NESTED).problems
    assert problems["classifier"].tolist() == ["k-NN"]
    assert problems["problem"].str.contains("cannot weigh classes").all()


def test_weighted_classes_raise_the_recall_of_the_rare_one() -> None:
    data = signal_cohort({"DM": 60, "PM": 12}, shift=0.8, seed=2)
    recipe = replace(PLAIN, classifiers=("LR", "LDA"))
    plain = validate(data, recipe, Mode.NESTED)
    weighted = validate(data, replace(recipe, balance=Balance.WEIGHTS), Mode.NESTED)
    for name in ("LR", "LDA"):
        assert weighted.figure(name, "recall")["mean"] > plain.figure(name, "recall")["mean"] + 0.2


def test_the_result_depends_on_the_seed_alone() -> None:
    recipe = replace(PLAIN, classifiers=("LDA", "SVM"))
    one, same, other = (validate(THREE, recipe, Mode.NESTED, seed=seed).summary for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one, same)
    assert not one["mean"].equals(other["mean"])


def test_two_processes_give_what_one_gives() -> None:
    one = validate(THREE, PLAIN, Mode.NESTED, workers=1)
    two = validate(THREE, PLAIN, Mode.NESTED, workers=2)
    pd.testing.assert_frame_equal(one.predictions, two.predictions)
    pd.testing.assert_frame_equal(one.summary, two.summary)
    with pytest.raises(ParameterError, match="workers = 0"):
        validate(THREE, PLAIN, Mode.NESTED, workers=0)


def test_progress_rises_from_0_to_1_and_cancelling_passes_through() -> None:
    told: list[float] = []
    validate(THREE, FORWARD, Mode.NESTED, progress=lambda fraction, text: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 15

    def stop(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        validate(THREE, FORWARD, Mode.NESTED, progress=stop)


def test_optimism_is_what_paper_mode_promises_above_nested_mode() -> None:
    paper, nested = (validate(THREE, PLAIN, mode) for mode in Mode)
    gap = optimism(paper, nested).set_index(["metric", "class"])
    row = gap.loc[("accuracy", "")]
    assert row["optimism"] == pytest.approx(
        paper.figure("LDA", "accuracy")["mean"] - nested.figure("LDA", "accuracy")["mean"]
    )
    brier = gap.loc[("brier", "")]
    assert brier["optimism"] == pytest.approx(brier["nested"] - brier["paper"])


def test_a_phantoms_cohort_gives_a_phantoms_result() -> None:
    assert validate(replace(THREE, phantom=True), PLAIN, Mode.NESTED).phantom


@pytest.mark.parametrize("scheme", [Scheme.REPEATED_K_FOLD, Scheme.EXTERNAL])
def test_a_perfect_figure_has_an_interval_by_the_patients_that_it_rests_on(scheme: Scheme) -> None:
    names, counts = ("DM", "PM", "ADM"), (20, 12, 6)
    outcome = np.repeat(names, counts)
    table = pd.DataFrame({"classifier": "LDA", "sample": range(38), "patient": [f"P{n}" for n in range(38)]})
    table = table.assign(centre="", outcome=outcome, predicted=outcome)
    for name in names:
        table[f"p_{name}"] = (outcome == name).astype(float)
    folds = np.arange(38) % 3
    parts = [table.assign(repeat=repeat, fold=folds) for repeat in range(2)]
    predictions = pd.concat(parts) if scheme is Scheme.REPEATED_K_FOLD else table.assign(repeat=0, fold=0)
    parameters = ValidationParameters(scheme=scheme, folds=3, repeats=2)
    summary = summary_table(score_table(predictions, names), predictions, names, parameters, seed=0)
    low = summary.set_index(["metric", "class"])["ci_low"]
    # Hanley and Lippman-Hand 1983: nothing seen in n patients leaves 1 - 0.05^(1/n).
    assert low["accuracy", ""] == pytest.approx(0.05 ** (1 / 38))
    assert low["recall", "DM"] == pytest.approx(0.05 ** (1 / 20))
    assert low["recall", ""] == low["auc", ""] == low["f1", "ADM"] == pytest.approx(0.05 ** (1 / 6))
    assert low["specificity", "DM"] == pytest.approx(0.05 ** (1 / 18))
    assert low["precision", "PM"] == pytest.approx(0.05 ** (1 / 12))
    assert (summary.loc[summary["metric"] != "brier", "ci_high"] == 1).all()
