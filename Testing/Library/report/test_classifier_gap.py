"""Tests of paper against nested mode, confusion, and stability."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.report.classifier_gap import (
    confusion_tables,
    gap_axis,
    gap_rows,
    stability_tables,
)
from Testing.Library.modeling.small_validations import feature_sets, three_classes

BOTH = [three_classes(Mode.PAPER), three_classes(Mode.NESTED)]


def test_the_gap_is_paper_less_nested_and_for_brier_the_other_way_round() -> None:
    row = gap_rows(BOTH)[0]
    assert row.label == "LDA"
    means = [[float(one.figure("LDA", metric)["mean"]) for one in BOTH] for metric in ("auc", "brier")]
    auc, _, brier = row.cells
    assert auc[:2] == (f"{means[0][0]:.3f}", f"{means[0][1]:.3f}")
    assert float(auc[2].replace("−", "-")) == pytest.approx(means[0][0] - means[0][1], abs=6e-4)
    assert float(brier[2].replace("−", "-")) == pytest.approx(means[1][1] - means[1][0], abs=6e-4)


def test_the_marks_stand_at_the_areas_on_an_axis_that_holds_every_interval() -> None:
    axis, row = gap_axis(BOTH), gap_rows(BOTH)[0]
    nested = three_classes(Mode.NESTED).figure("LDA", "auc")
    assert row.nested == pytest.approx(float(axis.percent(nested["mean"])), abs=0.01)
    assert all(0 <= place <= 100 for one in gap_rows(BOTH) for place in (one.paper, one.nested, one.low, one.high))


def test_one_mode_alone_has_no_gap() -> None:
    assert not gap_rows([three_classes(Mode.NESTED)])


def test_several_feature_sets_show_one_classifier() -> None:
    both = [*feature_sets(Mode.PAPER), *feature_sets(Mode.NESTED)]
    assert [row.label for row in gap_rows(both, "LR")][:2] == ["TM calf", "TM calf + thigh"]


def test_confusion_counts_sum_to_the_patients_of_each_class() -> None:
    table = confusion_tables(BOTH)[0]
    assert (table.title, table.mode, table.classes) == ("LDA", "nested", ("PM", "DM", "ADM"))
    for line, patients in zip(table.cells, (19, 22, 14), strict=True):
        assert sum(float(count) for count, _ in line) == pytest.approx(patients, abs=0.11)
        assert sum(share for _, share in line) == pytest.approx(100, abs=2)


def test_stability_is_the_share_of_the_nested_fits_beside_what_paper_mode_selected() -> None:
    (table,) = stability_tables(BOTH)
    nested, paper = three_classes(Mode.NESTED).stability, three_classes(Mode.PAPER).stability
    assert table.fits == 15
    feature, shares, chosen = table.rows[0]
    expected = nested[(nested["feature"] == feature) & (nested["classifier"] == "LDA")]["share"].iloc[0]
    assert shares[0] == round(100 * expected)
    in_paper = set(paper.loc[paper["classifier"] == "LDA", "feature"])
    assert chosen[0] == (feature in in_paper)
    assert sum(one[2][0] for one in table.rows) == len(in_paper)
