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
        assert cells.split(" | ") == [f"{value:.3f}" for value in (auc.mean(), auc.std(), auc.min(), auc.max())]


def test_noise_gives_nested_mode_half_an_area_and_paper_mode_far_more() -> None:
    means = AREAS.groupby(["mode", "classifier"])["auc"].mean()
    assert AREAS["seed"].nunique() == 20
    for classifier in ("LR", "LDA"):
        assert means["nested", classifier] == pytest.approx(0.5, abs=0.05)
        assert means["paper", classifier] > means["nested", classifier] + 0.3


def test_figure_and_numbers_of_the_page_are_shipped() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (DOCS / name).is_file(), name
