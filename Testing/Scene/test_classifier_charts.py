"""Curves of a validation as charts: paper and nested in their colours, drawn once, with their figures as names."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.validation.parameters import Mode, ValidationParameters
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.modeling.validation.validate import validate
from MuscleMyopathyLib.scene.classifier_charts import calibration_chart, roc_chart

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install muscle-myopathy[learning]")


@cache
def results(classes: int) -> tuple[ValidationResult, ...]:
    rng = np.random.default_rng(2)
    groups = ["ADM", "DM", "PM"][:classes] * 10
    table = pd.DataFrame({"case": [f"P{number}" for number in range(len(groups))], "group": groups})
    for number in range(3):
        table[f"feature_{number}"] = rng.normal(size=len(groups)) + (table["group"] == "DM") * (number == 0)
    data = read_cohort(table, None, "group", phantom=True)
    recipe = Recipe("small", classifiers=("LDA",), validation=ValidationParameters(folds=2, repeats=2))
    return tuple(validate(data, recipe, mode, seed=1) for mode in Mode)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("draw", [roc_chart, calibration_chart])
def test_both_modes_and_the_diagonal_are_drawn_and_again_in_the_same_nodes(
    scene: Any, draw: Any, classes: int
) -> None:
    chart = draw(results(classes), "LDA")
    count = scene.GetNumberOfNodes()
    assert draw(results(classes), "LDA") is chart
    assert scene.GetNumberOfNodes() == count
    assert chart.GetNumberOfPlotSeriesNodes() == 3
    assert "simulated cases" in chart.GetTitle()


def test_a_curve_is_named_after_its_mode_and_area(scene: Any) -> None:
    chart = roc_chart(results(2), "LDA")
    names = [chart.GetNthPlotSeriesNode(number).GetName() for number in range(2)]
    expected = [f"{one.mode}: AUC {one.figure('LDA', 'auc')['mean']:.2f}" for one in results(2)]
    assert names == expected


def test_the_roc_curve_ends_in_the_corner_of_the_chart(scene: Any) -> None:
    table = roc_chart(results(2), "LDA").GetNthPlotSeriesNode(0).GetTableNode().GetTable()
    last = table.GetNumberOfRows() - 1
    assert [table.GetValue(last, column).ToDouble() for column in range(2)] == [1.0, 1.0]


def test_a_classifier_that_was_not_validated_is_refused(scene: Any) -> None:
    with pytest.raises(InputError, match="no predictions of RF"):
        roc_chart(results(2), "RF")
