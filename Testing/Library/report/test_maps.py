"""What the report shows of a case's maps, on a small case of the digital limb."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.transfer import TransferParameters
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.qmri.measures import Quantity
from MuscleMyopathyLib.report.charts import time_axis
from MuscleMyopathyLib.report.html import render_report
from MuscleMyopathyLib.report.map_figures import map_figures
from MuscleMyopathyLib.report.map_parts import map_parts
from MuscleMyopathyLib.report.map_plots import histograms, t2_against_fat_chart
from MuscleMyopathyLib.report.transfer_figures import transfer_figures
from MuscleMyopathyLib.study.case import CaseResult
from MuscleMyopathyLib.study.phantom_case import phantom_case
from MuscleMyopathyLib.study.pipeline import CaseParameters, run_case

SE = str(Role.MULTI_ECHO_SE)


@pytest.fixture(scope="module")
def result() -> CaseResult:
    protocol = Protocol(190, 100, (2.0, 2.0), thickness_mm=6, spacing_mm=60, slices=3)
    limb = LimbParameters(pattern=Pattern.LGMDR2, protocol=protocol)
    return run_case(phantom_case(limb, sequences=(WaterFat(),), spin_echoes=True))


def test_every_map_of_the_train_is_shown_with_its_unit_and_its_limits(result: CaseResult) -> None:
    (figure,) = map_figures(result)
    assert (figure.sequence, figure.slice_count, len(figure.slices)) == (SE, 3, 3)
    assert [one.title for one in figure.slices[0].pictures] == ["T2", "water T2"]
    assert [one.title for one in figure.small] == ["fat share", "B1", "residual", "standard error of T2"]
    bar = figure.slices[0].pictures[1].bar
    assert bar.title == "water T2, ms"
    assert [text for _, text in bar.ticks] == ["20", "30", "40", "50", "60"]
    assert {outline.structure.code for outline in figure.slices[1].outlines} >= {"MUSCLE", "VL", "AM"}


def test_the_page_holds_t2_by_structure_in_chart_and_table(result: CaseResult) -> None:
    (part,) = map_parts(result)
    assert part.title == "T2 from the spin-echo train"
    assert [chart.title for chart in part.charts] == ["T2 by structure", "Water T2 by structure"]
    vl = next(row for row in part.charts[1].rows if row.code == "VL")
    expected = result.map_measures.set_index(["structure", "side"]).loc[("VL", "left"), "water_t2_mean_ms"]
    (left,) = (mark for mark in vl.marks if mark.side is Side.LEFT)
    assert left.mean == pytest.approx(100 * expected / part.charts[1].axis.high)
    assert left.text == f"{expected:.1f}"
    titles = [column.title for column in part.columns]
    assert titles == ["Volume", "T2 mean ± SD", "T2 median", "Water T2 mean ± SD", "Water T2 median"]
    assert "36.4 ms" in part.reference
    assert "3 T, multi-echo spin echo, fat-saturated" in part.reference


def test_both_charts_of_t2_share_one_axis(result: CaseResult) -> None:
    first, second = map_parts(result)[0].charts
    assert (first.axis.low, first.axis.high) == (second.axis.low, second.axis.high)
    largest = result.map_measures["t2_p95_ms"].max()
    assert largest <= first.axis.high < largest + 20
    empty = pd.DataFrame({"t2_p95_ms": [np.nan]})
    assert time_axis(empty, [Quantity.T2], "T2, ms").high == 20.0


def test_t2_against_fat_names_the_slopes_and_of_a_phantom_the_truth(result: CaseResult) -> None:
    chart = t2_against_fat_chart(result.t2_against_fat, phantom=True)
    assert chart is not None
    mono, water, truth = (
        float(re.search(r"([−\d.]+) ms per", line.label)[1].replace("−", "-")) for line in chart.lines
    )
    assert mono > 0.5
    assert abs(water - truth) < 0.03
    assert [bool(line.band) for line in chart.lines] == [True, True, False]
    assert "digital limb" in chart.title
    assert t2_against_fat_chart(pd.DataFrame(), phantom=False) is None


def test_histograms_are_of_the_whole_muscle_and_the_most_affected_muscles_or_of_a_chosen_set(
    result: CaseResult,
) -> None:
    found = histograms(result)
    assert found is not None
    assert found.titles == ("fat fraction, %", "T2, ms", "water T2, ms")
    assert found.rows[0].name == "whole muscle"
    assert len(found.rows) == 4
    assert found.sides == (Side.LEFT, Side.RIGHT)
    chosen = histograms(result, ["RF", "SAR"])
    assert chosen is not None
    assert [row.name for row in chosen.rows] == ["rectus femoris", "sartorius"]
    # The top of the axis leaves 5 % above the highest bin.
    heights = [float(pair.split(",")[1]) for pair in chosen.rows[0].charts[0].lines[0].points.split()]
    assert min(heights) >= 100 - 100 / 1.05 - 0.01


def test_a_map_without_structures_is_shown_and_has_no_histogram(result: CaseResult) -> None:
    alone = dataclasses.replace(result, transfers=(), map_measures=pd.DataFrame())
    found = histograms(alone)
    assert found is not None
    assert found.titles == ("fat fraction, %",)
    (part,) = map_parts(alone)
    assert part.figure is not None
    assert (part.charts, part.tables, part.reference) == ((), (), "")


def test_a_transfer_is_shown_before_and_after_with_its_displacement(result: CaseResult) -> None:
    (figure,) = transfer_figures(result)
    assert [view.title.partition(",")[0] for view in figure.views] == ["before", "after"]
    assert all(view.outlines for view in figure.views)
    assert dict(figure.facts)["displacement"] == "0 mm: by geometry alone, no refinement"
    refined = run_case(result.case, CaseParameters(transfer=TransferParameters(refine=True)))
    (moved,) = transfer_figures(refined)
    assert "mm on average" in dict(moved.facts)["displacement"]
    assert moved.views[1].before


def test_the_page_says_all_of_it_and_nothing_of_it_without_maps(result: CaseResult) -> None:
    page = render_report(result)
    for heading in (
        "T2 from the spin-echo train",
        "T2 against fat",
        "Histograms",
        "Structures carried between series",
    ):
        assert f">{heading}</h2>" in page
    assert "nothing here is decided by it" in page
    assert "water T2 " in page.partition('id="method"')[0]
    assert "without alignment" in page
    bare = dataclasses.replace(
        result, maps=(), map_measures=pd.DataFrame(), transfers=(), t2_against_fat=pd.DataFrame()
    )
    shorter = render_report(bare)
    assert "T2 against fat</h2>" not in shorter
    assert "Histograms</h2>" not in shorter


def test_every_kind_of_map_has_a_file_name_of_its_own() -> None:
    assert len({kind.file_name for kind in MapKind}) == len(MapKind)
    assert all(MapKind.of_file_name(kind.file_name) is kind for kind in MapKind)
    with pytest.raises(ValueError, match="There is no map 'x'"):
        MapKind.of_file_name("x")
