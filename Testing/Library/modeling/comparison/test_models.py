"""Tests of two classifiers compared by all methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.comparison.bootstrap import BootstrapParameters
from MuscleMyopathyLib.modeling.comparison.corrected_t import corrected_t_test
from MuscleMyopathyLib.modeling.comparison.delong import compare_areas
from MuscleMyopathyLib.modeling.comparison.mcnemar import mcnemar
from MuscleMyopathyLib.modeling.comparison.models import compare_models, compare_pairs, split_scores
from MuscleMyopathyLib.modeling.comparison.patient_predictions import patient_predictions, table_predictions
from MuscleMyopathyLib.report.classifier_comparison import comparison_views

FEW = BootstrapParameters(resamples=200)
CLASSES = ("PM", "DM", "ADM")


def repeated(seed: int, signal: float, repeats: int = 3, folds: int = 5) -> pd.DataFrame:
    """Return out-of-fold predictions of 55 patients whose splits are the same for every seed."""
    generator, splits = np.random.default_rng(seed), np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [19, 22, 14])
    parts = []
    for repeat in range(repeats):
        p = np.exp(generator.normal(size=(55, 3)) + signal * np.eye(3)[codes])
        p /= p.sum(axis=1, keepdims=True)
        part = pd.DataFrame(p, columns=[f"p_{name}" for name in CLASSES])
        part["fold"] = splits.permutation(np.arange(55) % folds)
        part["outcome"] = np.array(CLASSES)[codes]
        part["predicted"] = np.array(CLASSES)[p.argmax(axis=1)]
        parts.append(part.assign(repeat=repeat, sample=range(55), patient=[f"P{n}" for n in range(55)]))
    return pd.concat(parts, ignore_index=True).assign(classifier=f"seed {seed}")


def by_method(table: pd.DataFrame) -> dict[tuple[str, str], pd.Series]:
    return {(row["measure"], row["method"]): row for _, row in table.iterrows()}


def test_the_table_holds_what_each_test_gives_alone() -> None:
    frames = [repeated(1, 1.5), repeated(2, 0.8)]
    one, two = (patient_predictions(frame, frame["classifier"][0], CLASSES) for frame in frames)
    splits = tuple(split_scores(frame, frame["classifier"][0]) for frame in frames)
    found = compare_models(one, two, FEW, (splits[0], splits[1]))
    rows = by_method(found.table)
    areas = compare_areas(one.outcome, one.probabilities, two.probabilities, 3)
    assert rows["AUC", "DeLong"]["p"] == areas.p
    assert rows["AUC", "DeLong"]["first_value"] == areas.first.area
    errors = mcnemar(one.outcome, one.predicted, two.predicted)
    assert rows["accuracy", "McNemar, mid-p"]["p"] == errors.mid_p
    assert rows["accuracy", "McNemar, exact"]["p"] == errors.exact_p
    # 11 test patients for 44 in training.
    test = corrected_t_test(splits[0]["accuracy"], splits[1]["accuracy"], 0.25)
    assert rows["accuracy", "corrected t test over the splits"]["p"] == pytest.approx(test.p)
    assert rows["Brier", "bootstrap"]["difference"] < 0
    assert "averaged over up to 3 predictions" in found.notes[0]


def test_the_bootstrap_interval_of_the_areas_is_about_delongs() -> None:
    frames = [repeated(1, 1.5, repeats=1), repeated(2, 0.8, repeats=1)]
    one, two = (patient_predictions(frame, frame["classifier"][0], CLASSES) for frame in frames)
    rows = by_method(compare_models(one, two, BootstrapParameters(1000)).table)
    delong, boot = rows["AUC", "DeLong"], rows["AUC", "bootstrap"]
    assert boot["difference"] == pytest.approx(delong["difference"])
    assert (boot["low"], boot["high"]) == pytest.approx((delong["low"], delong["high"]), abs=0.03)


def test_other_splits_are_a_row_with_the_reason() -> None:
    first, second = repeated(1, 1.0), repeated(2, 1.0)
    second["fold"] = (second["fold"] + (second["sample"] < 3)) % 5
    one, two = (patient_predictions(frame, frame["classifier"][0], CLASSES) for frame in (first, second))
    splits = split_scores(first, "seed 1"), split_scores(second, "seed 2")
    row = by_method(compare_models(one, two, FEW, splits).table)["accuracy", "corrected t test over the splits"]
    assert row["problem"] == "the two were not validated on the same splits"
    assert np.isnan(row["p"])


def test_one_split_has_no_t_test_and_says_so() -> None:
    frames = [repeated(seed, 1.0, repeats=1, folds=1) for seed in (1, 2)]
    one, two = (patient_predictions(frame, frame["classifier"][0], CLASSES) for frame in frames)
    splits = split_scores(frames[0], "seed 1"), split_scores(frames[1], "seed 2")
    row = by_method(compare_models(one, two, FEW, splits).table)["accuracy", "corrected t test over the splits"]
    assert row["problem"] == "there is one split only"


def test_scores_that_are_no_probabilities_have_no_brier_score() -> None:
    rng = np.random.default_rng(4)
    truth = np.repeat(["PM", "other"], 20)
    table = pd.DataFrame({"case": range(40), "truth": truth, "cnn": rng.uniform(size=40)})
    table["score"] = 5 * rng.normal(size=40) + 3 * (truth == "PM")
    one = table_predictions(table, "cnn", outcome="truth", positive="PM")
    two = table_predictions(table, "score", outcome="truth", positive="PM", cut_off=1.5)
    found = compare_models(one, two, FEW)
    assert set(found.table["measure"]) == {"AUC", "accuracy", "sensitivity", "specificity"}


def test_sensitivities_of_two_classes_are_compared_in_the_patients_of_the_class() -> None:
    table = pd.DataFrame(
        {
            "case": range(46),
            "truth": np.repeat(["PM", "other"], 23),
            # Right in 22 and 21 of 23; in 16 and 15 of 23 (seed 004).
            "cnn": np.r_[np.ones(22), 0, np.zeros(21), np.ones(2)],
            "score": np.r_[np.ones(16), np.zeros(7), np.zeros(15), np.ones(8)],
        }
    )
    one, two = (table_predictions(table, name, outcome="truth", positive="PM") for name in ("cnn", "score"))
    rows = by_method(compare_models(one, two, FEW).table)
    positives = table["truth"] == "PM"
    alone = mcnemar(np.ones(23), table["cnn"][positives], table["score"][positives])
    found = rows["sensitivity", "McNemar, mid-p"]
    assert (found["first_value"], found["second_value"]) == (22 / 23, 16 / 23)
    assert (found["p"], found["low"], found["high"]) == (alone.mid_p, alone.low, alone.high)
    assert rows["specificity", "McNemar, mid-p"]["difference"] == pytest.approx(6 / 23)


def test_p_values_of_several_pairs_are_adjusted_by_holm() -> None:
    models = [
        patient_predictions(repeated(seed, signal), f"seed {seed}", CLASSES)
        for seed, signal in ((1, 2.0), (2, 1.0), (3, 0.2))
    ]
    found = compare_pairs([(models[0], models[1]), (models[0], models[2]), (models[1], models[2])], FEW)
    p = [by_method(one.table)["AUC", "DeLong"]["p"] for one in found]
    adjusted = [by_method(one.table)["AUC", "DeLong"]["p_holm"] for one in found]
    assert min(adjusted) == pytest.approx(3 * min(p))
    assert np.isnan(by_method(found[0].table)["accuracy", "McNemar, exact"]["p_holm"])


def test_a_classifier_that_failed_in_a_split_is_compared_by_all_but_the_corrected_t_test() -> None:
    frames = [repeated(1, 1.5), repeated(2, 0.8)]
    failed = (frames[1]["repeat"] == 0) & (frames[1]["fold"] == 0)
    frames[1].loc[failed, "predicted"] = ""
    frames[1].loc[failed, [f"p_{name}" for name in CLASSES]] = np.nan
    one, two = (patient_predictions(frame, frame["classifier"][0], CLASSES) for frame in frames)
    splits = tuple(split_scores(frame, frame["classifier"][0]) for frame in frames)
    rows = by_method(compare_models(one, two, FEW, (splits[0], splits[1])).table)
    assert "in 1 of 15 splits" in rows["accuracy", "corrected t test over the splits"]["problem"]
    assert np.isfinite(rows["AUC", "DeLong"]["p"])


def test_a_class_of_whom_only_one_classifier_has_predictions_is_told_and_stops_nothing() -> None:
    table = pd.DataFrame({"case": list("abcdef"), "dx": ["PM", "DM"] * 3, "one": [0.9, 0.1, 0.8, 0.3, 0.6, 0.2]})
    one = table_predictions(table, "one", outcome="dx", positive="PM")
    two = replace(table_predictions(table[table["dx"] == "DM"], "one", outcome="dx", positive="DM"), name="two")
    two = replace(two, classes=one.classes, outcome=1 - two.outcome, predicted=1 - two.predicted)
    found = compare_models(one, two, FEW)
    problems = found.table.set_index("measure")["problem"]
    assert problems["sensitivity"] == "nobody of PM has a prediction by both"
    assert "needs 2 or more patients of each" in problems["AUC"]
    assert len(comparison_views([found])[0].charts) == 1
