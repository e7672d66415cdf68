"""A model's answers on disk: tables, and beside them the card's figures and notices."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.modeling.package.card import ModelCard
from MuscleMyopathyLib.output import write_json, write_table
from MuscleMyopathyLib.study.provenance import environment


def write_prediction(
    card: ModelCard,
    answer: pd.DataFrame,
    contributions: pd.DataFrame,
    output: Path,
    *,
    features: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Write ``predictions.csv``, ``contributions.csv``, ``prediction.json`` and, if given, ``features.csv``.

    Raises:
        OutputError: The folder cannot be written.
    """
    write_table(answer, output / "predictions.csv")
    write_table(contributions, output / "contributions.csv")
    if features is not None:
        write_table(features, output / "features.csv")
    write_json(
        {**environment(), "notices": list(card.notices), "model": card_summary(card), "notes": list(notes)},
        output / "prediction.json",
    )


def card_summary(card: ModelCard) -> dict[str, Any]:
    """Return what of a card stands beside a result, as plain values."""
    return {
        "name": card.name,
        "version": card.version,
        "task": card.task,
        "classes": list(card.classes),
        "classifier": card.classifier,
        "recipe": str(card.recipe.get("name", "")),
        "population": card.population.words,
        "validated": card.validated,
        "validation": card.validation,
        "figures": [dataclasses.asdict(figure) for figure in card.figures if not figure.of_class],
        "intended_use": card.intended_use,
        "limits": list(card.limits),
        "phantom": card.phantom,
        "preset": card.preset.name,
        "preset_sha256": card.preset.sha256,
    }
