"""The card of a model package for people: as lines of text, and as one HTML page."""

from __future__ import annotations

from pathlib import Path

from MuscleMyopathyLib.modeling.package.card import NOT_A_DEVICE, PHANTOM_TRAINING, Figure, ModelCard
from MuscleMyopathyLib.output import write_text
from MuscleMyopathyLib.report.classifier_page import render_page
from MuscleMyopathyLib.report.formatting import number

METRIC_NAMES = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "recall": "recall (sensitivity)",
    "precision": "precision",
    "specificity": "specificity",
    "f1": "F1",
    "brier": "Brier score",
}
_MODES = ("nested", "paper")


def card_lines(card: ModelCard) -> list[str]:
    """Return the card as lines of text."""
    lines = [
        *card.notices,
        f"{card.name} {card.version}: {card.task} ({card.classifier}, recipe {card.recipe.get('name', '–')})",
        f"Learned from: {card.population.words}",
        f"Validation: {card.validation}",
    ]
    for mode in _modes(card):
        figures = [f"{METRIC_NAMES[name]} {figure_text(card.figure(name, mode))}" for name in METRIC_NAMES]
        lines.append(f"  {mode}: {'; '.join(figures)}")
    if card.preset.name:
        lines.append(f"Preset: {card.preset.name} ({card.preset.sha256[:12]})")
    lines.append(f"Features ({len(card.features)}), with the training range:")
    lines += [f"  {one.name}: {one.lowest:.4g} to {one.highest:.4g}" for one in card.features]
    lines.append(f"Use: {card.intended_use}")
    lines += [f"Limit: {limit}" for limit in card.limits]
    return lines


def write_card(card: ModelCard, path: Path) -> Path:
    """Write the card as one self-contained HTML page.

    Raises:
        OutputError: It cannot be written.
    """
    page = render_page(
        "model_card.html.j2",
        phantom=card.phantom,
        card=card,
        made=card.created[:10],
        software=f"MuscleMyopathy {card.software.get('MuscleMyopathy', '')}",
        warnings=[notice for notice in (NOT_A_DEVICE, PHANTOM_TRAINING) if notice in card.notices],
        modes=_modes(card),
        figures=[
            (METRIC_NAMES[name], [figure_text(card.figure(name, mode)) for mode in _modes(card)])
            for name in METRIC_NAMES
        ],
        features=[
            (
                one.name,
                *(f"{value:.4g}".replace("-", "−") for value in (one.lowest, one.highest, one.mean, one.sd)),
            )
            for one in card.features
        ],
        slices="; ".join(
            f"{region}: {', '.join(map(str, levels))}" for region, levels in card.preset.drawn_levels.items()
        ),
    )
    write_text(page, path)
    return path


def figure_text(figure: Figure | None) -> str:
    """Return a figure with its spread and interval, e.g. ``0.87 ± 0.02 (0.80 to 0.93)``."""
    if figure is None or figure.mean is None:
        return number(None)
    spread = f" ± {number(figure.sd, 2)}" if figure.sd is not None else ""
    known = figure.ci_low is not None and figure.ci_high is not None
    interval = f" ({number(figure.ci_low, 2)} to {number(figure.ci_high, 2)})" if known else ""
    return f"{number(figure.mean, 2)}{spread}{interval}"


def _modes(card: ModelCard) -> list[str]:
    return [mode for mode in _MODES if any(figure.mode == mode for figure in card.figures)]
