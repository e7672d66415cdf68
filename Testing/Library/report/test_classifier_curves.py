"""Tests of the figures of a validation."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.modeling.calibration import repeated_calibration
from MuscleMyopathyLib.modeling.decision_curve import decision_curve
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.report.classifier_curves import calibration_rows, curve_figures, places
from Testing.Library.modeling.small_validations import feature_sets, three_classes, two_classes


def points(text: str) -> np.ndarray:
    return np.array([tuple(map(float, pair.split(","))) for pair in text.split()])


def test_every_class_has_a_chart_in_each_mode_and_roc_the_average_too() -> None:
    figures = {one.key: one for one in curve_figures(places([three_classes(m) for m in Mode], "LDA"))}
    roc = figures["roc"]
    assert [mode for mode, _ in roc.rows] == ["nested", "paper"]
    assert [chart.title for chart in roc.rows[0][1]] == ["macro average", "PM", "DM", "ADM"]
    for key in ("precision-recall", "calibration", "decision"):
        assert [chart.title for chart in figures[key].rows[1][1]] == ["PM", "DM", "ADM"]
    assert [label for _, label in roc.legend] == ["LDA", "k-NN"]


def test_of_two_classes_the_positive_one_is_drawn() -> None:
    figures = curve_figures(places([two_classes(Mode.NESTED)], "LDA"))
    assert {chart.title for figure in figures for _, charts in figure.rows for chart in charts} == {"IMNM"}


def test_the_roc_curve_encloses_about_the_pooled_area() -> None:
    from sklearn.metrics import roc_auc_score

    result = two_classes(Mode.NESTED)
    chart = curve_figures(places([result], "LDA"))[0].rows[0][1][0]
    curve = points(chart.lines[0].points)
    assert curve[0].tolist() == [0, 100]
    enclosed = np.trapezoid(100 - curve[:, 1], curve[:, 0]) / 1e4
    rows = result.predictions[result.predictions["classifier"] == "LDA"]
    areas = [roc_auc_score(part["outcome"] == "IMNM", part["p_IMNM"]) for _, part in rows.groupby("repeat")]
    assert enclosed == pytest.approx(np.mean(areas), abs=0.01)


def test_the_decision_curve_has_the_net_benefit_of_the_repeats() -> None:
    result = two_classes(Mode.NESTED)
    figure = next(one for one in curve_figures(places([result], "LDA")) if one.key == "decision")
    chart = figure.rows[0][1][0]
    rows = result.predictions[result.predictions["classifier"] == "LDA"]
    expected = np.mean(
        [
            decision_curve(part["outcome"] == "IMNM", part["p_IMNM"], [0.01])["net_benefit"][0]
            for _, part in rows.groupby("repeat")
        ]
    )
    first = points(chart.lines[0].points)[0]
    assert first[0] == pytest.approx(1)
    assert 100 - first[1] == pytest.approx(float(chart.y.percent(expected)), abs=0.02)
    assert [name for name, _ in chart.references] == ["acting on everybody", "on nobody"]


def test_several_feature_sets_have_a_chart_per_region_with_a_line_per_model() -> None:
    found = places(feature_sets(Mode.NESTED), "LR")
    figure = curve_figures(found)[0]
    assert [chart.title for chart in figure.rows[0][1]] == ["calf: IMNM", "calf + thigh: IMNM"]
    assert [line.label for line in figure.rows[0][1][0].lines] == ["TM", "WM"]
    assert figure.lead.startswith("The curves of the one test set")


def test_the_groups_of_one_test_set_have_intervals_and_those_of_repeats_none() -> None:
    once = next(one for one in curve_figures(places(feature_sets(Mode.NESTED), "LR")) if one.key == "calibration")
    repeated = next(
        one for one in curve_figures(places([two_classes(Mode.NESTED)], "")) if one.key == "calibration"
    )
    for mark in once.rows[0][1][0].lines[0].marks:
        assert mark.bar is not None
        assert 0 <= mark.bar[1] <= mark.y <= mark.bar[0] <= 100
    assert all(mark.bar is None for mark in repeated.rows[0][1][0].lines[0].marks)


def test_calibration_slopes_are_the_mean_over_the_repeats() -> None:
    result = two_classes(Mode.NESTED)
    rows = calibration_rows(places([result], "LDA"))
    own = result.predictions[result.predictions["classifier"] == "LDA"]
    expected = repeated_calibration(own["outcome"] == "IMNM", own["p_IMNM"], own["repeat"])
    assert rows[0].label == "LDA"
    assert rows[0].cells[0][0] == f"{expected.slope:.2f} ± {expected.slope_sd:.2f}"


def test_rows_without_a_prediction_are_left_out_of_the_curves() -> None:
    from dataclasses import replace

    result = two_classes(Mode.NESTED)
    predictions = result.predictions.copy()
    failed = (predictions["fold"] == 0) & (predictions["repeat"] == 0)
    predictions.loc[failed, ["p_LGMDR2", "p_IMNM"]] = np.nan
    predictions.loc[failed, "predicted"] = ""
    figures = curve_figures(places([replace(result, predictions=predictions)], "LDA"))
    assert figures
    for figure in figures:
        assert "nan" not in figure.rows[0][1][0].lines[0].points
