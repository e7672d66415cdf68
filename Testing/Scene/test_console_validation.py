"""Classifiers are validated on table nodes as the command line validates files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.cohort_data import read_cohort
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.selection.parameters import ReliableOnly, ZScore
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.validate import validate as validate_cohort
from MuscleMyopathyLib.scene.console_validation import validate
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from Testing.Library.modeling.synthetic_cohort import signal_table

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install muscle-myopathy[learning]")

RECIPE = Recipe(
    "two",
    steps=(ReliableOnly(0.8), ZScore()),
    classifiers=("LR", "LDA"),
    validation=ValidationParameters(folds=3, repeats=1),
)


def figures(node: Any, mode: str) -> pd.DataFrame:
    table = dataframe_from_table_node(node)
    own = table[(table["mode"] == mode) & (table["metric"] == "auc") & (table["class"] == "")]
    return own.set_index("classifier")["mean"]


def test_the_figures_are_the_librarys_and_the_report_is_written(scene: Any, tmp_path: Path) -> None:
    table = signal_table({"IMNM": 12, "LGMDR2": 10})
    node = validate(
        table_node_from_dataframe(table, "cohort"), "group", RECIPE, tmp_path, preset={"phantom": True}
    )
    expected = validate_cohort(read_cohort(table, None, "group"), RECIPE.without_icc(), Mode.NESTED)
    for name in RECIPE.classifiers:
        assert figures(node, "nested")[name] == pytest.approx(expected.figure(name, "auc")["mean"], abs=1e-12)
    assert "LR against LDA" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "digital phantom" in node.GetDescription()
    assert "Not a medical device" in node.GetDescription()


def test_another_cohort_is_tested_on(scene: Any, tmp_path: Path) -> None:
    cohort = signal_table({"IMNM": 12, "LGMDR2": 10})
    other = signal_table({"IMNM": 8, "LGMDR2": 9}, seed=1)
    other["case"] = "other-" + other["case"]
    external = replace(RECIPE, validation=ValidationParameters(Scheme.EXTERNAL))
    node = validate(
        table_node_from_dataframe(cohort, "cohort"),
        "group",
        external,
        tmp_path,
        modes=["nested"],
        external_node=table_node_from_dataframe(other, "others"),
    )
    expected = validate_cohort(
        read_cohort(cohort, None, "group"),
        external.without_icc(),
        Mode.NESTED,
        external=read_cohort(other, None, "group"),
    )
    assert figures(node, "nested")["LR"] == pytest.approx(expected.figure("LR", "auc")["mean"], abs=1e-12)
