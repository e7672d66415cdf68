"""Tests of forms as tables and of sum scores."""

from __future__ import annotations

import numpy as np

from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.score_tables import score_table, sum_scores


def filled(scale: Scale, code: str) -> Form:
    form = Form(scale)
    for target in scale.targets:
        form = form.scored(target.id, code)
    return form


def test_every_target_has_its_row_also_unscored(mercuri: Scale) -> None:
    form = Form(mercuri).scored("RF_left", "3").not_assessable("VL_left", "cut off")
    form = form.with_suggestion("RF_left", Suggestion("2", 28.5))
    table = score_table(form).set_index(["structure", "side"])
    assert len(table) == 34
    assert table.loc[("RF", "left"), ["code", "score", "suggested_code", "suggested_score"]].tolist() == [
        "3",
        3.0,
        "2",
        2.0,
    ]
    assert table.loc[("RF", "left"), "suggested_share_percent"] == 28.5
    assert table.loc[("VL", "left"), ["state", "reason"]].tolist() == ["not assessable", "cut off"]
    assert table.loc[("TA", "left"), "region"] == "calf"
    assert np.isnan(table.loc[("TA", "left"), "score"])


def test_laboratory_values_outside_the_normal_range_are_told() -> None:
    sheet = Form(read_scale("clinical-sheet")).scored("ck", 196).scored("alt", 8.5).scored("ast", 40)
    told = score_table(sheet).set_index("structure")["outside_normal"]
    assert told[["ck", "alt", "ast", "ldh"]].tolist() == ["above", "below", "", ""]


def test_the_t1_sum_score_of_all_muscles_by_region_and_side(mercuri: Scale) -> None:
    form = filled(mercuri, "2").scored("RF_left", "4")
    table = sum_scores(form).set_index(["region", "side"])
    assert table.loc[("", "both"), ["sum", "score", "maximum"]].tolist() == ["T1 sum score", 70, 136]
    assert table["score"].to_dict() == {
        ("", "both"): 70,
        ("", "right"): 34,
        ("", "left"): 36,
        ("thigh", "both"): 46,
        ("thigh", "right"): 22,
        ("thigh", "left"): 24,
        ("calf", "both"): 24,
        ("calf", "right"): 12,
        ("calf", "left"): 12,
    }
    assert (table["problem"] == "").all()


def test_a_sum_over_missing_scores_says_so(mercuri: Scale) -> None:
    form = filled(mercuri, "1").not_assessable("RF_left", "cut off").cleared("RF_right")
    table = sum_scores(form).set_index(["region", "side"])
    assert table.loc[("", "both"), "problem"] == "2 of 34 targets have no score"
    assert table.loc[("", "both"), "maximum"] == 128
    assert table.loc[("calf", "both"), "problem"] == ""


def test_the_ild_score_is_severity_plus_extent() -> None:
    form = Form(read_scale("ild-hrct")).scored("severity", "3").scored("extent", "2")
    (row,) = sum_scores(form).to_dict("records")
    assert (row["sum"], row["score"], row["maximum"]) == ("ILD score", 5, 8)


def test_a_scale_without_a_sum_has_no_sum() -> None:
    assert sum_scores(filled(read_scale("histopathology-likert"), "2")).empty
