"""The page on paper and nested mode says what its numbers say."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

DOCS = Path(__file__).resolve().parents[3] / "Resources" / "Docs"
PAGE = (DOCS / "paper-and-nested.md").read_text(encoding="utf-8")
AREAS = pd.read_csv(DOCS / "paper-and-nested.csv")


def test_the_table_of_the_page_is_that_of_the_numbers() -> None:
    rows = re.findall(r"^\| (LR|LDA) \| (paper|nested) \| ([\d. |]+) \|$", PAGE, flags=re.M)
    assert len(rows) == 4
    for classifier, mode, cells in rows:
        auc = AREAS.loc[(AREAS["classifier"] == classifier) & (AREAS["mode"] == mode), "auc"]
        figures = (auc.mean(), auc.sem(), auc.std(), auc.min(), auc.max())
        assert cells.split(" | ") == [str(len(auc)), *(f"{value:.3f}" for value in figures)]


@pytest.mark.parametrize("seeds", [20, 100])
def test_noise_gives_nested_mode_half_an_area_and_paper_mode_far_more(seeds: int) -> None:
    areas = AREAS[AREAS["seed"] < seeds].groupby(["mode", "classifier"])["auc"]
    means, errors = areas.mean(), areas.sem()
    assert areas.count()["nested"].tolist() == [seeds, seeds]
    for classifier in ("LR", "LDA"):
        assert means["nested", classifier] == pytest.approx(0.5, abs=0.05)
        assert means["nested", classifier] == pytest.approx(0.5, abs=2.1 * errors["nested", classifier])
        assert means["paper", classifier] > means["nested", classifier] + 0.3


def test_the_figures_in_the_text_are_those_of_the_numbers() -> None:
    nested = AREAS[AREAS["mode"] == "nested"]
    text = " ".join(PAGE.split())
    for seeds in (nested["seed"] < 20, nested["seed"] >= 20):
        for classifier in ("LR", "LDA"):
            auc = nested.loc[seeds & (nested["classifier"] == classifier), "auc"]
            assert f"{auc.mean():.3f} ± {auc.sem():.3f}" in text


def test_figure_and_numbers_of_the_page_are_shipped() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert {"paper-and-nested.svg", "paper-and-nested.csv"} <= set(linked)
    assert [name for name in linked if not (DOCS / name).is_file()] == []
