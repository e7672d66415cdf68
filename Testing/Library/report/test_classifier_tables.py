"""Tests of the tables of a validation in the papers' layouts."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.report.classifier_tables import (
    agreement_rows,
    best_classifier,
    interval_text,
    model_grid,
    model_scores,
    score_table,
    score_text,
    selection_rows,
)
from Testing.Library.modeling.small_validations import NAMES, feature_sets, three_classes, two_classes


def test_three_classes_have_a_block_per_classifier_with_the_average_before_the_classes() -> None:
    table = score_table(three_classes(Mode.NESTED))
    assert [title for title, _, _ in table.columns[: table.papers_columns]] == [
        "Accuracy",
        "Recall",
        "Precision",
        "AUC",
    ]
    assert [block.classifier for block in table.blocks] == ["LDA", "k-NN"]
    assert [row.label for row in table.blocks[0].rows] == ["Macro-average", "PM", "DM", "ADM"]


def test_cells_are_mean_and_sd_over_the_repeats_in_percent_or_as_areas() -> None:
    result = three_classes(Mode.NESTED)
    pooled = result.scores[(result.scores["classifier"] == "LDA") & (result.scores["fold"] == -1)]
    cells = score_table(result).blocks[0].rows[0].cells
    accuracy = 100 * pooled["accuracy"]
    assert cells[0] == f"{accuracy.mean():.1f} ± {accuracy.std():.1f}"
    assert cells[3] == f"{pooled['auc'].mean():.3f} ± {pooled['auc'].std():.3f}"
    adm = score_table(result).blocks[0].rows[3].cells
    assert adm[1] == f"{100 * pooled['recall_ADM'].mean():.1f} ± {100 * pooled['recall_ADM'].std():.1f}"
    assert adm[0] == ""


def test_two_classes_have_one_line_per_classifier_with_sensitivity_and_specificity() -> None:
    table = score_table(two_classes(Mode.NESTED))
    assert table.one_line_each
    assert [title for title, _, _ in table.columns[: table.papers_columns]] == [
        "Accuracy",
        "Sensitivity",
        "Specificity",
        "F-measure",
        "AUC",
    ]
    result = two_classes(Mode.NESTED)
    assert table.blocks[0].rows[0].cells[1] == score_text(result, "LDA", "recall")
    assert table.blocks[0].rows[0].cells[5] == interval_text(result, "LDA", "auc")


def test_the_selection_of_paper_mode_stands_in_codes_beside_the_classifier() -> None:
    result = three_classes(Mode.PAPER)
    table = score_table(result)
    codes = dict(table.codes)
    selected = result.stability.loc[result.stability["classifier"] == "LDA", "feature"]
    # As Nagawa's codes; a measure that is no radiomics feature is not called so.
    named = re.findall(r"TexF\d+", table.blocks[0].features)
    assert {codes[code] for code in named} == set(selected) <= set(NAMES)
    measured = result.stability.assign(feature=result.stability["feature"].str[-8:])
    assert re.fullmatch(r"X\d+( \+ X\d+)*", score_table(replace(result, stability=measured)).blocks[0].features)


def test_selections_that_differ_between_fits_are_counted() -> None:
    features = score_table(three_classes(Mode.NESTED)).blocks[0].features
    assert re.fullmatch(r"\d\.\d features per fit, which differ; see Stability", features)


def test_one_split_has_no_spread() -> None:
    assert re.fullmatch(r"\d\.\d{3}", score_text(feature_sets(Mode.NESTED)[0], "LR", "auc"))
    assert score_text(feature_sets(Mode.NESTED)[0], "XGBoost", "auc") == "–"


def test_an_interval_without_width_is_none() -> None:
    result = two_classes(Mode.NESTED)
    summary = result.summary.assign(ci_low=1.0, ci_high=1.0)
    assert interval_text(replace(result, summary=summary), "LDA", "auc") == "–"


def test_several_feature_sets_make_weis_grid_of_models_and_regions() -> None:
    grid = model_grid(feature_sets(Mode.PAPER))
    assert grid.classifiers == ("LR", "k-NN")
    assert [(model, [region for region, _ in rows]) for model, rows in grid.models] == [
        ("TM", ["calf", "calf + thigh"]),
        ("WM", ["calf", "calf + thigh"]),
    ]
    cells = [cell for _, rows in grid.models for _, line in rows for cell in line]
    highest = max(float(cell.auc) for cell in cells)
    assert {float(cell.auc) for cell in cells if cell.best_auc} == {highest}


def test_the_classifier_shown_has_the_highest_mean_auc_over_the_models() -> None:
    results = feature_sets(Mode.NESTED)
    means = {name: np.mean([one.figure(name, "auc")["mean"] for one in results]) for name in ("LR", "k-NN")}
    assert best_classifier(results) == max(means, key=means.get)
    scores = model_scores(results, "LR")
    assert scores.rows[0][:2] == ("TM", "calf")
    assert scores.rows[0][2][4] == score_text(results[0], "LR", "auc")


def test_selected_features_are_listed_by_region_and_model_as_weis_table_in_paper_mode_only() -> None:
    assert not selection_rows(feature_sets(Mode.NESTED))
    regions = selection_rows(feature_sets(Mode.PAPER))
    assert [(region, [row.model for row in rows]) for region, rows in regions] == [
        ("calf", ["TM", "WM"]),
        ("calf + thigh", ["TM", "WM"]),
    ]
    assert set(regions[0][1][0].features) <= set(NAMES[0::2])


def test_mean_icc_by_region_and_sequence_has_the_interval_of_the_mean() -> None:
    icc = pd.DataFrame(
        {
            "analysis": ["intra", "intra", "intra", "inter", "inter"],
            "region": "thigh",
            "sequence": "T1w",
            "icc": [0.90, 0.92, 0.94, 0.80, 0.90],
        }
    )
    (row,) = agreement_rows(icc)
    # SD 0.02 over the root of 3, times 1.96.
    assert row.intra == ("0.920", "0.897–0.943")
    assert row.inter[0] == pytest.approx("0.850")
