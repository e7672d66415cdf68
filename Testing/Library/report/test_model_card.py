"""The card for people says what matters, in text and as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.modeling.package.card import NOT_A_DEVICE, PHANTOM_TRAINING
from MuscleMyopathyLib.report.model_card import card_lines, figure_text, write_card
from Testing.Library.modeling.package.small_model import small_package

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install muscle-myopathy[learning]")


def test_the_text_names_notices_figures_features_and_limits() -> None:
    card = small_package(validated=True).card
    lines = card_lines(card)
    assert lines[:2] == [NOT_A_DEVICE, PHANTOM_TRAINING]
    nested = next(line for line in lines if line.startswith("  nested:"))
    assert f"AUC {figure_text(card.figure('auc'))}" in nested
    for feature in card.features:
        assert any(line.startswith(f"  {feature.name}: ") for line in lines)
    assert sum(line.startswith("Limit: ") for line in lines) == len(card.limits)


def test_the_page_shows_the_same_and_loads_nothing(tmp_path: Path) -> None:
    card = small_package(validated=True).card
    page = write_card(card, tmp_path / "card.html").read_text(encoding="utf-8")
    for text in (NOT_A_DEVICE, PHANTOM_TRAINING, figure_text(card.figure("auc")), *card.feature_names):
        assert text in page
    assert "Digital phantom" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_figure_that_is_missing_is_a_dash() -> None:
    assert figure_text(None) == "–"
