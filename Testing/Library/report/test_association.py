"""The page of a cohort's associations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.association import AssociationParameters, Associations, associate
from MuscleMyopathyLib.report.association import roc_plots, scatter_plots, write_association_report

PARAMETERS = AssociationParameters(("t2_median_ms",), "group", covariates=("ck", "constant"))


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    random = np.random.default_rng(0)
    rows = []
    for number in range(30):
        sick = number < 15
        for side in ("left", "right"):
            t2 = random.normal(45 if sick else 34, 3)
            rows.append(
                {
                    "case": f"P{number}",
                    "group": "patient" if sick else "control",
                    "structure": "RF",
                    "side": side,
                    "t2_median_ms": t2,
                    "ck": 20 * t2 + random.normal(0, 20),
                    "constant": 1.0,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def found(cohort: pd.DataFrame) -> Associations:
    return associate(cohort, PARAMETERS)


def test_a_curve_of_each_side_has_its_area_and_its_cut_off(found: Associations) -> None:
    (plot,) = roc_plots(found)
    assert plot.chart.title == "t2_median_ms: rectus femoris"
    assert [line.label for line in plot.chart.lines] == ["left", "right"]
    left = found.roc.set_index("side").loc["left"]
    assert f"left: AUC {left['area']:.3f}" in plot.facts
    (mark,) = plot.chart.lines[0].marks
    assert mark.x == pytest.approx(100 * (1 - left["specificity"]))
    assert mark.y == pytest.approx(100 * (1 - left["sensitivity"]))
    ends = plot.chart.lines[0].points.split()
    assert (ends[0], ends[-1]) == ("0,100", "100,0")


def test_a_scatter_plot_has_a_point_per_case_and_its_rho(found: Associations, cohort: pd.DataFrame) -> None:
    plots = scatter_plots(found, cohort)
    assert {plot.chart.title for plot in plots} == {
        "t2_median_ms: rectus femoris, left",
        "t2_median_ms: rectus femoris, right",
    }
    assert {plot.chart.x.title for plot in plots} == {"ck"}
    for plot in plots:
        (line,) = plot.chart.lines
        assert len(line.marks) == 30
        assert all(0 <= mark.x <= 100 and 0 <= mark.y <= 100 for mark in line.marks)
        assert "Spearman ρ 0.9" in plot.facts
        assert "n = 30" in plot.facts


def test_the_page_holds_what_could_not_be_computed_with_its_reason(
    found: Associations, cohort: pd.DataFrame, tmp_path: Path
) -> None:
    page = write_association_report(found, cohort, PARAMETERS, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "one of the two columns is constant" in page
    assert "not corrected for their number" in page
    assert "optimistic" in page
    assert "Digital phantom" not in page
    simulated = write_association_report(found, cohort, PARAMETERS, tmp_path / "b.html", phantom=True)
    assert "Never evidence about patients" in simulated.read_text(encoding="utf-8")


def test_a_cohort_without_groups_or_places_has_scatter_plots_alone(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    table = pd.DataFrame({"ff": random.uniform(0, 60, 12), "age": random.uniform(20, 70, 12)})
    parameters = AssociationParameters(("ff",), covariates=("age",))
    alone = associate(table, parameters)
    assert roc_plots(alone) == []
    (plot,) = scatter_plots(alone, table)
    assert plot.chart.title == "ff"
    write_association_report(alone, table, parameters, tmp_path / "a.html")
